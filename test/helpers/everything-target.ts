import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {createRequire} from 'node:module';
import {createServer, type AddressInfo} from 'node:net';
import process from 'node:process';
import type {ExecutionContext} from 'ava';
import {until} from './until.ts';

const program = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/dist/index.js');

/** `@modelcontextprotocol/server-everything` as a program on stdio. */
export const everythingCommand = [process.execPath, program, 'stdio'] as const;

/** The same over HTTP, in a process of its own. */
export type EverythingTarget = Readonly<{
	url: string;
	/** `kill -9`, then a new one on the same port. */
	restart: () => Promise<void>;
}>;

const freePort = async (): Promise<number> => {
	const server = createServer();
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	server.close();
	await once(server, 'close');
	return port;
};

/** It takes its port from the environment only, and answers unknown sessions with 400. */
export const startEverything = async (t: ExecutionContext, transport: 'streamableHttp' | 'sse'): Promise<EverythingTarget> => {
	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	let child: ChildProcess;
	let exited: Promise<unknown> = Promise.resolve();
	const start = async (): Promise<void> => {
		child = spawn(process.execPath, [program, transport], {env: {...process.env, PORT: String(port)}, stdio: 'ignore'});
		exited = once(child, 'exit');
		await until('server-everything listens', async () => {
			try {
				await fetch(url);
				return true;
			} catch {
				return false;
			}
		}, 20_000);
	};

	t.teardown(async () => {
		child.kill('SIGKILL');
		await exited;
	});
	await start();
	return {
		url,
		async restart() {
			child.kill('SIGKILL');
			await exited;
			await start();
		},
	};
};
