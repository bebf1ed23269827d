import {spawn} from 'node:child_process';
import {once} from 'node:events';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import type {Place} from './rig.ts';
import {until} from './until.ts';

/** The built executable as a daemon of its own. */
export type DaemonProcess = Readonly<{
	url: string;
	pid: number;
	/** All it has said on stdout and stderr. */
	said: () => string;
	/** Ask it to stop, or make it. Resolves to its exit code (null when it was killed). */
	end: (signal: 'SIGTERM' | 'SIGKILL') => Promise<number | null>;
}>;

const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));

/** Start `proxy-mcp start`; `before` is a shell line run first, in a mount namespace of the daemon's own. */
export const startDaemonProcess = async (t: ExecutionContext, place: Place, before?: string): Promise<DaemonProcess> => {
	const command = [process.execPath, cli, 'start', '--config', place.config];
	const namespace = process.getuid?.() === 0 ? '-m' : '-Urm';
	const [program = '', ...arguments_] = before === undefined ? command : ['unshare', namespace, 'sh', '-c', `${before} && exec "$@"`, 'sh', ...command];
	const child = spawn(program, arguments_, {env: {...process.env, XDG_STATE_HOME: place.folder}, stdio: ['ignore', 'pipe', 'pipe']});
	const exited = once(child, 'exit') as Promise<[number | null]>;
	t.teardown(async () => {
		child.kill('SIGKILL');
		await exited;
	});
	let said = '';
	const hear = (chunk: Uint8Array): void => {
		said += String(chunk);
	};

	child.stdout.on('data', hear);
	child.stderr.on('data', hear);

	const url = await until('it says where it listens', () => {
		if (child.exitCode !== null) {
			throw new Error(`It ended: ${said}`);
		}

		return /http:\/\/[\w.]+:\d+/v.exec(said)?.[0];
	});
	return {
		url,
		pid: child.pid ?? 0,
		said: () => said,
		async end(signal) {
			child.kill(signal);
			const [code] = await exited;
			return code;
		},
	};
};
