#!/usr/bin/env node
/* A terminal of 120 × 40 in which a command runs; all it draws is read and dropped. Says the command's process to the parent. */
import process from 'node:process';
import pty from '@lydell/node-pty';

const [file = '', ...rest] = process.argv.slice(2);
const terminal = pty.spawn(file, rest, {name: 'xterm-256color', cols: 120, rows: 40, env: process.env});
let drawn = 0;
terminal.onData(text => {
	drawn += text.length;
});
terminal.onExit(() => {
	process.exit();
});
process.on('message', () => {
	process.send?.({drawn});
});
process.on('disconnect', () => {
	terminal.kill('SIGKILL');
	process.exit();
});
process.send?.({pid: terminal.pid});
