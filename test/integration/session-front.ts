import test, {type ExecutionContext} from 'ava';
import {initializeOf, openRaw, rawRequest} from '../helpers/mcp-raw.ts';
import {startMcpTarget, untilSessions, type McpTargetOptions} from '../helpers/mcp-target.ts';
import {startRig} from '../helpers/rig.ts';

type Error = Readonly<{code: number; message: string}>;

const start = async (t: ExecutionContext, more: Parameters<typeof startRig>[2] = {}, options?: McpTargetOptions) => {
	const target = await startMcpTarget(t, 'a', options);
	const rig = await startRig(t, {a: target.url}, more);
	return {target, rig, url: `${rig.url}/mcp`};
};

test('what is no proper POST is refused with its own status and a JSON-RPC error', async t => {
	const {url} = await start(t, {sessions: {body: '1KB'}});
	const refused = async (status: number, code: number, request: Parameters<typeof rawRequest>[2]): Promise<void> => {
		const reply = await rawRequest(t, url, request);
		const [message] = await reply.whole();
		t.is(reply.status, status);
		t.is((message?.error as Error | undefined)?.code, code);
		t.is(message?.jsonrpc, '2.0');
	};

	await refused(406, -32_000, {body: initializeOf(), fields: {accept: 'application/json'}});
	await refused(406, -32_000, {body: initializeOf(), fields: {accept: 'text/event-stream'}});
	await refused(415, -32_000, {body: initializeOf(), fields: {'content-type': 'text/plain'}});
	await refused(413, -32_000, {body: initializeOf('2025-11-25', {padding: 'x'.repeat(2000)})});
	await refused(400, -32_700, {body: '{"jsonrpc":'});
	await refused(400, -32_600, {body: '{"jsonrpc":"2.0"}'});
	await refused(400, -32_600, {body: '[]'});
	await refused(400, -32_000, {body: {jsonrpc: '2.0', id: 1, method: 'tools/list'}});
	await refused(404, -32_001, {body: {jsonrpc: '2.0', id: 1, method: 'tools/list'}, fields: {'mcp-session-id': 'nobody-knows-this'}});
	await refused(405, -32_000, {method: 'PUT', body: initializeOf()});
});

test('a session begins with initialize, takes notifications with 202 and ends with DELETE, at the target too', async t => {
	const {url, target} = await start(t);
	const client = await openRaw(t, url);
	t.regex(client.id, /^[\w\-]{22,}$/v);
	t.is((client.result.serverInfo as {name: string}).name, 'a');
	const {sessions} = await target.control('state');
	t.false(sessions.some(({id}) => id === client.id), 'the id is our own');
	await untilSessions(target, 1);
	t.is((await client.send({jsonrpc: '2.0', method: 'notifications/roots/list_changed'})).status, 202);
	t.is(await client.end(), 200);
	const after = await client.send({jsonrpc: '2.0', id: 2, method: 'ping'});
	t.is(after.status, 404);
	await untilSessions(target, 0);
});

test('no answer of a target brings its own session id to the client', async t => {
	const {url} = await start(t);
	const client = await openRaw(t, url);
	const reply = await client.send({jsonrpc: '2.0', id: 2, method: 'tools/list'});
	t.is(reply.headers.get('mcp-session-id'), null);
});

test('a version nobody speaks is refused in the header, and answered with ours in initialize', async t => {
	const {url} = await start(t);
	const client = await openRaw(t, url);
	t.is((await client.send({jsonrpc: '2.0', id: 2, method: 'ping'}, {'mcp-protocol-version': '1999-01-01'})).status, 400);
	const other = await openRaw(t, url, {version: '2025-06-18'});
	t.is(other.result.protocolVersion, '2025-06-18');
});

test('batches are for clients of 2025-03-26 only', async t => {
	const {url} = await start(t);
	const batch = [{jsonrpc: '2.0', id: 'p', method: 'ping'}, {jsonrpc: '2.0', id: 'q', method: 'tools/list'}];
	const old = await openRaw(t, url, {version: '2025-03-26'});
	const answers = await (await old.send(batch)).whole();
	t.deepEqual(answers.map(({id}) => String(id)).toSorted((a, b) => a < b ? -1 : 1), ['p', 'q']);
	t.is((await old.send([{jsonrpc: '2.0', method: 'notifications/roots/list_changed'}])).status, 202);
	const newer = await openRaw(t, url);
	t.is((await newer.send(batch)).status, 400);
});

test('a session belongs to whoever opened it: other credentials find nothing', async t => {
	const {url} = await start(t);
	const owner = await openRaw(t, url, {fields: {authorization: 'Bearer one'}});
	t.is((await owner.send({jsonrpc: '2.0', id: 2, method: 'ping'})).status, 200);
	const ping = {jsonrpc: '2.0', id: 3, method: 'ping'};
	t.is((await owner.send(ping, {authorization: 'Bearer two'})).status, 404);
	t.is((await owner.send(ping, {authorization: ''})).status, 404);
	t.is((await owner.listen({authorization: 'Bearer two'})).status, 404);
	t.is((await owner.send(ping)).status, 200);
});

test('a request whose id is in use is refused', async t => {
	const {url, target} = await start(t);
	const client = await openRaw(t, url);
	const call = {jsonrpc: '2.0', id: 7, method: 'tools/call', params: {name: 'slow-read', arguments: {steps: 0}}};
	const first = client.send(call);
	await target.untilExecuted('slow-read');
	t.is((await client.send(call)).status, 400);
	await target.control('release');
	const messages = await (await first).whole();
	t.is(messages.at(-1)?.id, 7);
});

test('sessions over the limit are refused with 503; a client has its own limit', async t => {
	const {url} = await start(t, {sessions: {limitPerClient: 2}});
	await openRaw(t, url);
	await openRaw(t, url);
	const reply = await rawRequest(t, url, {body: initializeOf()});
	const [message] = await reply.whole();
	t.is(reply.status, 503);
	t.is(message?.id, 0);
	t.regex((message?.error as Error | undefined)?.message ?? '', /2 sessions/v);
	t.is((await rawRequest(t, url, {body: initializeOf('2025-11-25', {clientInfo: {name: 'another', version: '1'}})})).status, 200);
});

test('an unused session ends after its time, at the target too; one that listens stays', async t => {
	const {url, target} = await start(t, {sessions: {idle: 2000}});
	const [idle, listening] = [await openRaw(t, url), await openRaw(t, url)];
	await listening.listen();
	await untilSessions(target, 1);
	t.is((await idle.send({jsonrpc: '2.0', id: 2, method: 'ping'})).status, 404);
	t.is((await listening.send({jsonrpc: '2.0', id: 2, method: 'ping'})).status, 200);
});

test('the path of one target leads there, whoever is active, and its sessions stay apart', async t => {
	const [a, b] = await Promise.all([startMcpTarget(t, 'a'), startMcpTarget(t, 'b')]);
	const rig = await startRig(t, {a: a.url, b: b.url});
	const client = await openRaw(t, `${rig.url}/targets/b/mcp`);
	t.is((client.result.serverInfo as {name: string}).name, 'b');
	t.is((await rawRequest(t, `${rig.url}/mcp`, {body: {jsonrpc: '2.0', id: 1, method: 'ping'}, fields: {'mcp-session-id': client.id}})).status, 404);
	await rig.client.run({type: 'switch', id: 'b'});
	await rig.client.run({type: 'switch', id: 'a'});
	t.is(((await client.ask('tools/call', {name: 'read', arguments: {}})).result as {content: Array<{text: string}>}).content[0]?.text, 'b read ');
});

test('browsers the guard lets in may read the session id', async t => {
	const {rig, url} = await start(t);
	const {origin} = new URL(rig.url);
	const reply = await rawRequest(t, url, {body: initializeOf(), fields: {origin}});
	t.is(reply.status, 200);
	t.is(reply.headers.get('access-control-expose-headers'), 'Mcp-Session-Id');
	t.is((await rawRequest(t, url, {body: initializeOf(), fields: {origin: 'http://evil.example'}})).status, 403);
});
