import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import {quantile} from '../kit/statistics.ts';
import type {LoadResult} from './closed.ts';
import type {Message} from './message.ts';
import {openWire, type Wire} from './wire.ts';

/** A client of an MCP server, with a session of its own. */
export type Caller = Readonly<{
	/** Call the server's tool again and again for so many ms, on one connection; the times of the answers go to the list. */
	call: (duration: number, times: number[], onError: () => void) => Promise<void>;
}>;

/** Sends a message on a connection and resolves with the text that holds the answer. */
export type Ask = (wire: Wire, message: string) => Promise<string>;

const version = '2025-06-18';

export const textOf = ({body}: Message): string => body.toString('latin1');

/** What all clients do once they can ask: initialize, look for the tool, call it. Throws when the server does not do its part. */
export const introduce = async (port: number, ask: Ask): Promise<Caller> => {
	let id = 0;
	const rpc = (method: string, params: unknown): string => JSON.stringify({jsonrpc: '2.0', id: ++id, method, params});
	const wire = await openWire(port);
	await ask(wire, rpc('initialize', {protocolVersion: version, capabilities: {}, clientInfo: {name: 'bench', version: '1.0.0'}}));
	await ask(wire, JSON.stringify({jsonrpc: '2.0', method: 'notifications/initialized'}));
	const listed = await ask(wire, rpc('tools/list', {}));
	wire.close();
	const name = /"name":"([^"]*echo)"/v.exec(listed)?.[1];
	if (name === undefined) {
		throw new Error(`No tool: ${listed}`);
	}

	return {
		async call(duration, times, onError) {
			let line = await openWire(port);
			const end = performance.now() + duration;
			for (let sentAt = performance.now(); sentAt < end; sentAt = performance.now()) {
				try {
					const text = await ask(line, rpc('tools/call', {name, arguments: {}})); // eslint-disable-line no-await-in-loop -- one call after the other
					times.push(performance.now() - sentAt);
					if (!text.includes('xxxx') || !text.includes(`"id":${id}`)) {
						onError();
					}
				} catch {
					onError();
					line.close();
					line = await openWire(port); // eslint-disable-line no-await-in-loop
				}
			}

			line.close();
		},
	};
};

const fieldOf = (head: string, pattern: RegExp): string | undefined => pattern.exec(head)?.[1];

/** A client that can hold its session's own stream open, as clients do. */
export type Listener = Caller & Readonly<{
	/** Resolves when the stream stands; throws when it is refused. */
	listen: () => Promise<Socket>;
}>;

/** A client over Streamable HTTP. */
export const createCaller = async (port: number, path = '/mcp'): Promise<Listener> => {
	let fields: readonly string[] = [];
	const caller = await introduce(port, async (wire, message) => {
		const answer = await wire.post(path, message, fields);
		if (fields.length === 0) {
			const session = fieldOf(answer.head, /\r\nmcp-session-id: *([^\r\n]+)/iv);
			if (session === undefined) {
				throw new Error(`No session: ${answer.head} ${textOf(answer)}`);
			}

			fields = [`Mcp-Session-Id: ${session}`, `MCP-Protocol-Version: ${fieldOf(textOf(answer), /"protocolVersion":"([\d\-]+)"/v) ?? version}`];
		}

		return textOf(answer);
	});
	return {
		...caller,
		async listen() {
			const socket = connect({port, host: '127.0.0.1', noDelay: true});
			socket.write([`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Accept: text/event-stream', ...fields, '', ''].join('\r\n'), 'latin1');
			const [chunk] = await once(socket, 'data') as [Buffer];
			if (!chunk.toString('latin1').startsWith('HTTP/1.1 200')) {
				throw new Error(`No stream: ${chunk.toString('latin1')}`);
			}

			return socket.on('error', () => undefined).resume();
		},
	};
};

/** Closed loop of calls by all callers at once. */
export const callLoop = async (callers: readonly Caller[], duration: number): Promise<LoadResult> => {
	const times: number[] = [];
	let errors = 0;
	const start = performance.now();
	await Promise.all(callers.map(async ({call}) => call(duration, times, () => {
		errors++;
	})));
	return {requests: times.length, errors, seconds: (performance.now() - start) / 1000, p50: quantile(times, 0.5), p99: quantile(times, 0.99)};
};
