import {once} from 'node:events';
import {createServer, type RequestListener} from 'node:http';
import type {AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {defaultRules} from '../../source/core/rules.ts';
import {findTarget, type TargetState} from '../../source/core/state.ts';
import type {Endpoint} from '../../source/http/endpoint.ts';
import type {ProbePlan} from '../../source/http/probe-plan.ts';
import {createProber, type Prober} from '../../source/probe/prober.ts';
import {createStore} from '../../source/store/store.ts';
import type {McpPlan} from '../../source/transport/channel.ts';
import {createTransports, type Transports} from '../../source/transport/transports.ts';
import {startConformanceTarget, stdioCommand} from '../helpers/conformance-target.ts';
import {target} from '../helpers/core.ts';
import {startMcpTarget} from '../helpers/mcp-target.ts';
import {until} from '../helpers/until.ts';

type Rig = Readonly<{prober: Prober; transports: Transports; see: () => TargetState | undefined; passed: () => number; remove: () => void}>;

const common = {id: 'a', trustsHints: true, replay: 'hinted', lostStatuses: [], forwardsAuth: false} as const;

/** One target `a`, probed in a quick rhythm until the test is over. */
const watch = (t: ExecutionContext, place: string | readonly [string, ...string[]], more: Partial<ProbePlan> = {}): Rig => {
	const endpoint: Endpoint | undefined = typeof place === 'string'
		? {id: 'a', url: new URL(place), headers: {}, tls: {isVerified: true}, timeouts: {connect: 2000, response: 60_000, idle: 0, upgrade: 10_000, keepAlive: 4000}}
		: undefined;
	const mcp: McpPlan = typeof place === 'string'
		? {...common, kind: 'streamable-http', endpoint: endpoint!, path: '/mcp'}
		: {...common, kind: 'stdio', command: place, env: {}, cwd: undefined, children: {mode: 'per-session', max: 1, idle: 60_000, spares: 0}};
	const plan: ProbePlan = {
		id: 'a', kind: 'mcp', method: 'GET', path: '/health', headers: {}, statuses: [{from: 200, to: 299}], timeout: 5000, interval: 20, fastInterval: 20, downInterval: 20, ...more,
	};
	const store = createStore();
	let count = 0;
	store.subscribe(({event}) => {
		count += event.type === 'probe.passed' ? 1 : 0;
	});
	store.dispatch({type: 'configure', targets: [target('a')], rules: defaultRules, changes: []});
	const transports = createTransports({getPlan: id => id === 'a' ? mcp : undefined, onLog: () => undefined});
	const prober = createProber({getState: store.getState, dispatch: store.dispatch, getWatch: () => ({endpoint, plan}), getTransport: transports.get});
	t.teardown(async () => {
		await prober.stop();
		await transports.close();
	});
	prober.sync();
	return {
		prober,
		transports,
		see: () => findTarget(store.getState(), 'a'),
		passed: () => count,
		remove() {
			store.dispatch({type: 'configure', targets: [], rules: defaultRules, changes: []});
			prober.sync();
		},
	};
};

const serve = async (t: ExecutionContext, listener: RequestListener): Promise<string> => {
	const server = createServer(listener).listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.close();
		server.closeAllConnections();
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const namesOf = (see: Rig['see']): string[] => (see()?.catalogue?.tools ?? []).map(({name}) => name);

test('many probes cost a target one session, which ends with them', async t => {
	const a = await startMcpTarget(t, 'a');
	const {prober, passed} = watch(t, a.url);
	await until('50 probes passed', () => passed() >= 50, 30_000);
	const {sessions, initializes} = await a.control('state');
	t.is(sessions.length, 1);
	t.is(initializes, 1);
	await prober.stop();
	t.is((await a.control('state')).deletes, 1);
});

test('a target that leaves is left in order', async t => {
	const a = await startMcpTarget(t, 'a');
	const {see, remove} = watch(t, a.url);
	await until('a is up', () => see()?.health.status === 'up');
	remove();
	await until('its session has ended', async () => (await a.control('state')).deletes === 1);
	t.is(see(), undefined);
});

test('a target that hangs fails, and gets no second session when it wakes', async t => {
	const a = await startMcpTarget(t, 'a');
	const {see} = watch(t, a.url, {timeout: 500});
	await until('a is up', () => see()?.catalogue && see()?.health.status === 'up');
	await a.signal('SIGSTOP');
	await until('a is down', () => see()?.health.status === 'down', 30_000);
	t.is(see()?.failure?.code, 'TARGET_TIMEOUT');
	t.true(namesOf(see).includes('read'), 'what it offered is still known');
	await a.signal('SIGCONT');
	await until('a is up again', () => see()?.health.status === 'up', 30_000);
	t.is((await a.control('state')).initializes, 1);
});

test('a session that the target forgot is opened anew, and no probe fails for it', async t => {
	const a = await startMcpTarget(t, 'a');
	const {see, passed} = watch(t, a.url);
	await until('a is up', () => see()?.health.status === 'up');
	await a.control('forget');
	const before = passed();
	await until('more probes passed', () => passed() > before + 5);
	t.is(see()?.failure, undefined);
	t.is((await a.control('state')).sessions.length, 1);
});

test('a target that crashed is down, and up when it is back', async t => {
	const a = await startMcpTarget(t, 'a');
	const {see} = watch(t, a.url);
	await until('a is up', () => see()?.health.status === 'up');
	await a.signal('SIGKILL');
	await until('a is down', () => see()?.health.status === 'down');
	t.is(see()?.failure?.code, 'ECONNREFUSED');
	await a.restart({tools: ['later']});
	await until('a is up', () => see()?.health.status === 'up');
	await until('and what it offers now is known', () => namesOf(see).includes('later'));
	t.is((await a.control('state')).sessions.length, 1);
});

test('what a target offers is told, and told again when it says that it changed', async t => {
	const a = await startMcpTarget(t, 'a');
	const {see} = watch(t, a.url);
	const {server, protocol, capabilities, tools} = await until('the catalogue is there', () => see()?.catalogue);
	t.regex(server, /^a/v);
	t.is(protocol, '2025-11-25');
	t.true(capabilities.includes('tools'));
	t.true(tools.every(({hash}) => /^[\da-f]{12}$/v.test(hash)));
	t.is(see()?.note, undefined);
	await a.control('change?tool=new');
	await until('the new tool is known', () => namesOf(see).includes('new'));
});

test('a target of the stateless era is asked without a session', async t => {
	const {url} = await startConformanceTarget(t, 'stateless');
	const {see, passed} = watch(t, url);
	await until('probes passed', () => passed() > 5);
	t.is((await until('the catalogue is there', () => see()?.catalogue)).protocol, '2026-07-28');
	t.not(namesOf(see).length, 0);
});

for (const [status, note] of [[401, 'needs a login (401)'], [403, 'needs a login (403)'], [429, 'is busy (429)']] as const) {
	test(`a target that answers ${status} is alive, with a note`, async t => {
		const url = await serve(t, (_, response) => {
			response.writeHead(status).end();
		});
		const {see} = watch(t, url);
		await until('a is up', () => see()?.health.status === 'up');
		t.is(see()?.note, note);
	});
}

test('a target that is no MCP server fails its MCP probe, and says why', async t => {
	const url = await serve(t, (_, response) => {
		response.writeHead(404).end();
	});
	const {see} = watch(t, url);
	await until('a is down', () => see()?.health.status === 'down');
	t.is(see()?.failure?.message, 'answered 404, which is not MCP');
});

test('a target with an http probe tells what it offers too, and holds no session for that', async t => {
	const a = await startMcpTarget(t, 'a');
	const {see, passed} = watch(t, a.url, {kind: 'http'});
	await until('the catalogue is there', () => namesOf(see).includes('write'));
	await until('its session has ended', async () => (await a.control('state')).sessions.length === 0);
	const before = passed();
	await until('more probes passed', () => passed() > before + 10);
	const {initializes, gets} = await a.control('state');
	t.deepEqual({initializes, gets}, {initializes: 1, gets: 0});
});

test('a target of plain HTTP is asked for MCP once each time it comes up', async t => {
	let posts = 0;
	let isWell = true;
	const url = await serve(t, (request, response) => {
		posts += request.method === 'POST' ? 1 : 0;
		response.writeHead(request.url === '/health' ? (isWell ? 200 : 500) : 404).end();
	});
	const {see, passed} = watch(t, url, {kind: 'http'});
	await until('probes passed', () => passed() > 10);
	t.is(posts, 1);
	t.is(see()?.note, undefined);
	isWell = false;
	await until('a is down', () => see()?.health.status === 'down');
	isWell = true;
	await until('a is up', () => see()?.health.status === 'up');
	const before = passed();
	await until('more probes passed', () => passed() > before + 10);
	t.is(posts, 2);
});

test('a target whose MCP side is broken is up by its http probe, with a note', async t => {
	const url = await serve(t, (request, response) => {
		response.writeHead(request.url === '/health' ? 200 : 400).end();
	});
	const {see} = watch(t, url, {kind: 'http'});
	await until('the note is there', () => see()?.note);
	t.is(see()?.note, 'does not speak MCP');
	t.is(see()?.health.status, 'up');
	t.is(see()?.catalogue, undefined);
});

/** An MCP server in few words; `list` answers `tools/list`. */
const small = async (t: ExecutionContext, list: (cursor: string | undefined) => unknown): Promise<string> => serve(t, async (request, response) => {
	const chunks: Uint8Array[] = [];
	for await (const chunk of request) {
		chunks.push(chunk as Uint8Array);
	}

	const {id, method, params} = JSON.parse(Buffer.concat(chunks).toString() || '{}') as {id?: string; method?: string; params?: {cursor?: string}};
	if (id === undefined) {
		response.writeHead(method === undefined ? 405 : 202).end();
		return;
	}

	const results: Record<string, unknown> = {
		initialize: {protocolVersion: '2025-06-18', capabilities: {tools: {}}, serverInfo: {name: 'small', version: '1'}},
		ping: {},
		'tools/list': list(params?.cursor),
	};
	const result = results[method ?? ''];
	response.writeHead(200, {'content-type': 'application/json'}).end(JSON.stringify({jsonrpc: '2.0', id, ...(result === undefined ? {error: {code: -32_601, message: 'Method not found'}} : {result})}));
});

test('a target that offers nothing says so', async t => {
	const {see} = watch(t, await small(t, () => ({tools: []})));
	await until('the note is there', () => see()?.note === 'offers nothing');
	t.deepEqual(see()?.catalogue?.tools, []);
	t.is(see()?.health.status, 'up');
});

test('all pages are read, and pages in a circle end', async t => {
	const {see} = watch(t, await small(t, cursor => ({tools: [{name: `tool-${cursor ?? 'first'}`}], nextCursor: cursor === undefined ? 'second' : 'third'})));
	await until('the catalogue is there', () => see()?.catalogue);
	t.deepEqual([...new Set(namesOf(see))], ['tool-first', 'tool-second', 'tool-third']);
	t.true(namesOf(see).length <= 4);
});

test('a program is probed by a process of its own, which takes no client\'s place', async t => {
	const {see, transports, prober, passed} = watch(t, [stdioCommand[0], ...stdioCommand.slice(1)]);
	await until('a is up', () => see()?.health.status === 'up', 30_000);
	await until('the catalogue is there', () => namesOf(see).length > 0, 30_000);
	const transport = transports.get('a');
	const channel = transport?.open();
	await new Promise((resolve, reject) => {
		channel?.request({jsonrpc: '2.0', id: 1, method: 'initialize', params: {protocolVersion: '2025-11-25', capabilities: {}, clientInfo: {name: 'c', version: '1'}}}, {
			onMessage(message) {
				resolve(message);
				return true;
			},
			onTrouble({failure}) {
				reject(new Error(failure.message));
			},
		});
	});
	t.is(transport?.describe().children, 2, 'the only place is the client\'s');
	const before = passed();
	await until('probes go on', () => passed() > before + 5);
	t.is(transport?.describe().children, 2);
	await prober.stop();
	t.is(transport?.describe().children, 1);
	await channel?.close();
});
