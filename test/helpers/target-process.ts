import {fork, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {appendFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';

/** A real target in a process of its own, so that it can be killed like one. */
export type TargetProcess = Readonly<{
	url: string;
	port: number;
	pid: number;
	/** End it: `SIGKILL`, or `SIGSTOP` and `SIGCONT` to hang it. Resolves when it is gone (at once for the other two). */
	signal: (name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM') => Promise<void>;
}>;

const file = fileURLToPath(import.meta.url);

/**
Start a target that answers every request with its name, `/health` too, and after `delay` ms. The body of each POST is
appended to `journal` before it is answered, a line each. `port` 0 = any.
*/
export const startTargetProcess = async (t: ExecutionContext, name: string, {journal = '', delay = 0, port = 0}: {journal?: string; delay?: number; port?: number} = {}): Promise<TargetProcess> => {
	const child: ChildProcess = fork(file, [name, journal, String(delay), String(port)], {execArgv: []});
	const exited = once(child, 'exit');
	t.teardown(async () => {
		child.kill('SIGKILL');
		await exited;
	});
	const [message] = await once(child, 'message') as [{port: number}];
	return {
		url: `http://127.0.0.1:${message.port}`,
		port: message.port,
		pid: child.pid ?? 0,
		async signal(signal) {
			child.kill(signal);
			if (signal === 'SIGKILL' || signal === 'SIGTERM') {
				await exited;
			}
		},
	};
};

if (process.argv[1] === file && process.send) {
	const [name = '', journal = '', delay = '0', port = '0'] = process.argv.slice(2);
	const server = createServer((request, response) => {
		const chunks: Uint8Array[] = [];
		request.on('data', (chunk: Uint8Array) => chunks.push(chunk));
		request.on('end', () => {
			if (request.method === 'POST' && journal) {
				appendFileSync(journal, `${Buffer.concat(chunks).toString()}\n`);
			}

			setTimeout(() => {
				response.end(name);
			}, request.url === '/health' ? 0 : Number(delay));
		});
	});
	server.listen(Number(port), '127.0.0.1', () => {
		process.send?.({port: (server.address() as AddressInfo).port});
	});
	process.on('disconnect', () => {
		process.exit();
	});
}
