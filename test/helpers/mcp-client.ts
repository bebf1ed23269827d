import * as v2 from '@modelcontextprotocol/client';
import {Client} from '@modelcontextprotocol/sdk/client/index.js';
import {SSEClientTransport} from '@modelcontextprotocol/sdk/client/sse.js';
import {StreamableHTTPClientTransport} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type {Transport} from '@modelcontextprotocol/sdk/shared/transport.js';
import {CreateMessageRequestSchema} from '@modelcontextprotocol/sdk/types.js';
import type {ExecutionContext} from 'ava';

type Json = Readonly<Record<string, unknown>>;

export type Heard = Readonly<{method: string; params: Json}>;

/** An official client behind one face, so that a test can be run with each of them. */
export type OfficialClient = Readonly<{
	/** The text of a tool's answer; rejects with a JSON-RPC error as the client throws it. */
	call: (tool: string, given?: Json, options?: Readonly<{onProgress?: (progress: number) => void; signal?: AbortSignal}>) => Promise<string>;
	listTools: () => Promise<string[]>;
	setLevel: (level: 'debug' | 'warning') => Promise<unknown>;
	subscribe: (uri: string) => Promise<unknown>;
	getSessionId: () => string | undefined;
	/** Notifications in order, and what `onerror` was told. */
	heard: readonly Heard[];
	errors: readonly Error[];
	/** How often the transport sent `initialize`. */
	getInitializes: () => number;
	close: () => Promise<void>;
	/** Ends the session with DELETE. */
	terminate: () => Promise<void>;
}>;

type Options = Readonly<{
	/** Answers sampling requests of servers. The signal aborts when the server cancels. */
	onSample?: (signal: AbortSignal) => Promise<string>;
	/** The older HTTP+SSE transport. */
	isSse?: boolean;
}>;

export type Connect = (t: ExecutionContext, url: string, options?: Options) => Promise<OfficialClient>;

const textOf = (result: unknown): string => {
	const {content} = result as {content: ReadonlyArray<{text?: string}>};
	return content.map(({text = ''}) => text).join('');
};

/** `fetch` that counts the handshakes. */
const countingFetch = (): {fetch: typeof fetch; getInitializes: () => number} => {
	let initializes = 0;
	return {
		async fetch(input, init) {
			if (typeof init?.body === 'string' && init.body.includes('"method":"initialize"')) {
				initializes++;
			}

			return fetch(input, init);
		},
		getInitializes: () => initializes,
	};
};

const message = (text: string): {role: 'assistant'; model: string; content: {type: 'text'; text: string}} => ({role: 'assistant', model: 'test', content: {type: 'text', text}});

const connectV1: Connect = async (t, url, {onSample, isSse = false} = {}) => {
	const heard: Heard[] = [];
	const errors: Error[] = [];
	const counting = countingFetch();
	const client = new Client({name: 'official-1', version: '1.32.2'}, {capabilities: {...(onSample && {sampling: {}})}});
	const transport = isSse
		? new SSEClientTransport(new URL(url)) // eslint-disable-line @typescript-eslint/no-deprecated -- what older clients use
		: new StreamableHTTPClientTransport(new URL(url), {fetch: counting.fetch});
	// eslint-disable-next-line unicorn/prefer-add-event-listener -- no event target
	client.onerror = error => {
		errors.push(error);
	};

	client.fallbackNotificationHandler = async ({method, params}) => {
		heard.push({method, params: params ?? {}});
	};

	if (onSample) {
		client.setRequestHandler(CreateMessageRequestSchema, async (_request, {signal}) => message(await onSample(signal)));
	}

	t.teardown(async () => client.close());
	await client.connect(transport);
	return {
		call: async (name, given = {}, {onProgress, signal} = {}) => textOf(await client.callTool({name, arguments: given}, undefined, {
			...(signal && {signal}),
			...(onProgress && {onprogress({progress}: {progress: number}) {
				onProgress(progress);
			}}),
		})),
		listTools: async () => (await client.listTools()).tools.map(({name}) => name),
		setLevel: async level => client.setLoggingLevel(level),
		subscribe: async uri => client.subscribeResource({uri}),
		getSessionId: () => 'sessionId' in transport ? transport.sessionId : undefined,
		heard,
		errors,
		getInitializes: counting.getInitializes,
		close: async () => client.close(),
		async terminate() {
			if ('terminateSession' in transport) {
				await transport.terminateSession();
			}
		},
	};
};

const connectV2: Connect = async (t, url, {onSample, isSse = false} = {}) => {
	const heard: Heard[] = [];
	const errors: Error[] = [];
	const counting = countingFetch();
	const client = new v2.Client({name: 'official-2', version: '2.4.0'}, {capabilities: {...(onSample && {sampling: {}})}});
	const transport = isSse
		? new v2.SSEClientTransport(new URL(url)) // eslint-disable-line @typescript-eslint/no-deprecated -- what older clients use
		: new v2.StreamableHTTPClientTransport(new URL(url), {fetch: counting.fetch});
	// eslint-disable-next-line unicorn/prefer-add-event-listener -- no event target
	client.onerror = error => {
		errors.push(error);
	};

	client.fallbackNotificationHandler = async ({method, params}) => {
		heard.push({method, params: params ?? {}});
	};

	if (onSample) {
		client.setRequestHandler('sampling/createMessage', async (_request, {mcpReq: {signal}}) => message(await onSample(signal)));
	}

	t.teardown(async () => client.close());
	await client.connect(transport);
	return {
		call: async (name, given = {}, {onProgress, signal} = {}) => textOf(await client.callTool({name, arguments: given}, {
			...(signal && {signal}),
			...(onProgress && {onprogress({progress}: {progress: number}) {
				onProgress(progress);
			}}),
		})),
		listTools: async () => (await client.listTools()).tools.map(({name}) => name),
		setLevel: async level => client.setLoggingLevel(level), // eslint-disable-line @typescript-eslint/no-deprecated -- of this era
		subscribe: async uri => client.subscribeResource({uri}),
		getSessionId: () => 'sessionId' in transport ? transport.sessionId : undefined,
		heard,
		errors,
		getInitializes: counting.getInitializes,
		close: async () => client.close(),
		async terminate() {
			if ('terminateSession' in transport) {
				await transport.terminateSession();
			}
		},
	};
};

/** The two lines of the official TypeScript client, by the name tests show. */
export const officialClients: ReadonlyArray<readonly [name: string, connect: Connect]> = [
	['@modelcontextprotocol/sdk 1.32.2', connectV1],
	['@modelcontextprotocol/client 2.4.0', connectV2],
];
