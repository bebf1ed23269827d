import {fork, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import type {ExecutionContext} from 'ava';

/** A server's program in a process of its own, which can be killed and come back on the same port. */
export type ServerProcess = Readonly<{
	port: number;
	getPid: () => number;
	/** Resolves when it is gone; at once for signals that end nothing. */
	signal: (name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM') => Promise<void>;
	/** Crash it and start it again with these changes. */
	restart: (changed?: object) => Promise<void>;
}>;

/** Starts a program that takes `options`, with the file it notes its deeds in, and a `port` (0 = any) as one JSON argument and tells its parent `{port}` when it listens. Ends with the test. */
export const startServerProcess = async (t: ExecutionContext, program: string, options: Readonly<{name: string; port?: number; journal: string}>): Promise<ServerProcess> => {
	let child: ChildProcess;
	let exited: Promise<unknown> = Promise.resolve();
	const start = async (port: number, changed: object = {}): Promise<number> => {
		child = fork(program, [JSON.stringify({...options, ...changed, port})], {execArgv: []});
		exited = once(child, 'exit');
		const [message] = await Promise.race([
			once(child, 'message') as Promise<[{port: number}]>,
			exited.then(() => {
				throw new Error(`The target ${options.name} did not start`);
			}),
		]);
		return message.port;
	};

	const kill = async (): Promise<void> => {
		child.kill('SIGKILL');
		await exited;
	};

	t.teardown(kill);
	const port = await start(options.port ?? 0);
	return {
		port,
		getPid: () => child.pid ?? 0,
		async signal(name) {
			child.kill(name);
			if (name === 'SIGKILL' || name === 'SIGTERM') {
				await exited;
			}
		},
		async restart(changed) {
			await kill();
			await start(port, changed);
		},
	};
};
