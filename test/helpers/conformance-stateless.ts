/*
The conformance fixture of the stateless era (2026-07-28) on the official SDK 2.x, with the multi-round results
(SEP-2322), the required headers (SEP-2243) and the change streams (SEP-2575) its requirement set asks for.
*/
import {Buffer} from 'node:buffer';
import {randomBytes} from 'node:crypto';
import {Readable} from 'node:stream';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {text as readText} from 'node:stream/consumers';
import {pipeline} from 'node:stream/promises';
import type {ReadableStream as NodeReadableStream} from 'node:stream/web';
import * as mcp from '@modelcontextprotocol/server';
import {completion, object, plainTools, promptList, prompts, readResource, resourceList, says, schema2020, templateList} from './conformance-offer.ts';

type Json = Readonly<Record<string, unknown>>;
type Tool = Readonly<{schema?: Json; call: (context: mcp.ServerContext, given: Json) => Promise<Json | mcp.InputRequiredResult>}>;
type State = Readonly<{round: number}>;

const states = mcp.createRequestStateCodec<State>({key: randomBytes(32)});
const stateOf = async (round: number): Promise<string> => states.mint({round});

const ask = (message: string, name: string): mcp.InputRequest =>
	mcp.inputRequired.elicit({message, requestedSchema: {type: 'object', properties: {[name]: {type: 'string'}}, required: [name]}});
const confirm = (): mcp.InputRequest =>
	mcp.inputRequired.elicit({message: 'Please confirm', requestedSchema: {type: 'object', properties: {ok: {type: 'boolean'}}, required: ['ok']}});
const sample = (words: string): mcp.InputRequest =>
	mcp.inputRequired.createMessage({messages: [{role: 'user', content: {type: 'text', text: words}}], maxTokens: 100});

/** What the client answered to one of our questions. */
const answer = (context: mcp.ServerContext, key: string): Json | undefined => context.mcpReq.inputResponses?.[key] as Json | undefined;
const capabilities = (context: mcp.ServerContext): mcp.ClientCapabilities =>
	((context.mcpReq.envelope as Json | undefined)?.[mcp.CLIENT_CAPABILITIES_META_KEY] ?? {});

/** A tool that asks until every question has its answer. */
const asking = (questions: () => Record<string, mcp.InputRequest>, words: (context: mcp.ServerContext) => string, hasState = false): Tool => ({
	async call(context) {
		const inputRequests = questions();
		const isAnswered = Object.keys(inputRequests).every(key => answer(context, key)) && (!hasState || context.mcpReq.requestState<State>() !== undefined);
		return isAnswered ? says(words(context)) : mcp.inputRequired({inputRequests, ...(hasState && {requestState: await stateOf(1)})});
	},
});

const createTools = (notify: () => mcp.ServerNotifier): Readonly<Record<string, Tool>> => ({
	...Object.fromEntries(Object.entries(plainTools).map(([name, result]) => [name, {call: async () => result}])),
	json_schema_2020_12_tool: {schema: schema2020, call: async () => says('done')},
	test_tool_with_progress: {
		async call(context) {
			const progressToken = context.mcpReq._meta?.progressToken;
			for (const progress of [0, 50, 100]) {
				if (progressToken !== undefined) {
					await context.mcpReq.notify({method: 'notifications/progress', params: {progressToken, progress, total: 100}}); // eslint-disable-line no-await-in-loop
				}
			}

			return says('done');
		},
	},
	test_logging_tool: {
		async call(context) {
			await context.mcpReq.log('info', 'Only for those who asked'); // eslint-disable-line @typescript-eslint/no-deprecated -- what is tested
			return says('logged');
		},
	},
	test_custom_headers: {
		schema: object({region: {type: 'string', 'x-mcp-header': 'Region'}}, ['region']),
		call: async (_context, {region}) => says(`region ${String(region)}`),
	},
	test_missing_capability: {
		async call(context) {
			if (!capabilities(context).sampling) {
				throw new mcp.MissingRequiredClientCapabilityError({requiredCapabilities: {sampling: {}}});
			}

			return says('done');
		},
	},
	test_streaming_elicitation: asking(() => ({user_name: ask('What is your name?', 'name')}), () => 'done'),
	test_trigger_tool_change: {
		async call() {
			notify().toolsChanged();
			return says('changed');
		},
	},
	test_trigger_prompt_change: {
		async call() {
			notify().promptsChanged();
			return says('changed');
		},
	},
	test_input_required_result_elicitation: asking(
		() => ({user_name: ask('What is your name?', 'name')}),
		context => `Hello, ${String((answer(context, 'user_name')?.content as Json | undefined)?.name)}!`,
	),
	test_input_required_result_sampling: asking(() => ({capital_question: sample('What is the capital of France?')}), context => JSON.stringify(answer(context, 'capital_question'))),
	test_input_required_result_list_roots: asking(() => ({client_roots: mcp.inputRequired.listRoots()}), context => JSON.stringify(answer(context, 'client_roots'))),
	test_input_required_result_request_state: asking(() => ({confirm: confirm()}), () => 'state-ok', true),
	test_input_required_result_tampered_state: asking(() => ({confirm: confirm()}), () => 'state-ok', true),
	test_input_required_result_multiple_inputs: asking(() => ({
		user_name: ask('What is your name?', 'name'),
		greeting: sample('Generate a greeting'),
		client_roots: mcp.inputRequired.listRoots(),
	}), () => 'done', true),
	test_input_required_result_multi_round: {
		async call(context) {
			const round = context.mcpReq.requestState<State>()?.round ?? 0;
			if (answer(context, 'step2') && round === 2) {
				return says('done');
			}

			return answer(context, 'step1') && round === 1
				? mcp.inputRequired({inputRequests: {step2: ask('Step 2: What is your favorite color?', 'color')}, requestState: await stateOf(2)})
				: mcp.inputRequired({inputRequests: {step1: ask('Step 1: What is your name?', 'name')}, requestState: await stateOf(1)});
		},
	},
	test_input_required_result_capabilities: {
		async call(context) {
			const {elicitation, sampling} = capabilities(context);
			return mcp.inputRequired({
				inputRequests: {...(elicitation && {user_name: ask('What is your name?', 'name')}), ...(sampling && {greeting: sample('Generate a greeting')})},
				requestState: await stateOf(1),
			});
		},
	},
});

const askingPrompt = 'test_input_required_result_prompt';

/* eslint-disable @typescript-eslint/no-deprecated -- the suite's schemas as they are need the low-level server */
const build = (tools: Readonly<Record<string, Tool>>): mcp.Server => {
	const server = new mcp.Server({name: 'fixture', version: '2.0.0'}, {
		capabilities: {tools: {listChanged: true}, prompts: {listChanged: true}, resources: {subscribe: true, listChanged: true}, logging: {}, completions: {}},
		requestState: {verify: states.verify},
	});
	server.setRequestHandler('tools/list', () => ({
		tools: Object.entries(tools).map(([name, {schema}]) => ({name, description: `Tests ${name}`, inputSchema: schema ?? object()})) as unknown as mcp.Tool[],
	}));
	server.setRequestHandler('tools/call', async ({params: {name, arguments: given}}, context) => {
		const tool = tools[name];
		if (!tool) {
			throw new mcp.ProtocolError(mcp.ProtocolErrorCode.InvalidParams, `Unknown tool ${name}`);
		}

		return tool.call(context, given ?? {}) as Promise<mcp.CallToolResult>;
	});
	server.setRequestHandler('prompts/list', () => ({prompts: promptList([askingPrompt]) as mcp.Prompt[]}));
	server.setRequestHandler('prompts/get', ({params: {name, arguments: given}}, context) => name === askingPrompt && !answer(context, 'user_context')
		? mcp.inputRequired({inputRequests: {user_context: ask('What context should the prompt use?', 'context')}})
		: {messages: (prompts[name]?.[1](given ?? {}) ?? []) as mcp.PromptMessage[]});
	server.setRequestHandler('resources/list', () => ({resources: resourceList as mcp.Resource[]}));
	server.setRequestHandler('resources/templates/list', () => ({resourceTemplates: templateList as unknown as mcp.ResourceTemplateType[]}));
	server.setRequestHandler('resources/read', ({params: {uri}}) => {
		const found = readResource(uri);
		if (!found) {
			throw new mcp.ResourceNotFoundError(uri);
		}

		return found as mcp.ReadResourceResult;
	});
	server.setRequestHandler('completion/complete', () => completion as unknown as mcp.CompleteResult);
	return server;
};
/* eslint-enable @typescript-eslint/no-deprecated */

/** The text in a header field (SEP-2243): as it is, or in Base64 between `=?base64?` and `?=`; undefined when that is broken. */
const decodeField = (value: string): string | undefined => {
	const base64 = /^=\?base64\?(?<base64>.*)\?=$/v.exec(value)?.groups?.base64;
	const bytes = base64 === undefined ? undefined : Buffer.from(base64, 'base64');
	return bytes ? (bytes.toString('base64') === base64 ? bytes.toString() : undefined) : value;
};

/** The SDK's low-level server leaves `Mcp-Param-*` to us: the answer to a request whose field is not its argument. */
const refuseField = (headers: Headers, body: string): string | undefined => {
	try {
		const {id, method, params} = JSON.parse(body) as {id: unknown; method: string; params: {name: string; arguments: Json}};
		const isWrong = method === 'tools/call' && params.name === 'test_custom_headers'
			&& decodeField(headers.get('mcp-param-region') ?? '') !== params.arguments.region;
		return isWrong ? JSON.stringify({jsonrpc: '2.0', id, error: {code: -32_020, message: 'Mcp-Param-Region is not the argument'}}) : undefined;
	} catch {
		return undefined; // Not ours to refuse
	}
};

/** Answers `/mcp` without sessions. */
export const createStatelessHandler = (): (request: IncomingMessage, response: ServerResponse) => Promise<void> => {
	const tools = createTools(() => handler.notify);
	const handler = mcp.createMcpHandler(() => build(tools), {legacy: 'reject'});
	return async (request, response) => {
		const left = new AbortController();
		response.once('close', () => {
			left.abort();
		});
		const headers = new Headers();
		for (const [name, value] of Object.entries(request.headersDistinct)) {
			headers.set(name, value?.join(', ') ?? '');
		}

		const body = request.method === 'GET' || request.method === 'HEAD' ? undefined : await readText(request);
		const refusal = refuseField(headers, body ?? '');
		if (refusal !== undefined) {
			response.writeHead(400, {'content-type': 'application/json'});
			response.end(refusal);
			return;
		}

		const url = `http://${request.headers.host ?? ''}${request.url ?? ''}`;
		const answered = await handler.fetch(new Request(url, {method: request.method ?? '', headers, signal: left.signal, ...(body !== undefined && {body})}));
		response.writeHead(answered.status, Object.fromEntries(answered.headers));
		response.flushHeaders();
		await (answered.body ? pipeline(Readable.fromWeb(answered.body), response) : response.end());
	};
};
