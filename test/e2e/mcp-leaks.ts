import {once} from 'node:events';
import {request} from 'node:http';
import test from 'ava';
import {ask} from '../helpers/ask.ts';
import {startMcpProxy} from '../helpers/mcp-proxy.ts';
import {startMcpTarget, type McpTarget} from '../helpers/mcp-target.ts';
import {childrenOf, liveHeap, socketsOf} from '../helpers/process-figures.ts';
import {startRig} from '../helpers/rig.ts';
import {until} from '../helpers/until.ts';

const fields = {'content-type': 'application/json', accept: 'application/json, text/event-stream'};

/** Sessions end soon after their last use; connections to targets too. */
const quick = {sessions: {idle: 3000, idleListening: 500, limitPerClient: 10_000}, proxy: {timeouts: {keepAlive: 500}}};

/** Opens a session as a client does, and no more: its id. Each request has a connection of its own. */
const open = async (port: number): Promise<string> => {
	const params = {protocolVersion: '2025-11-25', capabilities: {}, clientInfo: {name: 'fleeting', version: '1'}};
	const {headers} = await ask(port, '/mcp', {method: 'POST', headers: fields, body: JSON.stringify({jsonrpc: '2.0', id: 1, method: 'initialize', params})});
	const id = String(headers['mcp-session-id']);
	await ask(port, '/mcp', {method: 'POST', headers: {...fields, 'mcp-session-id': id}, body: JSON.stringify({jsonrpc: '2.0', method: 'notifications/initialized'})});
	return id;
};

/** Listens until the first byte, then leaves without a word. */
const listen = async (port: number, path: string, headers: Record<string, string>): Promise<number> => {
	const asked = request({host: '127.0.0.1', port, path, headers: {accept: 'text/event-stream', ...headers}, agent: false});
	asked.end();
	const [response] = await once(asked, 'response') as [{statusCode: number}];
	asked.on('error', () => undefined);
	asked.destroy();
	return response.statusCode;
};

/** Twenty at a time. */
const each = async (count: number, act: () => Promise<void>): Promise<void> => {
	let left = count;
	await Promise.all(Array.from({length: 20}, async () => {
		while (left-- > 0) {
			await act(); // eslint-disable-line no-await-in-loop -- a worker does one after the other
		}
	}));
};

const untilForgotten = async (target: McpTarget): Promise<void> => {
	await until(`no session but the probe's is left at ${target.name}`, async () => (await target.control('state')).sessions.length <= 1, 30_000);
};

test.serial('1 000 sessions opened and abandoned leave no session, no socket and no child', async t => {
	const [a, b] = await Promise.all([startMcpTarget(t, 'a'), startMcpTarget(t, 'b')]);
	const proxy = await startMcpProxy(t, {a: a.url, b: b.url}, quick);
	const before = {sockets: socketsOf(proxy.getPid()), children: childrenOf(proxy.getPid())};
	const port = Number(new URL(proxy.url).port);
	const ids = new Set<string>();
	await each(1000, async () => {
		ids.add(await open(port));
	});
	t.is(ids.size, 1000);
	t.true([...ids].every(id => /^[!-~]{22,}$/v.test(id)));
	await Promise.all([untilForgotten(a), untilForgotten(b)]);
	await until('sockets are closed', () => socketsOf(proxy.getPid()) <= before.sockets + 4, 30_000);
	t.deepEqual(childrenOf(proxy.getPid()), before.children);
});

test.serial('300 clients that listen and leave, leave no session and no socket', async t => {
	const a = await startMcpTarget(t, 'a');
	const proxy = await startMcpProxy(t, {a: a.url}, quick);
	const before = socketsOf(proxy.getPid());
	const port = Number(new URL(proxy.url).port);
	const statuses = new Set<number>();
	await each(300, async () => {
		statuses.add(await listen(port, '/mcp', {'mcp-session-id': await open(port)}));
	});
	t.deepEqual([...statuses], [200]);
	await untilForgotten(a);
	await until('sockets are closed', () => socketsOf(proxy.getPid()) <= before + 4, 30_000);
});

test.serial('300 clients of the older transport that come and go leave no socket', async t => {
	const a = await startMcpTarget(t, 'a');
	const proxy = await startMcpProxy(t, {a: {url: a.url, probe: {kind: 'mcp'}}}, quick);
	const before = socketsOf(proxy.getPid());
	const port = Number(new URL(proxy.url).port);
	const statuses = new Set<number>();
	await each(300, async () => {
		statuses.add(await listen(port, '/sse', {}));
	});
	t.deepEqual([...statuses], [200]);
	await until('sockets are closed', () => socketsOf(proxy.getPid()) <= before + 4, 30_000);
});

test.serial('neither leaves memory', async t => {
	const a = await startMcpTarget(t, 'a');
	const rig = await startRig(t, {a: a.url}, quick);
	const port = Number(new URL(rig.url).port);
	const round = async (): Promise<number> => {
		await each(250, async () => {
			await open(port);
		});
		await each(150, async () => {
			await listen(port, '/mcp', {'mcp-session-id': await open(port)});
		});
		await untilForgotten(a);
		return liveHeap();
	};

	const heaps = [await round(), await round(), await round(), await round()];
	t.log(`live heap: ${heaps.map(bytes => (bytes / (1024 ** 2)).toFixed(2)).join(', ')} MB`);
	// The rings of events and calls still fill: 14 rounds end in a plateau. A session that stayed would cost several times this.
	t.true(heaps[3]! - heaps[1]! < 800 * 3000, '800 sessions leave less than 3 kB each');
});
