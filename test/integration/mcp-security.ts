/*
The security rules of MCP endpoints, and where each is held.

| rule | here, or |
| --- | --- |
| 1 only loopback without a token | settings-load.ts "loopback addresses need no token, others take one" |
| 2 Host and Origin on every route | api-guard.ts L1 to L5, and below for the MCP paths |
| 3 changes need the token or the own origin | api-rest.ts "a change from another machine needs the token", api-guard.ts L6 |
| 4 credentials are not passed on, nor from target to target | below; proxy-headers.ts for plain HTTP |
| 5 no OAuth is relayed | session-sse.ts "who looks for OAuth is told that there is none" |
| 6 session ids: unguessable, one principal's, in no log | below |
| 7 the events of another session are not told | below |
| 8 no redirect is followed, no other origin's endpoint used; no link-local target | below; settings-faults.ts |
| 9 no smuggling by CL and TE | below; proxy-framing.ts for plain HTTP |
| 10 header fields agree with the body | mcp-stateless.ts "refuses fields that disagree", core/mcp-era.ts |
| 11 programs: only from the settings, without our secrets | stdio-transport.ts "a child sees what is declared for it and nothing of ours"; below that the API can name none |
| 12 bodies, sessions, streams and records are bounded | below; e2e/mcp-leaks.ts; mcp-bodies.ts; stdio-transport.ts for lines and children |
| 13 names of tools are harmless when shown | below for the logs; e2e/cli-traffic.ts, core/text.ts |
| 14 hints of targets that are not trusted count for nothing | below for sessions; mcp-stateless.ts, core/mcp-replay.ts |
| 15 requestState is in no log | below |
| 16 nobody is told what another may see | below: nothing is cached at all |
*/
import {Buffer} from 'node:buffer';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {newId} from '../../source/session/ids.ts';
import {ask, type Answer} from '../helpers/ask.ts';
import {startBackend, type Backend} from '../helpers/backend.ts';
import {officialClients} from '../helpers/mcp-client.ts';
import {startModernTarget} from '../helpers/mcp-modern-target.ts';
import {startMcpTarget} from '../helpers/mcp-target.ts';
import {exchangeRaw} from '../helpers/raw.ts';
import {startRig, type Rig} from '../helpers/rig.ts';
import {until} from '../helpers/until.ts';

const [[, connect]] = officialClients as [typeof officialClients[number]];
const accept = 'application/json, text/event-stream';
const portOf = ({url}: Rig): number => Number(new URL(url).port);
const message = (method: string, parameters: object = {}, id = 1): string => JSON.stringify({jsonrpc: '2.0', id, method, params: parameters});
const opening = message('initialize', {protocolVersion: '2025-11-25', capabilities: {}, clientInfo: {name: 'hand', version: '1'}});

const post = async (rig: Rig, body: string | Uint8Array, headers: Record<string, string> = {}, where = '/mcp'): Promise<Answer> =>
	ask(portOf(rig), where, {method: 'POST', headers: {'content-type': 'application/json', accept, ...headers}, body});

/** A session of this rig; its id. */
const open = async (rig: Rig, headers: Record<string, string> = {}): Promise<string> => String((await post(rig, opening, headers)).headers['mcp-session-id']);

/** A target that answers everything, lists these tools, and remembers what fields it saw. */
const startEcho = async (t: ExecutionContext, name: string, tools: readonly string[] = []): Promise<Backend> => startBackend(t, name, {
	answer(request, response, body) {
		const {id, method} = (body ? JSON.parse(body) : {}) as {id?: number; method?: string};
		if (request.method !== 'POST') {
			response.writeHead(request.url === '/health' ? 200 : 405).end();
			return;
		}

		if (method === 'server/discover' || id === undefined) {
			response.writeHead(id === undefined ? 202 : 400).end();
			return;
		}

		const result = method === 'initialize'
			? {protocolVersion: '2025-11-25', capabilities: {tools: {}}, serverInfo: {name, version: '1'}}
			: {tools: tools.map(tool => ({name: tool, inputSchema: {type: 'object'}}))};
		response.writeHead(200, {'content-type': 'application/json', 'mcp-session-id': `secret-of-${name}`}).end(JSON.stringify({jsonrpc: '2.0', id, result}));
	},
});

/** Resolves when the probe knows what all targets offer, and asks for nothing but signs of life for a while. */
const untilQuiet = async ({client}: Rig): Promise<void> => {
	await until('the catalogues are known', () => Object.values(client.getState().targets).every(({catalogue}) => catalogue !== undefined));
};

/** Everything this proxy has written to disk as logs. */
const logsOf = ({logs}: Rig): string => readdirSync(logs).map(file => readFileSync(path.join(logs, file), 'utf8')).join('');

test('2: no MCP path answers a foreign Host, Origin or site', async t => {
	const a = await startMcpTarget(t, 'a');
	const rig = await startRig(t, {a: {url: a.url, probe: {kind: 'mcp'}}});
	const own = `127.0.0.1:${portOf(rig)}`;
	const cases: ReadonlyArray<[headers: Record<string, string>, status: number]> = [
		[{host: 'evil.com'}, 421],
		[{host: `evil.com:${portOf(rig)}`}, 421],
		[{host: own, origin: 'null'}, 403],
		[{host: own, origin: 'http://localhost.evil.com'}, 403],
		[{host: own, origin: `http://127.0.0.1:${portOf(rig)}@evil`}, 403],
		[{host: own, 'sec-fetch-site': 'cross-site'}, 403],
	];
	await untilQuiet(rig);
	const before = (await a.control('state')).initializes;
	for (const where of ['/mcp', '/targets/a/mcp', '/sse', '/messages?sessionId=x', '/targets/a/sse', '/.well-known/oauth-protected-resource']) {
		for (const [headers, status] of cases) {
			t.is((await post(rig, opening, headers, where)).status, status, `${where} ${JSON.stringify(headers)}`); // eslint-disable-line no-await-in-loop
			t.is((await ask(portOf(rig), where, {headers})).status, status, where); // eslint-disable-line no-await-in-loop
		}
	}

	t.is((await a.control('state')).initializes, before);
});

test('4: a target sees its own credentials, never the client\'s nor another target\'s', async t => {
	const [a, b] = await Promise.all([startEcho(t, 'a'), startEcho(t, 'b')]);
	const rig = await startRig(t, {a: {url: a.url.href, headers: {'x-api-key': 'key-of-a'}}, b: {url: b.url.href, headers: {authorization: 'Bearer token-of-b'}}});
	const secrets = {authorization: 'Bearer of-the-client', cookie: 'c=1', 'proxy-authorization': 'Basic eDp5'};
	for (const where of ['/targets/a/mcp', '/targets/b/mcp']) {
		const opened = await post(rig, opening, secrets, where); // eslint-disable-line no-await-in-loop
		const id = String(opened.headers['mcp-session-id']);
		t.notRegex(id, /secret-of/v);
		const listed = await post(rig, message('tools/list', {}, 2), {...secrets, 'mcp-session-id': id}, where); // eslint-disable-line no-await-in-loop
		t.is(listed.status, 200);
		t.is(listed.headers['mcp-session-id'], undefined);
	}

	const mcpOf = ({seen}: Backend): Backend['seen'] => seen.filter(({method}) => method === 'POST');
	t.true(mcpOf(a).length >= 2 && mcpOf(b).length >= 2);
	for (const {headers} of mcpOf(a)) {
		t.is(headers.authorization, undefined);
		t.is(headers['x-api-key'], 'key-of-a');
	}

	for (const {headers} of mcpOf(b)) {
		t.is(headers.authorization, 'Bearer token-of-b');
		t.is(headers['x-api-key'], undefined);
	}

	for (const {headers} of [...mcpOf(a), ...mcpOf(b)]) {
		t.is(headers.cookie, undefined);
		t.is(headers['proxy-authorization'], undefined);
	}
});

test('4: the client\'s Authorization reaches a target only where the settings say so', async t => {
	const a = await startEcho(t, 'a');
	const rig = await startRig(t, {a: {url: a.url.href, mcp: {forwardAuth: true}}});
	await open(rig, {authorization: 'Bearer of-the-client', cookie: 'c=1'});
	const seen = a.seen.find(({body}) => body.includes('"hand"'));
	t.is(seen?.headers.authorization, 'Bearer of-the-client');
	t.is(seen?.headers.cookie, undefined);
});

test('6: session ids are unguessable visible ASCII', async t => {
	const ids = Array.from({length: 10_000}, () => newId());
	t.is(new Set(ids).size, ids.length);
	t.true(ids.every(id => /^[!-~]{22,}$/v.test(id)));
	const rig = await startRig(t, {a: (await startEcho(t, 'a')).url.href});
	t.regex(await open(rig), /^[!-~]{22,}$/v);
});

test('6: a session is unknown to everybody but its principal, and an unknown one answers the same', async t => {
	const rig = await startRig(t, {a: (await startEcho(t, 'a')).url.href});
	const mine = {authorization: 'Bearer mine'};
	const id = await open(rig, mine);
	const list = message('tools/list', {}, 2);
	t.is((await post(rig, list, {...mine, 'mcp-session-id': id})).status, 200);
	const unknown = await post(rig, list, {...mine, 'mcp-session-id': newId()});
	t.is(unknown.status, 404);
	for (const headers of [{authorization: 'Bearer other'}, {}]) {
		const answers = [
			await post(rig, list, {...headers, 'mcp-session-id': id}), // eslint-disable-line no-await-in-loop
			await ask(portOf(rig), '/mcp', {headers: {...headers, accept, 'mcp-session-id': id}}), // eslint-disable-line no-await-in-loop
			await ask(portOf(rig), '/mcp', {method: 'DELETE', headers: {...headers, 'mcp-session-id': id}}), // eslint-disable-line no-await-in-loop
			await post(rig, list, {...mine, 'mcp-session-id': id}, '/targets/a/mcp'), // eslint-disable-line no-await-in-loop
		];
		for (const {status, text} of answers) {
			t.is(status, 404);
			t.is(text, unknown.text);
		}
	}

	t.is((await post(rig, list, {...mine, 'mcp-session-id': id})).status, 200);
});

test('6: no session id and no credential is in a log, on disk or in what is shown', async t => {
	const rig = await startRig(t, {a: (await startEcho(t, 'a')).url.href}, {logging: {level: 'trace'}});
	const authorization = 'Bearer of-the-client-123';
	const id = await open(rig, {authorization});
	await post(rig, message('tools/list', {}, 2), {authorization, 'mcp-session-id': id});
	await until('the request is in the log', () => logsOf(rig).includes('POST /mcp'));
	const files = readdirSync(rig.folder).filter(file => file.endsWith('.json') && file !== 'config.json').map(file => readFileSync(path.join(rig.folder, file), 'utf8'));
	const state = JSON.stringify(rig.client.getState());
	t.true(files.some(text => text.includes('"hand"')));
	for (const text of [logsOf(rig), state, ...files]) {
		t.false(text.includes(id));
		t.false(text.includes('of-the-client-123'));
	}
});

test('7: the event ids of another session tell nothing of it', async t => {
	const a = await startMcpTarget(t, 'a');
	const rig = await startRig(t, {a: a.url});
	const victim = await open(rig);
	await post(rig, JSON.stringify({jsonrpc: '2.0', method: 'notifications/initialized'}), {'mcp-session-id': victim});
	const called = await post(rig, message('tools/call', {name: 'write', arguments: {text: 'private'}}, 2), {'mcp-session-id': victim});
	const [, eventId = ''] = /^id: (.*_)\d+$/mv.exec(called.text) ?? [];
	t.regex(called.text, /private/v);
	t.not(eventId, '');
	const thief = await open(rig);
	t.like(await ask(portOf(rig), '/mcp', {headers: {accept, 'mcp-session-id': thief, 'last-event-id': `${eventId}0`}}), {status: 204, text: ''});
	t.is((await ask(portOf(rig), '/mcp', {headers: {accept, 'last-event-id': `${eventId}0`}})).status, 400);
});

test('8: a target that redirects is refused, and nobody goes there', async t => {
	const other = await startEcho(t, 'other');
	const a = await startBackend(t, 'a', {
		answer(request, response) {
			response.writeHead(request.url === '/health' ? 200 : 307, {location: new URL(request.url ?? '', other.url).href}).end();
		},
	});
	const rig = await startRig(t, {a: a.url.href}, {sessions: {hold: 300, listHold: 300}});
	const refused = await post(rig, opening);
	t.regex(refused.text, /"error":\{"code":-32000/v);
	const stateless = {'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list'};
	const again = await post(rig, message('tools/list', {_meta: {'io.modelcontextprotocol/protocolVersion': '2026-07-28'}}), stateless);
	t.is(again.status, 502);
	t.regex(again.text, /redirect/v);
	t.deepEqual(other.seen, []);
});

test('8: an endpoint at another origin is not used', async t => {
	const other = await startEcho(t, 'other');
	for (const endpoint of [`${other.url.origin}/messages`, '//169.254.169.254/', 'http://169.254.169.254/latest/meta-data']) {
		const a = await startBackend(t, 'a', { // eslint-disable-line no-await-in-loop
			answer(request, response) {
				if (request.url === '/sse') {
					response.writeHead(200, {'content-type': 'text/event-stream'}).end(`event: endpoint\ndata: ${endpoint}\n\n`);
				} else {
					response.end();
				}
			},
		});
		const rig = await startRig(t, {a: {url: a.url.href, mcp: {transport: 'sse'}}}, {sessions: {hold: 300, listHold: 300}}); // eslint-disable-line no-await-in-loop
		t.regex((await post(rig, opening)).text, /"error":\{"code":-32000/v, endpoint); // eslint-disable-line no-await-in-loop
	}

	t.deepEqual(other.seen, []);
});

test('9: a request framed in two ways is refused before anything is read into it', async t => {
	const a = await startEcho(t, 'a');
	const rig = await startRig(t, {a: a.url.href});
	const port = portOf(rig);
	const head = `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nAccept: ${accept}\r\n`;
	await untilQuiet(rig);
	const posts = (): number => a.seen.filter(({method}) => method === 'POST').length;
	const before = posts();
	for (const framing of ['Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', 'Content-Length: 4\r\nContent-Length: 5\r\n', 'Transfer-Encoding: chunked, identity\r\n']) {
		const reply = await exchangeRaw(t, port, `${head}${framing}\r\n0\r\n\r\n`); // eslint-disable-line no-await-in-loop
		t.is(reply.status, 400, framing);
	}

	t.is(posts(), before);
});

test('11: no request names a program to run', async t => {
	const rig = await startRig(t, {a: (await startEcho(t, 'a')).url.href});
	for (const action of [{type: 'configure', targets: [{id: 'x', command: ['touch', '/x']}]}, {type: 'switch', id: 'a', command: ['touch', '/x']}]) {
		const {status} = await ask(portOf(rig), '/api/proxy/actions', {method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify(action)}); // eslint-disable-line no-await-in-loop
		t.is(status, 400, action.type);
	}

	t.deepEqual(Object.keys(rig.client.getState().targets), ['a']);
});

test('12: a message over 4 MiB is refused, in one piece or in chunks', async t => {
	const a = await startEcho(t, 'a');
	const rig = await startRig(t, {a: {url: a.url.href, probe: {kind: 'mcp'}}});
	const large = message('tools/call', {name: 'x', arguments: {text: 'x'.repeat(5 * (1024 ** 2))}});
	t.is((await post(rig, large, {'mcp-session-id': await open(rig)})).status, 413);
	t.is((await post(rig, large, {'transfer-encoding': 'chunked'})).status, 413);
	t.false(a.seen.some(({body}) => body.length > 1024 ** 2));
});

test('12: sessions are counted, and one too many gets 503 without asking the target', async t => {
	const a = await startEcho(t, 'a');
	const rig = await startRig(t, {a: a.url.href}, {sessions: {limit: 20, limitPerClient: 15}});
	const opened = await Promise.all(Array.from({length: 30}, async () => post(rig, opening)));
	t.is(opened.filter(({status}) => status === 200).length, 15);
	const refused = opened.filter(({status}) => status === 503);
	t.is(refused.length, 15);
	t.regex(refused[0]?.text ?? '', /This client holds 15 sessions/v);
	t.is(refused[0]?.headers['retry-after'], '60');
	const others = await Promise.all(Array.from({length: 10}, async () => post(rig, opening.replace('hand', 'other'))));
	t.is(others.filter(({status}) => status === 200).length, 5);
	t.true(others.some(({text}) => text.includes('The proxy holds 20 sessions')));
	const first = opened.find(({status}) => status === 200);
	await ask(portOf(rig), '/mcp', {method: 'DELETE', headers: {'mcp-session-id': String(first?.headers['mcp-session-id'])}});
	t.is((await post(rig, opening)).status, 200);
});

test('13: hostile names of tools are harmless in events and logs', async t => {
	const hostile = '\u001B]0;x\u0007\u202E';
	const [a, b] = await Promise.all([startEcho(t, 'a', [hostile]), startEcho(t, 'b')]);
	const rig = await startRig(t, {a: {url: a.url.href, probe: {kind: 'mcp'}}, b: {url: b.url.href, probe: {kind: 'mcp'}}});
	await untilQuiet(rig);
	const id = await open(rig);
	await post(rig, message('tools/call', {name: hostile}, 2), {'mcp-session-id': id});
	await rig.client.run({type: 'switch', id: 'b', isForced: true});
	await until('the switch is in the log', () => logsOf(rig).includes('b is active') || logsOf(rig).includes('switch'));
	const harmful = ['\u0007', '\u001B', '\u202E'];
	t.false(harmful.some(character => logsOf(rig).includes(character)));
	const {text} = await ask(portOf(rig), '/metrics');
	t.false(harmful.some(character => text.includes(character)));
});

test('14: a read-only call of a target that is not trusted is not run again', async t => {
	const [a, b] = await Promise.all([startMcpTarget(t, 'a'), startMcpTarget(t, 'b')]);
	const rig = await startRig(t, {a: {url: a.url, mcp: {trustHints: false}}, b: b.url});
	const client = await connect(t, `${rig.url}/mcp`);
	await client.listTools();
	const pending = client.call('slow-read', {text: 'x'});
	await a.untilExecuted('slow-read');
	await a.signal('SIGKILL');
	await t.throwsAsync(pending, {message: /unknown/v});
	t.deepEqual(b.executed(), []);
});

test('15: requestState is in no log, no record and no file', async t => {
	const a = await startModernTarget(t, 'a');
	const rig = await startRig(t, {a: a.url}, {logging: {level: 'trace'}, sessions: {bodies: true}});
	const secret = 'state-to-be-kept-secret';
	const headers = {'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'ask'};
	const meta = {'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientInfo': {name: 'hand', version: '1'}, 'io.modelcontextprotocol/clientCapabilities': {elicitation: {}}};
	const asked = await post(rig, message('tools/call', {name: 'ask', arguments: {}, _meta: meta}), headers);
	const {requestState} = (asked.json as {result: {requestState: string}}).result;
	t.true(requestState.length > 10);
	await post(rig, message('tools/call', {name: 'ask', arguments: {}, _meta: meta, requestState: secret, inputResponses: {}}, 2), headers);
	// The session era has no such thing, but a client may say anything.
	await post(rig, message('tools/call', {name: 'ask', requestState: secret}, 3), {'mcp-session-id': await open(rig)});
	await until('all are told', () => rig.client.getState().calls.length >= 2 && logsOf(rig).includes('POST /mcp'));
	const files = readdirSync(rig.folder).filter(file => file.endsWith('.json')).map(file => readFileSync(path.join(rig.folder, file), 'utf8'));
	for (const text of [logsOf(rig), JSON.stringify(rig.client.getState()), ...files]) {
		t.false(text.includes(requestState));
		t.false(text.includes(secret));
	}
});

test('16: every principal asks the target itself, whatever the target lets others keep', async t => {
	const a = await startModernTarget(t, 'a');
	const rig = await startRig(t, {a: a.url});
	const headers = {'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list'};
	const meta = {'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientInfo': {name: 'hand', version: '1'}, 'io.modelcontextprotocol/clientCapabilities': {}};
	await untilQuiet(rig);
	const lists = async (): Promise<number> => (await a.control('state')).heads.filter(head => head['mcp-method'] === 'tools/list').length;
	const before = await lists();
	for (const authorization of ['Bearer one', 'Bearer two']) {
		const {status, headers: {'cache-control': caching}} = await post(rig, message('tools/list', {_meta: meta}), {...headers, authorization}); // eslint-disable-line no-await-in-loop
		t.is(status, 200);
		t.is(caching, 'no-store');
	}

	t.is(await lists(), before + 2);
});
