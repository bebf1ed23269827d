/*
The conformance fixture of the era of sessions (2025-03-26 … 2025-11-25) on the official SDK 1.x: streamable HTTP with
resumable streams, or stdio.
*/
import {randomUUID} from 'node:crypto';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {setTimeout as delay} from 'node:timers/promises';
import {Server} from '@modelcontextprotocol/sdk/server/index.js';
import {StdioServerTransport} from '@modelcontextprotocol/sdk/server/stdio.js';
import {StreamableHTTPServerTransport, type EventStore} from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type {RequestHandlerExtra} from '@modelcontextprotocol/sdk/shared/protocol.js';
import type {Transport} from '@modelcontextprotocol/sdk/shared/transport.js';
import * as mcp from '@modelcontextprotocol/sdk/types.js';
import {completion, object, plainTools, promptList, prompts, readResource, resourceList, says, schema2020, templateList} from './conformance-offer.ts';

type Json = Readonly<Record<string, unknown>>;
type Context = RequestHandlerExtra<mcp.ServerRequest, mcp.ServerNotification>;
type Tool = Readonly<{schema?: Json; annotations?: Json; call: (given: Json, context: Context) => Promise<Json>}>;

const elicit = async (context: Context, message: string, requestedSchema: Json): Promise<mcp.ElicitResult> =>
	context.sendRequest({method: 'elicitation/create', params: {message, requestedSchema}} as mcp.ElicitRequest, mcp.ElicitResultSchema);
const choice = (...pairs: ReadonlyArray<readonly [string, string]>): Json[] => pairs.map(([value, title]) => ({const: value, title}));
const options = ['option1', 'option2', 'option3'];
const titled = choice(['value1', 'First Option'], ['value2', 'Second Option'], ['value3', 'Third Option']);

/** They say so, since they do: a call of theirs may be sent again. */
const reads = {readOnlyHint: true};

const tools: Readonly<Record<string, Tool>> = {
	...Object.fromEntries(Object.entries(plainTools).map(([name, result]) => [name, {annotations: reads, call: async () => result}])),
	json_schema_2020_12_tool: {schema: schema2020, call: async () => says('done')},
	test_tool_with_logging: {
		annotations: reads,
		async call(_given, context) {
			for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
				await context.sendNotification({method: 'notifications/message', params: {level: 'info', data}}); // eslint-disable-line no-await-in-loop -- in this order
				await delay(50); // eslint-disable-line no-await-in-loop
			}

			return says('logged');
		},
	},
	test_tool_with_progress: {
		annotations: reads,
		async call(_given, context) {
			const progressToken = context._meta?.progressToken;
			for (const progress of [0, 50, 100]) {
				if (progressToken !== undefined) {
					await context.sendNotification({method: 'notifications/progress', params: {progressToken, progress, total: 100, message: `Completed step ${progress} of 100`}}); // eslint-disable-line no-await-in-loop
				}

				await delay(50); // eslint-disable-line no-await-in-loop
			}

			return says('done');
		},
	},
	test_sampling: {
		schema: object({prompt: {type: 'string'}}, ['prompt']),
		async call({prompt}, context) {
			const answer = await context.sendRequest(
				{method: 'sampling/createMessage', params: {messages: [{role: 'user', content: {type: 'text', text: String(prompt)}}], maxTokens: 100}},
				mcp.CreateMessageResultSchema,
			);
			return says(`LLM response: ${answer.content.type === 'text' ? answer.content.text : ''}`);
		},
	},
	test_elicitation: {
		schema: object({message: {type: 'string'}}, ['message']),
		async call({message}, context) {
			const schema = object({username: {type: 'string', description: 'User\'s response'}, email: {type: 'string', description: 'User\'s email address'}}, ['username', 'email']);
			const {action, content} = await elicit(context, String(message), schema);
			return says(`User response: action=${action}, content=${JSON.stringify(content ?? {})}`);
		},
	},
	test_elicitation_sep1034_defaults: {
		async call(_given, context) {
			const {action, content} = await elicit(context, 'defaults', object({
				name: {type: 'string', default: 'John Doe'},
				age: {type: 'integer', default: 30},
				score: {type: 'number', default: 95.5},
				status: {type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active'},
				verified: {type: 'boolean', default: true},
			}));
			return says(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`);
		},
	},
	test_elicitation_sep1330_enums: {
		async call(_given, context) {
			const {action, content} = await elicit(context, 'enums', object({
				untitledSingle: {type: 'string', enum: options},
				titledSingle: {type: 'string', oneOf: titled},
				legacyEnum: {type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three']},
				untitledMulti: {type: 'array', items: {type: 'string', enum: options}},
				titledMulti: {type: 'array', items: {anyOf: titled}},
			}));
			return says(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`);
		},
	},
	test_reconnection: {
		async call(_given, context) {
			await delay(50);
			context.closeSSEStream?.();
			await delay(300);
			return says('Reconnection test completed successfully');
		},
	},
};

/* eslint-disable @typescript-eslint/no-deprecated -- the suite's schemas as they are need the low-level server */
const build = (): Server => {
	const server = new Server({name: 'fixture', version: '1.0.0'}, {
		capabilities: {tools: {listChanged: true}, prompts: {listChanged: true}, resources: {subscribe: true, listChanged: true}, logging: {}, completions: {}},
	});
	server.setRequestHandler(mcp.ListToolsRequestSchema, () => ({
		tools: Object.entries(tools).map(([name, {schema, annotations}]) => ({
			name, description: `Tests ${name}`, inputSchema: schema ?? object(), ...(annotations && {annotations}),
		})) as unknown as mcp.Tool[],
	}));
	server.setRequestHandler(mcp.CallToolRequestSchema, async ({params: {name, arguments: given}}, context) => {
		const tool = tools[name];
		if (!tool) {
			throw new mcp.McpError(mcp.ErrorCode.InvalidParams, `Unknown tool ${name}`);
		}

		return tool.call(given ?? {}, context);
	});
	server.setRequestHandler(mcp.ListPromptsRequestSchema, () => ({prompts: promptList() as mcp.Prompt[]}));
	server.setRequestHandler(mcp.GetPromptRequestSchema, ({params: {name, arguments: given}}) => ({messages: (prompts[name]?.[1](given ?? {}) ?? []) as mcp.PromptMessage[]}));
	server.setRequestHandler(mcp.ListResourcesRequestSchema, () => ({resources: resourceList as mcp.Resource[]}));
	server.setRequestHandler(mcp.ListResourceTemplatesRequestSchema, () => ({resourceTemplates: templateList as mcp.ResourceTemplate[]}));
	server.setRequestHandler(mcp.ReadResourceRequestSchema, ({params: {uri}}) => {
		const found = readResource(uri);
		if (!found) {
			throw new mcp.McpError(mcp.ErrorCode.InvalidParams, 'Resource not found', {uri});
		}

		return found;
	});
	server.setRequestHandler(mcp.SubscribeRequestSchema, () => ({}));
	server.setRequestHandler(mcp.UnsubscribeRequestSchema, () => ({}));
	server.setRequestHandler(mcp.SetLevelRequestSchema, () => ({}));
	server.setRequestHandler(mcp.CompleteRequestSchema, () => completion as unknown as mcp.CompleteResult);
	return server;
};
/* eslint-enable @typescript-eslint/no-deprecated */

/** Every event of every stream, kept as long as its session. */
const createEventStore = (): EventStore => {
	const events: Array<Readonly<{id: string; stream: string; message: mcp.JSONRPCMessage}>> = [];
	return {
		async storeEvent(stream, message) {
			const id = `${stream}:${events.length + 1}`;
			events.push({id, stream, message});
			return id;
		},
		async getStreamIdForEventId(eventId) {
			return events.find(({id}) => id === eventId)?.stream;
		},
		async replayEventsAfter(lastEventId, {send}) {
			const index = events.findIndex(({id}) => id === lastEventId);
			const stream = events[index]?.stream ?? '';
			for (const {id, message} of events.slice(index + 1).filter(event => event.stream === stream && 'jsonrpc' in event.message)) {
				await send(id, message); // eslint-disable-line no-await-in-loop -- in this order
			}

			return stream;
		},
	};
};

const refuse = (response: ServerResponse, status: number, code: number, message: string): void => {
	response.writeHead(status, {'content-type': 'application/json'});
	response.end(JSON.stringify({jsonrpc: '2.0', id: null, error: {code, message}}));
};

/** Answers `/mcp` with sessions; unknown ones with 404. */
export const createSessionsHandler = (): (request: IncomingMessage, response: ServerResponse) => Promise<void> => {
	const live = new Map<string, StreamableHTTPServerTransport>();
	return async (request, response) => {
		const id = request.headers['mcp-session-id'];
		if (typeof id === 'string') {
			const found = live.get(id);
			if (found) {
				await found.handleRequest(request, response);
			} else {
				refuse(response, 404, -32_001, 'Session not found');
			}

			return;
		}

		const transport = new StreamableHTTPServerTransport({
			sessionIdGenerator: randomUUID,
			eventStore: createEventStore(),
			retryInterval: 500,
			onsessioninitialized(given) {
				live.set(given, transport);
			},
			onsessionclosed(given) {
				live.delete(given);
			},
		});
		await build().connect(transport);
		await transport.handleRequest(request, response);
	};
};

/** Speaks over stdin and stdout until the first ends. */
export const serveStdio = async (): Promise<void> => {
	await build().connect(new StdioServerTransport());
};
