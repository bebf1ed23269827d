import {once} from 'node:events';
import test, {type ExecutionContext} from 'ava';
import WebSocket from 'ws';
import {callsShape} from '../../source/client/shapes.ts';
import {callOf, initializeOf, openRaw, rawRequest, textOf} from '../helpers/mcp-raw.ts';
import {startModernTarget} from '../helpers/mcp-modern-target.ts';
import {startMcpTarget} from '../helpers/mcp-target.ts';
import {startRig, type Rig} from '../helpers/rig.ts';
import {openShell} from '../helpers/shell.ts';
import {until} from '../helpers/until.ts';

/* Bodies in the records of traffic: only as the settings say, without secrets, and bounded, wherever they are read. */

const secrets = {password: 'S3CRET-1', apiKey: 'S3CRET-2', nested: [{accessToken: 'S3CRET-3'}], note: 'Authorization: Bearer S3CRET-4', url: 'https://x/?token=S3CRET-5', maxTokens: 7};

/** What anybody can read of a call: by REST, on the feed from its snapshot on, and by the command line. */
const readers: Record<string, (t: ExecutionContext, rig: Rig) => Promise<string>> = {
	async REST(_t, rig) {
		return (await fetch(`${rig.url}/api/proxy/calls`)).text();
	},
	async feed(t, rig) {
		const socket = new WebSocket(`${rig.url.replace('http', 'ws')}/ws`);
		t.teardown(() => {
			socket.terminate();
		});
		const [first] = await once(socket, 'message') as [Uint8Array];
		return String(first);
	},
	async 'command line'(t, rig) {
		const {stdout} = await openShell(t, {env: {PMCP_DAEMON: rig.url}}).run('traffic', '-o', 'jsonl');
		return stdout;
	},
};

const call = async (t: ExecutionContext, rig: Rig, given: Readonly<Record<string, unknown>>): Promise<void> => {
	const client = await openRaw(t, `${rig.url}/mcp`);
	const reply = await client.send(callOf(1, 'write', {text: 'greetings', ...given}));
	t.regex(textOf((await reply.whole()).at(-1)) ?? '', /^a wrote greetings/v);
	await until('it is told', () => rig.client.getState().calls.some(({method}) => method === 'tools/call'));
};

test('nobody keeps bodies unless the settings say so', async t => {
	const a = await startMcpTarget(t, 'a');
	const rig = await startRig(t, {a: a.url});
	await call(t, rig, secrets);
	for (const [name, read] of Object.entries(readers)) {
		const text = await read(t, rig); // eslint-disable-line no-await-in-loop
		t.true(text.includes('"write"'), name);
		t.false(text.includes('greetings'), name);
		t.false(text.includes('S3CRET'), name);
	}
});

test('what is kept is told to every reader, without secrets by name, place or shape', async t => {
	const a = await startMcpTarget(t, 'a');
	const rig = await startRig(t, {a: a.url}, {sessions: {bodies: true}});
	await call(t, rig, secrets);
	for (const [name, read] of Object.entries(readers)) {
		const text = await read(t, rig); // eslint-disable-line no-await-in-loop
		t.true(text.includes('a wrote greetings'), name);
		t.true(text.includes(String.raw`\"maxTokens\":7`), name);
		t.false(text.includes('S3CRET'), name);
	}
});

test('the same holds for requests without a session', async t => {
	const a = await startModernTarget(t, 'a');
	const rig = await startRig(t, {a: a.url}, {sessions: {bodies: true}});
	const meta = {'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientInfo': {name: 'hand', version: '1'}, 'io.modelcontextprotocol/clientCapabilities': {}};
	const fields = {'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'write'};
	const reply = await rawRequest(t, `${rig.url}/mcp`, {body: {jsonrpc: '2.0', id: 1, method: 'tools/call', params: {name: 'write', arguments: {text: 'greetings', ...secrets}, _meta: meta}}, fields});
	await reply.whole();
	const told = await until('it is told', () => rig.client.getState().calls.find(({method}) => method === 'tools/call'));
	t.regex(told.request ?? '', /"text":"greetings"/v);
	t.regex(told.response ?? '', /a write greetings/v);
	t.false(JSON.stringify(told).includes('S3CRET'));
});

test('a record is bounded, whatever a client sends: bodies, and names too', async t => {
	const a = await startMcpTarget(t, 'a');
	const rig = await startRig(t, {a: a.url}, {sessions: {bodies: true}});
	const long = 'x'.repeat(1_000_000);
	const client = await openRaw(t, `${rig.url}/mcp`);
	const reply = await client.send(callOf(1, 'write', {text: long, list: Array.from({length: 100_000}, (_, index) => index)}));
	t.is(textOf((await reply.whole()).at(-1)), `a wrote ${long}`);
	await (await client.send(callOf(2, long))).whole();
	await (await client.send({jsonrpc: '2.0', id: 3, method: long})).whole();
	await (await rawRequest(t, `${rig.url}/mcp`, {body: initializeOf('2025-11-25', {clientInfo: {name: long, version: '1'}})})).whole();
	const {calls} = await until('all are told', () => rig.client.getState().calls.length >= 5 ? rig.client.getState() : undefined);
	t.true(JSON.stringify(calls).length < 50_000, `${JSON.stringify(calls).length}`);
	t.true(JSON.stringify(rig.client.getState()).length < 100_000);
	const {items} = callsShape.parse(await (await fetch(`${rig.url}/api/proxy/calls`)).json());
	t.true(items.every(({request, response}) => (request?.length ?? 0) <= 4200 && (response?.length ?? 0) <= 4200));
});
