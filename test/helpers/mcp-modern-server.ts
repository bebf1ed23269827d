/* An MCP server of the stateless era (2026-07-28, SDK 2.x), run by mcp-modern-target.ts in a process of its own. */
import {randomBytes} from 'node:crypto';
import {appendFileSync} from 'node:fs';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import process from 'node:process';
import {Readable} from 'node:stream';
import {text as readText} from 'node:stream/consumers';
import {pipeline} from 'node:stream/promises';
import * as mcp from '@modelcontextprotocol/server';
import type {ModernOptions} from './mcp-modern-target.ts';

const {name, port = 0, journal = '', tools: more = []} = JSON.parse(process.argv[2] ?? '{}') as ModernOptions & {name: string};

type Json = Readonly<Record<string, unknown>>;

const held = new Set<() => void>();
const heads: Array<Record<string, string | string[] | undefined>> = [];
let listens = 0;
let cancelled = 0;
// Only the process that asked can read its state, as with a key of its own.
const states = mcp.createRequestStateCodec<{asked: string}>({key: randomBytes(32)});

const says = (text: string): Json => ({content: [{type: 'text', text}]});
const note = (line: string): void => {
	if (journal) {
		appendFileSync(journal, `${name} ${line}\n`);
	}
};

const hold = async (context: mcp.ServerContext, steps: number): Promise<void> => {
	const progressToken = context.mcpReq._meta?.progressToken;
	for (let progress = 1; progress <= steps; progress++) {
		if (progressToken !== undefined) {
			await context.mcpReq.notify({method: 'notifications/progress', params: {progressToken, progress, total: steps}}); // eslint-disable-line no-await-in-loop -- in order
		}
	}

	await new Promise<void>(resolve => {
		held.add(resolve);
		context.mcpReq.signal.addEventListener('abort', () => {
			cancelled++;
			held.delete(resolve);
			resolve();
		});
	});
};

/** Asks for a name, and answers when it is told, with the state it minted itself. */
const ask = async (context: mcp.ServerContext, tool: string): Promise<Json | mcp.InputRequiredResult> => {
	const given = context.mcpReq.inputResponses?.name as {content?: {name?: unknown}} | undefined;
	note(`${tool} ${given ? 'answered' : 'asked'}`);
	return given && context.mcpReq.requestState<{asked: string}>()
		? says(`${name} was told ${String(given.content?.name)}`)
		: mcp.inputRequired({
			inputRequests: {name: mcp.inputRequired.elicit({message: 'Your name?', requestedSchema: {type: 'object', properties: {name: {type: 'string'}}, required: ['name']}})},
			requestState: await states.mint({asked: name}),
		});
};

type Tool = Readonly<{annotations?: Json; call: (said: string, context: mcp.ServerContext) => Promise<Json | mcp.InputRequiredResult>}>;

const slow = (verb: string): Tool['call'] => async (said, context) => {
	note(`${verb} ${said}`);
	await hold(context, 2);
	return says(`${name} ${verb} ${said}`);
};

const quick = (verb: string): Tool['call'] => async said => {
	note(`${verb} ${said}`);
	return says(`${name} ${verb} ${said}`);
};

const tools: Record<string, Tool> = {
	read: {annotations: {readOnlyHint: true}, call: quick('read')},
	write: {call: quick('write')},
	'slow-read': {annotations: {readOnlyHint: true}, call: slow('slow-read')},
	'slow-write': {call: slow('slow-write')},
	ask: {annotations: {readOnlyHint: true}, call: async (_, context) => ask(context, 'ask')},
	'ask-write': {call: async (_, context) => ask(context, 'ask-write')},
	fail: {call: async () => ({...says(`${name} failed`), isError: true})},
	...Object.fromEntries(more.map(tool => [tool, {call: quick(tool)}])),
};

/* eslint-disable @typescript-eslint/no-deprecated -- tools without schemas need the low-level server */
const build = (): mcp.Server => {
	const server = new mcp.Server({name, version: '2.0.0'}, {capabilities: {tools: {listChanged: true}, resources: {subscribe: true}}, requestState: {verify: states.verify}});
	server.setRequestHandler('tools/list', () => ({
		tools: Object.entries(tools).map(([tool, {annotations}]) => ({name: tool, inputSchema: {type: 'object' as const}, ...(annotations && {annotations})})),
	}));
	server.setRequestHandler('tools/call', async ({params}, context) => {
		const tool = Object.hasOwn(tools, params.name) ? tools[params.name] : undefined;
		if (!tool) {
			throw new mcp.ProtocolError(mcp.ProtocolErrorCode.InvalidParams, `Unknown tool ${params.name}`);
		}

		const said = params.arguments?.text;
		return tool.call(typeof said === 'string' ? said : '', context) as Promise<mcp.CallToolResult>;
	});
	server.setRequestHandler('resources/list', () => ({resources: [{uri: 'test://note', name: 'note'}]}));
	server.setRequestHandler('resources/read', ({params: {uri}}) => ({contents: [{uri, text: `${name} note`}]}));
	return server;
};
/* eslint-enable @typescript-eslint/no-deprecated */

const handler = mcp.createMcpHandler(build, {legacy: 'reject'});

const control: Record<string, (query: URLSearchParams) => void> = {
	release() {
		for (const resolve of held) {
			resolve();
		}

		held.clear();
	},
	change() {
		handler.notify.toolsChanged();
	},
	update() {
		handler.notify.resourceUpdated('test://note');
	},
	/** Ends the streams of those who listen, gracefully. */
	hush() {
		void handler.close();
	},
	state: () => undefined, // Every control answers with it.
};

const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
	const left = new AbortController();
	const body = request.method === 'POST' ? await readText(request) : undefined;
	const isListen = body?.includes('"subscriptions/listen"') ?? false;
	heads.push(request.headers);
	listens += isListen ? 1 : 0;
	response.once('close', () => {
		listens -= isListen ? 1 : 0;
		left.abort();
	});
	const headers = new Headers(Object.entries(request.headers).map(([field, value]) => [field, String(value)] as [string, string]));
	const answered = await handler.fetch(new Request(`http://localhost${request.url ?? ''}`, {method: request.method ?? '', headers, signal: left.signal, ...(body !== undefined && {body})}));
	response.writeHead(answered.status, Object.fromEntries(answered.headers));
	response.flushHeaders();
	await (answered.body ? pipeline(Readable.fromWeb(answered.body), response) : response.end());
};

const server = createServer(async (request, response) => {
	const url = new URL(request.url ?? '/', 'http://localhost');
	if (url.pathname === '/mcp') {
		await serve(request, response).catch(() => {
			response.destroy();
		});
		return;
	}

	control[url.pathname.replace('/control/', '')]?.(url.searchParams);
	response.end(JSON.stringify({held: held.size, listens, cancelled, heads}));
});
server.listen(port, '127.0.0.1', () => {
	process.send?.({port: (server.address() as AddressInfo).port});
});
process.on('disconnect', () => {
	process.exit();
});
