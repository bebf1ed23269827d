import {fork} from 'node:child_process';
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {createSessionsHandler, serveStdio} from './conformance-sessions.ts';
import {createStatelessHandler} from './conformance-stateless.ts';

/** The conformance fixture in a process of its own. */
export type ConformanceTarget = Readonly<{
	url: string;
	port: number;
	/** Ends it with SIGKILL; resolves when it is gone. */
	kill: () => Promise<void>;
}>;

const file = fileURLToPath(import.meta.url);

/** The fixture as a stdio server. */
export const stdioCommand = [process.execPath, file, 'stdio'] as const;

/** Starts the fixture of one era over HTTP, on `/mcp` and with a `/health`. `port` 0 = any. */
export const startConformanceTarget = async (t: ExecutionContext, era: 'sessions' | 'stateless', port = 0): Promise<ConformanceTarget> => {
	const child = fork(file, [era, String(port)], {execArgv: []});
	const exited = once(child, 'exit');
	const kill = async (): Promise<void> => {
		child.kill('SIGKILL');
		await exited;
	};

	t.teardown(kill);
	const [message] = await once(child, 'message') as [{port: number}];
	return {url: `http://127.0.0.1:${message.port}`, port: message.port, kill};
};

const local = /^(?:https?:\/\/)?(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/v;

if (process.argv[1] === file) {
	const [mode = '', port = '0'] = process.argv.slice(2);
	if (mode === 'stdio') {
		await serveStdio();
	} else {
		const handle = mode === 'sessions' ? createSessionsHandler() : createStatelessHandler();
		const server = createServer(async (request, response) => {
			const {host = '', origin} = request.headers;
			if (request.url === '/health') {
				response.end('{"ok":true}');
			} else if (!local.test(host) || (origin !== undefined && !local.test(origin))) {
				response.writeHead(403, {'content-type': 'application/json'});
				response.end(JSON.stringify({jsonrpc: '2.0', id: null, error: {code: -32_000, message: 'Forbidden host or origin'}}));
			} else if (request.url === '/mcp') {
				try {
					await handle(request, response);
				} catch {
					response.destroy();
				}
			} else {
				response.writeHead(404);
				response.end();
			}
		});
		server.listen(Number(port), '127.0.0.1', () => {
			process.send?.({port: (server.address() as AddressInfo).port});
		});
		process.on('disconnect', () => {
			process.exit();
		});
	}
}
