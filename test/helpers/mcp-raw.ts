import {Buffer} from 'node:buffer';
import type {ExecutionContext} from 'ava';
import {createFrameReader} from '../../source/mcp/sse.ts';
import {until} from './until.ts';

type Json = Readonly<Record<string, unknown>>;
type Fields = Readonly<Record<string, string>>;

export type RawEvent = Readonly<{id: string | undefined; data: string; retry: number | undefined}>;

/** A reply whose events are collected as they come. */
export type RawReply = Readonly<{
	status: number;
	headers: Headers;
	/** Of an event stream; of JSON one without id. */
	events: readonly RawEvent[];
	/** The messages among them. */
	messages: () => Json[];
	isOver: () => boolean;
	/** Waits for its end. */
	whole: () => Promise<Json[]>;
	/** Leaves, as a client whose connection is cut. */
	leave: () => void;
}>;

export type RawClient = Readonly<{
	id: string;
	version: string;
	/** What it was answered to `initialize`. */
	result: Json;
	send: (message: Json | readonly Json[], fields?: Fields) => Promise<RawReply>;
	/** A request, its answer only. */
	ask: (method: string, parameters?: Json, fields?: Fields) => Promise<Json>;
	listen: (fields?: Fields) => Promise<RawReply>;
	end: () => Promise<number>;
}>;

const both = 'application/json, text/event-stream';

const readReply = async (t: ExecutionContext, response: Response, abort: AbortController): Promise<RawReply> => {
	const events: RawEvent[] = [];
	let isOver = false;
	const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
	const read = async (): Promise<void> => {
		try {
			if (isStream) {
				const {push} = createFrameReader();
				for await (const chunk of response.body ?? []) {
					events.push(...push(Buffer.from(chunk)).map(({id, data, retry}) => ({id, data: Buffer.from(data ?? '').toString(), retry})));
				}
			} else {
				const text = await response.text();
				if (text !== '') {
					events.push({id: undefined, data: text, retry: undefined});
				}
			}
		} catch {
			// It was cut, by us or by the proxy.
		}

		isOver = true;
	};

	const reading = read();
	t.teardown(() => {
		abort.abort();
	});
	const messages = (): Json[] => events.filter(({data}) => data !== '').map(({data}) => JSON.parse(data) as Json);
	return {
		status: response.status,
		headers: response.headers,
		events,
		messages,
		isOver: () => isOver,
		async whole() {
			await reading;
			return messages();
		},
		leave() {
			abort.abort();
		},
	};
};

/** One request with exactly these fields beside those a client must send. A field of '' is left out. */
export const rawRequest = async (t: ExecutionContext, url: string, {method = 'POST', fields = {}, body}: Readonly<{method?: string; fields?: Fields; body?: unknown}>): Promise<RawReply> => {
	const abort = new AbortController();
	const headers = Object.entries({accept: method === 'POST' ? both : 'text/event-stream', ...(body !== undefined && {'content-type': 'application/json'}), ...fields}).filter(([, value]) => value !== '');
	const response = await fetch(url, {method, headers, signal: abort.signal, ...(body !== undefined && {body: typeof body === 'string' ? body : JSON.stringify(body)})});
	return readReply(t, response, abort);
};

export const initializeOf = (version = '2025-11-25', more: Json = {}): Json => ({jsonrpc: '2.0', id: 0, method: 'initialize', params: {protocolVersion: version, capabilities: {}, clientInfo: {name: 'raw', version: '1'}, ...more}});

let lastId = 0;

/** A client that speaks by hand, to see what is on the wire. */
export const openRaw = async (t: ExecutionContext, url: string, {version = '2025-11-25', fields = {}, capabilities = {}}: Readonly<{version?: string; fields?: Fields; capabilities?: Json}> = {}): Promise<RawClient> => {
	const opened = await rawRequest(t, url, {body: initializeOf(version, {capabilities}), fields});
	const [answer] = await opened.whole();
	const id = opened.headers.get('mcp-session-id') ?? '';
	const own = {'mcp-session-id': id, 'mcp-protocol-version': version, ...fields};
	const send: RawClient['send'] = async (message, more = {}) => rawRequest(t, url, {body: message, fields: {...own, ...more}});
	await send({jsonrpc: '2.0', method: 'notifications/initialized'});
	return {
		id,
		version,
		result: (answer?.result ?? {}) as Json,
		send,
		async ask(method, parameters, more) {
			const reply = await send({jsonrpc: '2.0', id: `r${++lastId}`, method, ...(parameters && {params: parameters})}, more);
			const messages = await reply.whole();
			return messages.at(-1) ?? {};
		},
		listen: async (more = {}) => rawRequest(t, url, {method: 'GET', fields: {...own, ...more}}),
		async end() {
			const {status} = await rawRequest(t, url, {method: 'DELETE', fields: own});
			return status;
		},
	};
};

/** A call of a tool, as a message. */
export const callOf = (id: number | string, name: string, given: Json = {}, meta?: Json): Json => ({jsonrpc: '2.0', id, method: 'tools/call', params: {name, arguments: given, ...(meta && {_meta: meta})}});

/** The text of a tool's answer. */
export const textOf = (message: Json | undefined): string | undefined => (message?.result as {content?: ReadonlyArray<{text?: string}>} | undefined)?.content?.[0]?.text;

/** Waits until a stream has brought a message of that method. */
export const untilHeard = async (reply: RawReply, method: string): Promise<Json> => until(`${method} on the stream`, () => reply.messages().find(message => message.method === method));
