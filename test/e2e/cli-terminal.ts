import {readFileSync} from 'node:fs';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import pty from '@lydell/node-pty';
import test, {type ExecutionContext} from 'ava';
import {startBackend} from '../helpers/backend.ts';
import {settingsPlace, type Place} from '../helpers/rig.ts';
import {createScreen, type Screen} from '../helpers/screen.ts';
import {openShell, type Shell} from '../helpers/shell.ts';
import {until} from '../helpers/until.ts';

const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));
const limit = 40_000;

type Terminal = Screen & Readonly<{type: (text: string) => void; ended: () => Promise<number>}>;

/** The real executable as a person runs it: on a terminal, with nothing of a CI around it. */
const openTerminal = (t: ExecutionContext, shell: Shell, ...words: readonly string[]): Terminal => {
	const [columns, rows] = [140, 36];
	const screen = createScreen({columns, rows});
	const {CI, CONTINUOUS_INTEGRATION, TMUX, NO_COLOR, FORCE_COLOR, ...kept} = shell.env;
	const child = pty.spawn(process.execPath, [cli, ...words], {name: 'xterm-256color', cols: columns, rows, cwd: shell.folder, env: {...kept, TERM: 'xterm-256color', LANG: 'C.UTF-8'}});
	child.onData(screen.write);
	screen.terminal.onData(data => {
		child.write(data);
	});
	let code: number | undefined;
	child.onExit(({exitCode}) => {
		code = exitCode;
	});
	t.teardown(async () => {
		if (code === undefined) {
			child.kill('SIGKILL');
		}

		await until('it has ended', () => code !== undefined);
	});
	return {
		...screen,
		type(text) {
			child.write(text);
		},
		async ended() {
			await until('it has ended by itself', () => code !== undefined, limit);
			return code ?? -1;
		},
	};
};

/** Settings with one target that is well and one that is not there. */
const setScene = async (t: ExecutionContext): Promise<{shell: Shell; place: Place}> => {
	const well = await startBackend(t, 'well');
	const place = settingsPlace(t, {well: well.url.href, gone: 'http://127.0.0.1:1'});
	return {shell: openShell(t, {folder: place.folder, env: {PROXY_MCP_CONFIG: place.config}}), place};
};

test.serial('on a terminal the demo opens the dashboard, and says there how to see a failover', async t => {
	const terminal = openTerminal(t, openShell(t), 'demo', '--port', '0');
	await until('the dashboard is drawn', () => terminal.raw().includes('Targets'), limit);
	await terminal.shows(/alpha .*UP/v);
	const shown = await terminal.shows(/See a failover now: kill -9 \d+/v);
	process.kill(Number(/kill -9 (\d+)/v.exec(shown)?.[1]), 'SIGKILL');
	await terminal.shows(/failover +alpha → beta/v);
	await terminal.shows(/alpha died; it comes back in 20 s/v);
	terminal.type('\u0003');
	terminal.type('\u0003');
	t.is(await terminal.ended(), 0);
});

test.serial('pmcp alone attaches to the proxy that runs, and leaves it as it is', async t => {
	const {shell, place} = await setScene(t);
	const {url, child} = await shell.startDaemon();
	const {port} = new URL(url);
	const terminal = openTerminal(t, shell, '--port', port);
	await until('the dashboard is drawn', () => terminal.raw().includes('Targets'), limit);
	await terminal.shows(/well .*UP/v);
	terminal.type('q');
	t.is(await terminal.ended(), 0);
	t.is(child.exitCode, null);
	t.is(readFileSync(place.lockFile, 'utf8').trim(), 'well');
});

test.serial('asks before traffic is forced onto a target that is down, and does what it is told', async t => {
	const {shell} = await setScene(t);
	const {url} = await shell.startDaemon();
	await until('gone is down', async () => (await shell.run('status', '--check', '-q', '--daemon', url)).code === 20);
	const refused = openTerminal(t, shell, 'switch', 'gone', '--force');
	await until('it asks', () => refused.raw().includes('[y/N]'), limit);
	refused.type('n\r');
	t.is(await refused.ended(), 1);
	t.like(await shell.json('status', '--json'), {activeSystem: 'well'});
	const agreed = openTerminal(t, shell, 'switch', 'gone', '--force');
	await until('it asks', () => agreed.raw().includes('Switch to it all the same? [y/N]'), limit);
	agreed.type('y\r');
	t.is(await agreed.ended(), 0);
	t.like(await shell.json('status', '--json'), {activeSystem: 'gone', isHeld: true});
	t.is(await openTerminal(t, shell, 'switch', 'well', '-y').ended(), 0);
});

test.serial('what can not start says why before the screen is taken', async t => {
	const {shell} = await setScene(t);
	const terminal = openTerminal(t, shell, '--host', '0.0.0.0');
	t.is(await terminal.ended(), 3);
	t.regex(terminal.text(), /^pmcp: --host is not valid: 1 problem/v);
	t.is(terminal.terminal.buffer.active.type, 'normal');
});
