import test, {type ExecutionContext} from 'ava';
import type {Client} from '@modelcontextprotocol/client';
import {startModernTarget, type ModernTarget} from '../helpers/mcp-modern-target.ts';
import {startMcpTarget} from '../helpers/mcp-target.ts';
import {deadPort} from '../helpers/fault.ts';
import {connectModern, startStatelessRig, type StatelessRig} from '../helpers/stateless-rig.ts';
import {until} from '../helpers/until.ts';

const version = '2026-07-28';
const meta = {
	'io.modelcontextprotocol/protocolVersion': version,
	'io.modelcontextprotocol/clientInfo': {name: 'hand', version: '1'},
	'io.modelcontextprotocol/clientCapabilities': {},
};

/** A request written by hand, with the fields it should have unless told otherwise. */
const post = async (url: string, method: string, {params = {}, headers = {}, signal}: Readonly<{params?: object; headers?: Record<string, string>; signal?: AbortSignal}> = {}): Promise<Response> => fetch(url, {
	method: 'POST',
	headers: {'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': version, 'mcp-method': method, ...headers},
	body: JSON.stringify({jsonrpc: '2.0', id: 7, method, params: {_meta: meta, ...params}}),
	...(signal && {signal}),
});

type Json = Readonly<Record<string, unknown>> & {error?: {code: number; message: string; data?: Readonly<Record<string, unknown>>}; result?: Readonly<Record<string, unknown>>};
const json = async (response: Response): Promise<Json> => await response.json() as Json;

const textOf = (result: unknown): string => ((result as {content: Array<{text: string}>}).content[0]?.text) ?? '';

const call = async (client: Client, name: string, text = ''): Promise<string> => textOf(await client.callTool({name, arguments: {text}}));

const startPair = async (t: ExecutionContext): Promise<{a: ModernTarget; b: ModernTarget; rig: StatelessRig}> => {
	const [a, b] = await Promise.all([startModernTarget(t, 'a'), startModernTarget(t, 'b')]);
	return {a, b, rig: await startStatelessRig(t, [a, b])};
};

test('carries requests of the stateless era to the active target, and tells of each once', async t => {
	const {rig} = await startPair(t);
	const client = await connectModern(t, rig.url);
	t.is(await call(client, 'read', 'x'), 'a read x');
	t.is((await client.listTools()).tools[0]?.name, 'read');
	await until('two calls told', () => rig.calls.length >= 3);
	const told = rig.calls.find(({method}) => method === 'tools/call');
	t.like(told, {subject: 'read', target: 'a', client: 'test-client', verdict: 'ok', code: undefined, attempts: 1, session: undefined});
	t.true(told !== undefined && told.bytesIn > 100 && told.bytesOut > 20 && told.ms >= 0);
	t.is(new Set(rig.calls.map(({id}) => id)).size, rig.calls.length);
	await client.callTool({name: 'fail'});
	await t.throwsAsync(client.callTool({name: 'nothing'}));
	await until('all told', () => rig.calls.length >= 5);
	t.deepEqual(rig.calls.slice(-2).map(({verdict, code}) => [verdict, code]), [['tool', undefined], ['rpc', -32_602]]);
});

test('goes straight to a named target, whichever is active', async t => {
	const {rig} = await startPair(t);
	const client = await connectModern(t, rig.url.replace('/mcp', '/targets/b/mcp'));
	t.is(await call(client, 'read', 'x'), 'b read x');
});

test('an idle target dies: the next call is answered by the other one', async t => {
	const {a, rig} = await startPair(t);
	const client = await connectModern(t, rig.url);
	await call(client, 'read');
	await a.kill();
	t.is(await call(client, 'write', 'x'), 'b write x');
	await until('told', () => rig.calls.at(-1)?.target === 'b');
});

test('a reading call in flight, the client’s very first request, is run again when its target dies, and its progress only rises', async t => {
	const {a, b, rig} = await startPair(t);
	const client = await connectModern(t, rig.url);
	const progress: number[] = [];
	const pending = client.callTool({name: 'slow-read', arguments: {text: 'x'}}, {onprogress({progress: step}) {
		progress.push(step);
	}});
	await until('it runs at a and says so', () => progress.length === 2);
	await a.kill();
	await until('it runs at b', () => b.executed().includes('b slow-read x'));
	await b.control('release');
	t.is(textOf(await pending), 'b slow-read x');
	t.deepEqual(progress, [1, 2]);
	await until('told', () => rig.calls.at(-1)?.attempts === 2);
});

test('a writing call in flight ends with a clean error when its target dies, and is never run twice', async t => {
	const {a, b, rig} = await startPair(t);
	const client = await connectModern(t, rig.url);
	await call(client, 'read');
	const pending = client.callTool({name: 'slow-write', arguments: {text: 'x'}});
	await until('it runs', () => a.executed().includes('a slow-write x'));
	await a.kill();
	const error = await t.throwsAsync(pending);
	t.regex(error?.message ?? '', /target a broke off in the middle of the request/v);
	t.deepEqual(b.executed(), []);
	await until('told', () => rig.calls.at(-1)?.verdict === 'net');
});

test('tells after a cut that nobody knows whether the call was run', async t => {
	const {a, rig} = await startPair(t);
	const pending = post(rig.url, 'tools/call', {params: {name: 'slow-write', arguments: {text: 'x'}}, headers: {'mcp-name': 'slow-write'}});
	await until('it runs', () => a.executed().length === 1);
	await a.kill();
	const response = await pending;
	t.is(response.status, 502);
	const {error, id} = await json(response);
	t.is(id, 7);
	t.is(error?.code, -32_000);
	t.deepEqual(error?.data, {outcome: 'unknown', retryable: false});
});

test('calls at a target that is given up end at once: a reading one is run elsewhere, of a writing one nobody knows, and the rest stays', async t => {
	const {a, b, rig} = await startPair(t);
	const client = await connectModern(t, rig.url);
	await client.listTools();
	const read = client.callTool({name: 'slow-read', arguments: {text: 'r'}});
	const write = post(rig.url, 'tools/call', {params: {name: 'slow-write', arguments: {text: 'w'}}, headers: {'mcp-name': 'slow-write'}});
	const named = post(rig.url.replace('/mcp', '/targets/a/mcp'), 'tools/call', {params: {name: 'slow-write', arguments: {text: 'n'}}, headers: {'mcp-name': 'slow-write'}});
	await until('all run', () => a.executed().length === 3);
	rig.act({type: 'silent', id: 'a', silence: 200, limit: 150});
	const response = await write;
	t.is(response.status, 502);
	t.like((await json(response)).error, {code: -32_000, data: {outcome: 'unknown', retryable: false}});
	await until('the reading one runs at b', () => b.executed().length > 0);
	await Promise.all([a.control('release'), b.control('release')]);
	t.is(textOf(await read), 'b slow-read r');
	t.is(textOf((await json(await named)).result), 'a slow-write n');
	t.deepEqual(b.executed(), ['b slow-read r']);
});

test('believes no hint of a target that is not trusted', async t => {
	const [a, b] = await Promise.all([startModernTarget(t, 'a'), startModernTarget(t, 'b')]);
	const rig = await startStatelessRig(t, [{...a, plan: {trustsHints: false}}, b]);
	const client = await connectModern(t, rig.url);
	await client.listTools();
	const pending = client.callTool({name: 'slow-read', arguments: {text: 'x'}});
	await until('it runs', () => a.executed().includes('a slow-read x'));
	await a.kill();
	await t.throwsAsync(pending, {message: /broke off/v});
	t.deepEqual(b.executed(), []);
});

test('holds a call while nothing is up, and answers it when a target comes back', async t => {
	const {a, b, rig} = await startPair(t);
	const client = await connectModern(t, rig.url);
	await Promise.all([a.kill(), b.kill()]);
	const pending = call(client, 'write', 'x');
	await until('both are known to be down', () => rig.failures.length >= 2);
	await b.restart();
	rig.world.pass('b');
	t.is(await pending, 'b write x');
});

test('says so when nothing comes up in time', async t => {
	const port = await deadPort(t);
	const rig = await startStatelessRig(t, [{name: 'a', url: `http://127.0.0.1:${port}`}], {hold: 200, listHold: 100});
	const response = await post(rig.url, 'tools/list');
	t.is(response.status, 503);
	t.like((await json(response)).error, {code: -32_000, data: {outcome: 'not-run', retryable: true}});
	t.is(rig.calls[0]?.attempts, 0);
});

test('shows a client that waits long a stream, and puts the error into it', async t => {
	const port = await deadPort(t);
	const rig = await startStatelessRig(t, [{name: 'a', url: `http://127.0.0.1:${port}`}], {hold: 2500, listHold: 100});
	const response = await post(rig.url, 'tools/call', {params: {name: 'read'}, headers: {'mcp-name': 'read'}});
	t.is(response.status, 200);
	t.is(response.headers.get('content-type'), 'text/event-stream');
	t.is(response.headers.get('x-accel-buffering'), 'no');
	t.regex(await response.text(), /"id":7,"error":\{"code":-32000/v);
});

test('a client that leaves cancels its call at the target', async t => {
	const {a, rig} = await startPair(t);
	const leaving = new AbortController();
	const pending = post(rig.url, 'tools/call', {params: {name: 'slow-write'}, headers: {'mcp-name': 'slow-write'}, signal: leaving.signal});
	await until('it runs', () => a.executed().length === 1);
	leaving.abort();
	await t.throwsAsync(pending);
	await until('it is cancelled', async () => (await a.control('state')).cancelled === 1);
	await until('told', () => rig.calls.at(-1)?.verdict === 'gone');
});

test('refuses fields that disagree with the body, versions it does not speak, and methods of the other era', async t => {
	const {a, rig} = await startPair(t);
	const cases: ReadonlyArray<[headers: Record<string, string>, code: number]> = [
		[{'mcp-method': 'prompts/list'}, -32_020],
		[{'mcp-protocol-version': '2025-11-25'}, -32_020],
	];
	for (const [headers, code] of cases) {
		const response = await post(rig.url, 'tools/list', {headers}); // eslint-disable-line no-await-in-loop
		t.is(response.status, 400);
		t.is((await json(response)).error?.code, code); // eslint-disable-line no-await-in-loop
	}

	const future = await post(rig.url, 'tools/list', {headers: {'mcp-protocol-version': '2099-01-01'}, params: {_meta: {...meta, 'io.modelcontextprotocol/protocolVersion': '2099-01-01'}}});
	t.is(future.status, 400);
	t.like((await json(future)).error, {code: -32_022, data: {supported: [version]}});
	for (const method of ['GET', 'DELETE']) {
		const response = await fetch(rig.url, {method}); // eslint-disable-line no-await-in-loop
		t.is(response.status, 405);
		t.is(response.headers.get('allow'), 'POST');
	}

	t.is((await a.control('state')).heads.length, 0);
});

test('passes on what the target says of a request, status and all, and fields it does not know', async t => {
	const {a, rig} = await startPair(t);
	const unknown = await post(rig.url, 'no/such', {headers: {'mcp-param-region': '=?base64?8J+Yig==?=', 'mcp-session-id': 'x', 'last-event-id': 'y', authorization: 'Bearer secret', cookie: 'a=b'}});
	t.is(unknown.status, 404);
	t.is((await json(unknown)).error?.code, -32_601);
	t.is(unknown.headers.get('mcp-session-id'), null);
	const [head] = (await a.control('state')).heads;
	t.is(head?.['mcp-param-region'], '=?base64?8J+Yig==?=');
	t.is(head?.['mcp-method'], 'no/such');
	for (const name of ['mcp-session-id', 'last-event-id', 'authorization', 'cookie']) {
		t.is(head?.[name], undefined, name);
	}
});

test('an answer to a question goes to the target that asked, even when it is not active any more', async t => {
	const {rig} = await startPair(t);
	const client = await connectModern(t, rig.url, {capabilities: {elicitation: {}}});
	client.setRequestHandler('elicitation/create', async () => {
		rig.world.act({type: 'switch', id: 'b'});
		return {action: 'accept' as const, content: {name: 'Ada'}};
	});
	t.is(await call(client, 'ask'), 'a was told Ada');
});

test('a question whose target died is asked anew by the next one, when the tool may be run again', async t => {
	const {a, b, rig} = await startPair(t);
	const client = await connectModern(t, rig.url, {capabilities: {elicitation: {}}});
	await client.listTools();
	let asked = 0;
	client.setRequestHandler('elicitation/create', async () => {
		asked++;
		await a.kill();
		return {action: 'accept' as const, content: {name: 'Ada'}};
	});
	t.is(await call(client, 'ask'), 'b was told Ada');
	t.is(asked, 2);
	t.deepEqual(a.executed(), ['a ask asked']);
	t.deepEqual(b.executed(), ['b ask asked', 'b ask answered']);
});

test('a question whose target died ends with a clean error, when the tool may not be run again', async t => {
	const {a, b, rig} = await startPair(t);
	const client = await connectModern(t, rig.url, {capabilities: {elicitation: {}}});
	await client.listTools();
	client.setRequestHandler('elicitation/create', async () => {
		await a.kill();
		return {action: 'accept' as const, content: {name: 'Ada'}};
	});
	await t.throwsAsync(call(client, 'ask-write'), {message: /target a/v});
	t.deepEqual(b.executed(), []);
});

test('a target that knows sessions only is told so that a client falls back to them', async t => {
	const legacy = await startMcpTarget(t, 'a');
	const rig = await startStatelessRig(t, [legacy]);
	for (const method of ['server/discover', 'tools/list', 'subscriptions/listen']) {
		const response = await post(rig.url, method); // eslint-disable-line no-await-in-loop
		t.is(response.status, 400, method);
		const {error} = await json(response); // eslint-disable-line no-await-in-loop
		t.is(error?.code, -32_022, method);
		t.true((error?.data?.supported as string[]).includes('2025-11-25'));
	}
});
