/* eslint-disable @typescript-eslint/no-deprecated -- the transport of 2024-11-05 is served too */
/* An MCP server as people write them today (SDK 1.32.2, sessions), run by mcp-target.ts in a process of its own. */
import {randomUUID} from 'node:crypto';
import {appendFileSync} from 'node:fs';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import process from 'node:process';
import {InMemoryEventStore} from '@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js';
import {McpServer} from '@modelcontextprotocol/sdk/server/mcp.js';
import {SSEServerTransport} from '@modelcontextprotocol/sdk/server/sse.js';
import {StreamableHTTPServerTransport} from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {SetLevelRequestSchema, SubscribeRequestSchema, UnsubscribeRequestSchema, type CallToolResult} from '@modelcontextprotocol/sdk/types.js';
import {z} from 'zod';
import type {McpTargetOptions} from './mcp-target.ts';

const {name, port = 0, journal = '', lost = 404, tools = [], isStateless = false, isJson = false, isResumable = false, isBare = false} = JSON.parse(process.argv[2] ?? '{}') as McpTargetOptions & {name: string};

type Session = {server: McpServer; transport: StreamableHTTPServerTransport; uris: Set<string>; level: string | undefined; sse?: SSEServerTransport};

const sessions = new Map<string, Session>();
const held = new Set<() => void>();
const counts = {posts: 0, gets: 0, deletes: 0, initializes: 0, lists: 0};

const note = (line: string): void => {
	if (journal) {
		appendFileSync(journal, `${name} ${line}\n`);
	}
};

const text = (words: string): CallToolResult => ({content: [{type: 'text', text: words}]});

type Work = {sendNotification: (notification: {method: 'notifications/progress'; params: {progressToken: string | number; progress: number; total: number}}) => Promise<void>; _meta?: {progressToken?: string | number}};

/** Reports `steps` steps, then waits for the control path `/control/release`. */
const hold = async (steps: number, extra: Work): Promise<void> => {
	const progressToken = extra._meta?.progressToken;
	for (let progress = 1; progress <= steps; progress++) {
		if (progressToken !== undefined) {
			await extra.sendNotification({method: 'notifications/progress', params: {progressToken, progress, total: steps}}); // eslint-disable-line no-await-in-loop -- in order
		}
	}

	await new Promise<void>(resolve => {
		held.add(resolve);
	});
};

const addTools = (server: McpServer): void => {
	const words = {text: z.string().default('')};
	const slow = {text: z.string().default(''), steps: z.number().default(2)};
	server.registerTool('read', {description: 'Reads', inputSchema: words, annotations: {readOnlyHint: true}}, async ({text: said}) => {
		note(`read ${said}`);
		return text(`${name} read ${said}`);
	});
	server.registerTool('write', {description: 'Writes', inputSchema: words}, async ({text: said}) => {
		note(`write ${said}`);
		return text(`${name} wrote ${said}`);
	});
	server.registerTool('repeat', {description: 'Writes, twice is as good as once', inputSchema: words, annotations: {idempotentHint: true}}, async ({text: said}) => {
		note(`repeat ${said}`);
		return text(`${name} repeated ${said}`);
	});
	server.registerTool('slow-read', {description: 'Reads until released', inputSchema: slow, annotations: {readOnlyHint: true}}, async ({text: said, steps}, extra) => {
		note(`slow-read ${said}`);
		await hold(steps, extra as unknown as Work);
		return text(`${name} read ${said}`);
	});
	server.registerTool('slow-write', {description: 'Writes until released', inputSchema: slow}, async ({text: said, steps}, extra) => {
		note(`slow-write ${said}`);
		await hold(steps, extra as unknown as Work);
		return text(`${name} wrote ${said}`);
	});
	server.registerTool('poll', {description: 'Ends its stream, then answers', inputSchema: words}, async ({text: said}, extra) => {
		note(`poll ${said}`);
		extra.closeSSEStream?.();
		return text(`${name} polled ${said}`);
	});
	server.registerTool('fail', {description: 'Says isError'}, async () => ({...text(`${name} failed`), isError: true}));
	server.registerTool('sample', {description: 'Asks the model of the client', inputSchema: words}, async ({text: said}, extra) => {
		note(`sample ${said}`);
		const {content} = await server.server.createMessage({messages: [{role: 'user', content: {type: 'text', text: said}}], maxTokens: 10}, {relatedRequestId: extra.requestId});
		return text(`${name} was told ${!Array.isArray(content) && content.type === 'text' ? content.text : '?'}`);
	});
	server.registerTool('elicit', {description: 'Asks the person at the client'}, async extra => {
		const {action, content} = await server.server.elicitInput({message: 'Your name?', requestedSchema: {type: 'object', properties: {name: {type: 'string'}}}}, {relatedRequestId: extra.requestId});
		return text(`${name} was told ${action} ${String(content?.name)}`);
	});
	for (const tool of tools) {
		server.registerTool(tool, {description: `Only ${name} has it`}, async () => text(`${name} ${tool}`));
	}
};

/** `stream`: of HTTP+SSE, which is served at `/sse` and `/messages`. */
const open = async (stream?: ServerResponse): Promise<Session> => {
	const server = new McpServer({name, version: '1.2.3'}, {capabilities: {logging: {}, resources: {subscribe: true, listChanged: true}, tools: {listChanged: true}, ...(!isBare && {prompts: {listChanged: true}})}, instructions: `I am ${name}.`});
	addTools(server);
	server.registerResource('note', 'test://note', {title: 'A note'}, async uri => ({contents: [{uri: uri.href, text: `${name} note`}]}));
	if (!isBare) {
		server.registerPrompt('greet', {description: 'Greets'}, async () => ({messages: [{role: 'user', content: {type: 'text', text: `${name} greets`}}]}));
	}

	const session: Session = {
		server,
		uris: new Set(),
		level: undefined,
		transport: new StreamableHTTPServerTransport({
			...(!isStateless && {sessionIdGenerator: () => randomUUID()}),
			...(isResumable && {eventStore: new InMemoryEventStore(), retryInterval: 50}),
			enableJsonResponse: isJson,
			onsessioninitialized(id) {
				sessions.set(id, session);
			},
			onsessionclosed(id) {
				sessions.delete(id);
			},
		}),
	};
	server.server.setRequestHandler(SubscribeRequestSchema, async ({params: {uri}}) => {
		session.uris.add(uri);
		return {};
	});
	server.server.setRequestHandler(UnsubscribeRequestSchema, async ({params: {uri}}) => {
		session.uris.delete(uri);
		return {};
	});
	server.server.setRequestHandler(SetLevelRequestSchema, async ({params: {level}}) => {
		session.level = level;
		return {};
	});
	if (stream) {
		session.sse = new SSEServerTransport('/messages', stream);
		sessions.set(session.sse.sessionId, session);
	}

	await server.connect(session.sse ?? session.transport);
	return session;
};

const lostAnswers = {
	400: {code: -32_000, message: 'Bad Request: No valid session ID provided'},
	404: {code: -32_001, message: 'Session not found'},
	503: {code: -32_603, message: 'Session is on another node'},
};

const sendJson = (response: ServerResponse, status: number, body: unknown): void => {
	response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(body));
};

/** Paths by which a test makes the server do something in all its sessions. */
const control: Record<string, (query: URLSearchParams) => Promise<void> | void> = {
	release() {
		for (const resolve of held) {
			resolve();
		}

		held.clear();
	},
	forget() {
		sessions.clear();
	},
	async update() {
		for (const {server, uris} of sessions.values()) {
			for (const uri of uris) {
				await server.server.sendResourceUpdated({uri}); // eslint-disable-line no-await-in-loop
			}
		}
	},
	async log(query) {
		for (const {server} of sessions.values()) {
			await server.server.sendLoggingMessage({level: 'info', data: query.get('text') ?? ''}); // eslint-disable-line no-await-in-loop
		}
	},
	change(query) {
		const added = query.get('tool') ?? 'added';
		tools.push(added);
		for (const {server} of sessions.values()) {
			server.registerTool(added, {description: `Only ${name} has it`}, async () => text(`${name} ${added}`));
		}
	},
	/** Ends the streams by which clients listen. */
	hush() {
		for (const {transport} of sessions.values()) {
			transport.closeStandaloneSSEStream();
		}
	},
	state: () => undefined, // Every control answers with it.
};

const state = (): unknown => ({
	...counts,
	held: held.size,
	sessions: [...sessions].map(([id, {level, uris}]) => ({id, level, uris: [...uris]})),
});

const readJson = async (request: IncomingMessage): Promise<unknown> => {
	const chunks: Uint8Array[] = [];
	for await (const chunk of request) {
		chunks.push(chunk as Uint8Array);
	}

	return JSON.parse(Buffer.concat(chunks).toString());
};

const isInitialize = (body: unknown): boolean => typeof body === 'object' && body !== null && 'method' in body && body.method === 'initialize';

const mcp = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
	const {method} = request;
	const id = request.headers['mcp-session-id'];
	const session = typeof id === 'string' ? sessions.get(id) : undefined;
	counts.posts += method === 'POST' ? 1 : 0;
	counts.gets += method === 'GET' ? 1 : 0;
	counts.deletes += method === 'DELETE' ? 1 : 0;
	const body = method === 'POST' ? await readJson(request) : undefined;
	if (isInitialize(body)) {
		counts.initializes++;
	}

	if (session) {
		await session.transport.handleRequest(request, response, body);
		return;
	}

	if ((isStateless && method === 'POST') || (id === undefined && isInitialize(body))) {
		const {transport, server} = await open();
		if (isStateless) {
			response.on('close', () => {
				void server.close();
			});
		}

		await transport.handleRequest(request, response, body);
		return;
	}

	if (isStateless) {
		sendJson(response, 405, {jsonrpc: '2.0', id: null, error: {code: -32_000, message: 'Method not allowed.'}});
		return;
	}

	sendJson(response, lost, {jsonrpc: '2.0', id: null, error: lostAnswers[lost]});
};

const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
	const url = new URL(request.url ?? '/', 'http://localhost');
	if (url.pathname === '/mcp') {
		await mcp(request, response);
		return;
	}

	if (url.pathname === '/sse' && request.method === 'GET') {
		counts.gets++;
		await open(response);
		return;
	}

	if (url.pathname === '/messages') {
		const session = sessions.get(url.searchParams.get('sessionId') ?? '');
		if (session?.sse) {
			counts.posts++;
			await session.sse.handlePostMessage(request, response);
		} else {
			response.writeHead(404).end('Session not found');
		}

		return;
	}

	const act = control[url.pathname.replace('/control/', '')];
	await act?.(url.searchParams);
	sendJson(response, 200, act ? state() : {name});
};

const server = createServer((request, response) => {
	handle(request, response).catch((error: unknown) => {
		response.destroy(error instanceof Error ? error : undefined);
	});
});
server.listen(port, '127.0.0.1', () => {
	process.send?.({port: (server.address() as AddressInfo).port});
});
process.on('disconnect', () => {
	process.exit();
});
