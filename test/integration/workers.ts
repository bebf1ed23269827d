import {readFileSync} from 'node:fs';
import {connect} from 'node:net';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import WebSocket from 'ws';
import {createDaemon} from '../../source/daemon/daemon.ts';
import {workersFor} from '../../source/daemon/crew.ts';
import {AppError} from '../../source/core/errors.ts';
import {findTarget} from '../../source/core/state.ts';
import {ask, post} from '../helpers/ask.ts';
import {startBackend} from '../helpers/backend.ts';
import {startMcpTarget} from '../helpers/mcp-target.ts';
import {openRaw} from '../helpers/mcp-raw.ts';
import {connectRaw, type RawClient} from '../helpers/raw.ts';
import {settingsPlace, startRig, type Rig} from '../helpers/rig.ts';
import {startTargetProcess} from '../helpers/target-process.ts';
import {until} from '../helpers/until.ts';
import {watchThreads} from '../helpers/worker-threads.ts';

/* `server.workers`: the daemon's own thread and another one on one port. The system spreads connections by their ports, so many of them reach both. */
const several = {server: {workers: 2}};
const many = 24;

/** One after the other. */
const inTurn = async <Item>(items: Iterable<Item>, deed: (item: Item) => Promise<unknown>): Promise<void> => {
	for (const item of items) {
		await deed(item); // eslint-disable-line no-await-in-loop
	}
};

const portOf = ({url}: Rig): number => Number(new URL(url).port);
const times = async <Value>(count: number, make: (index: number) => Promise<Value>): Promise<Value[]> => Promise.all(Array.from({length: count}, async (_, index) => make(index)));

/** The sample of a metric by its name and labels. */
const metric = async (rig: Rig, name: string): Promise<number> => {
	const {text} = await ask(portOf(rig), '/metrics');
	const line = text.split('\n').find(row => row.startsWith(`${name} `));
	return Number(line?.slice(name.length));
};

const onWorker = async (rig: Rig, worker: number): Promise<number> => metric(rig, `proxy_mcp_worker_connections{worker="${worker}"}`);

const untilUp = async ({client}: Rig, ...ids: string[]): Promise<void> => {
	await until('the targets are up', () => ids.every(id => findTarget(client.getState(), id)?.health.status === 'up'));
};

/** Connections that stay open, at both threads. */
const openConnections = async (t: ExecutionContext, rig: Rig): Promise<RawClient[]> => {
	const clients = await times(many, async () => connectRaw(t, portOf(rig)));
	await until('both threads have some', async () => {
		const [own, other] = [await onWorker(rig, 0), await onWorker(rig, 1)];
		return own > 0 && other > 0 && own + other >= many;
	});
	return clients;
};

const switchesIn = (frames: ReadonlyArray<{type: string}>): number => frames.filter(({type}) => type === 'system-change').length;

const startPair = async (t: ExecutionContext, ...more: Parameters<typeof startRig> extends [unknown, unknown, ...infer Rest] ? Rest : never) => {
	const [a, b] = await Promise.all([startTargetProcess(t, 'first'), startTargetProcess(t, 'second')]);
	const rig = await startRig(t, {a: a.url, b: b.url}, {...several, ...more[0]});
	await untilUp(rig, 'a', 'b');
	return {a, b, rig};
};

/** What a kept connection is answered now. */
const next = async (client: RawClient, at = '/'): Promise<string> => {
	const before = client.text().length;
	client.send(`GET ${at} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
	const text = await until('the answer', () => {
		const answer = client.text().slice(before);
		const [, length] = /content-length: (\d+)/iv.exec(answer) ?? [];
		const end = answer.indexOf('\r\n\r\n') + 4;
		return length !== undefined && answer.length >= end + Number(length) ? answer.slice(end) : undefined;
	});
	return text;
};

test.serial('one worker is no more than the daemon itself', async t => {
	const threads = watchThreads(t);
	const {url} = await startTargetProcess(t, 'first');
	const rig = await startRig(t, {a: url});
	await untilUp(rig, 'a');
	t.is((await ask(portOf(rig), '/')).text, 'first');
	t.is(threads.all.length, 0);
	t.false((await ask(portOf(rig), '/metrics')).text.includes('proxy_mcp_worker_connections{'));
});

test('the number is as set on Linux, one elsewhere, and auto leaves a core', t => {
	const told: string[] = [];
	const numberOn = (wish: number | 'auto', platform: NodeJS.Platform): number => workersFor(wish, message => {
		told.push(message);
	}, platform);
	t.is(numberOn(3, 'linux'), 3);
	t.true(numberOn('auto', 'linux') >= 1);
	t.is(numberOn(1, 'darwin'), 1);
	t.deepEqual(told, []);
	t.is(numberOn(3, 'darwin'), 1);
	t.is(numberOn('auto', 'win32'), 1);
	t.is(told.length, 2);
});

test('connections are spread, and each thread answers requests', async t => {
	const {rig} = await startPair(t);
	await inTurn(await openConnections(t, rig), async client => {
		t.is(await next(client), 'first');
		t.is(await next(client, '/targets/b/x'), 'second');
	});
});

test('a switch is seen on every connection', async t => {
	const {rig} = await startPair(t);
	const clients = await openConnections(t, rig);
	await rig.client.run({type: 'switch', id: 'b'});
	await inTurn(clients, async client => {
		t.truthy(await until('it goes to the second one', async () => await next(client) === 'second', 1000));
	});
});

test('when the active target dies no request of any thread is lost', async t => {
	const {a, rig} = await startPair(t);
	const clients = await openConnections(t, rig);
	await Promise.all(clients.map(async client => next(client)));
	await a.signal('SIGKILL');
	t.deepEqual(new Set(await Promise.all(clients.map(async client => next(client)))), new Set(['second']));
	await until('the switch', () => rig.client.getState().active === 'b');
});

test('what only the worker has met makes the daemon switch', async t => {
	const backend = await startBackend(t, 'first');
	const second = await startTargetProcess(t, 'second');
	const seldom = {healthCheckInterval: 600_000, probe: {timeout: 30_000, fastInterval: 600_000, downInterval: 600_000}, failoverThreshold: 1};
	const rig = await startRig(t, {a: backend.url.href, b: second.url}, {...several, proxy: seldom});
	await untilUp(rig, 'a', 'b');
	const clients = await openConnections(t, rig);
	await backend.crash();
	t.deepEqual(new Set(await Promise.all(clients.map(async client => next(client)))), new Set(['second']));
	await until('the switch', () => rig.client.getState().active === 'b');
});

test('an MCP session is found whatever thread its requests come to', async t => {
	const target = await startMcpTarget(t, 'a');
	const rig = await startRig(t, {a: target.url}, several);
	await untilUp(rig, 'a');
	const client = await openRaw(t, `${rig.url}/mcp`);
	const listening = await times(6, async () => client.listen());
	t.deepEqual(new Set(listening.map(({status}) => status)), new Set([200]));
	const fields = {'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-session-id': client.id, 'mcp-protocol-version': client.version};
	const answers = await times(many, async index => ask(portOf(rig), '/mcp', {
		method: 'POST',
		headers: fields,
		body: JSON.stringify({jsonrpc: '2.0', id: `call ${index}`, method: 'tools/call', params: {name: 'read', arguments: {text: `no ${index}`}}}),
	}));
	for (const [index, {status, text}] of answers.entries()) {
		t.is(status, 200);
		t.regex(text, new RegExp(`"call ${index}"`, 'v'));
	}

	t.is(Object.keys(rig.client.getState().sessions).length, 1);
	t.is(await client.end(), 200);
	t.is((await ask(portOf(rig), '/mcp', {method: 'POST', headers: fields, body: '{"jsonrpc":"2.0","id":1,"method":"ping"}'})).status, 404);
});

test('the live feed and the control API answer at every thread', async t => {
	const {rig} = await startPair(t);
	const heard = await times(many, async () => {
		const socket = new WebSocket(`ws://127.0.0.1:${portOf(rig)}/ws`);
		const frames: Array<{type: string; activeSystem?: string}> = [];
		socket.on('message', data => {
			frames.push(JSON.parse((data as Buffer).toString()) as {type: string});
		});
		t.teardown(() => {
			socket.terminate();
		});
		await until('the snapshot', () => frames.some(({type}) => type === 'snapshot'));
		return frames;
	});
	await inTurn(Array.from({length: 12}).keys(), async index => {
		const {status} = await post(portOf(rig), '/api/proxy/switch', {system: index % 2 === 0 ? 'b' : 'a'});
		t.is(status, 200);
		await until(`all hear of switch ${index}`, () => heard.every(frames => switchesIn(frames) === index + 1));
	});

	t.is(rig.client.getState().active, 'a');
});

test('the peer is the true one at every thread, whatever a client claims', async t => {
	const backend = await startBackend(t, 'first', {
		answer(request, response) {
			response.end(`${String(request.headers['x-forwarded-for'])}`);
		},
	});
	const rig = await startRig(t, {a: backend.url.href}, several);
	await untilUp(rig, 'a');
	const askFrom = async (at: string): Promise<string> => new Promise((resolve, reject) => {
		const socket = connect({port: portOf(rig), host: '127.0.0.1', localAddress: '127.0.0.9'});
		let text = '';
		socket.on('data', chunk => {
			text += chunk.toString();
		}).once('close', () => {
			resolve(text);
		}).once('error', reject);
		socket.write(`GET ${at} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 10.9.8.7\r\nX-Real-Peer: 10.9.8.7\r\nConnection: close\r\n\r\n`);
	});
	for (const answer of await times(many, async () => askFrom('/own'))) {
		t.regex(answer, /10\.9\.8\.7, 127\.0\.0\.9$/v);
	}

	await times(many, async () => askFrom('/.well-known/oauth-protected-resource'));
	await rig.client.run({type: 'stop', cause: 'test'});
	await rig.done;
	const lines = readFileSync(path.join(rig.logs, 'combined.log'), 'utf8').split('\n').filter(line => line.includes('"GET '));
	t.is(lines.length, many * 2);
	t.true(lines.every(line => line.startsWith('127.0.0.9 - - [')));
});

test('other sites are refused at every thread, for the API and for targets alike', async t => {
	const {rig} = await startPair(t);
	await inTurn(['/api/proxy/status', '/anything', '/mcp'], async at => {
		for (const {status, json} of await times(many, async () => ask(portOf(rig), at, {headers: {host: 'evil.example'}}))) {
			t.is(status, 421);
			t.is((json as {code: string}).code, 'HOST_REFUSED');
		}

		for (const {status} of await times(many, async () => ask(portOf(rig), at, {headers: {origin: 'http://evil.example'}}))) {
			t.is(status, 403);
		}
	});
});

test('each request is counted once, and logged once', async t => {
	const {rig} = await startPair(t);
	const count = 3 * many;
	await times(count, async index => ask(portOf(rig), `/page/${index}`));
	await until('all are counted', async () => await metric(rig, 'proxy_mcp_requests_total{target="a",code_class="2xx"}') >= count);
	t.is(await metric(rig, 'proxy_mcp_requests_total{target="a",code_class="2xx"}'), count);
	t.is(await metric(rig, 'proxy_mcp_request_duration_seconds_count{target="a"}'), count);
	await until('the sample says so', () => findTarget(rig.client.getState(), 'a')?.traffic.requests === count);
	t.true((findTarget(rig.client.getState(), 'a')?.traffic.p50 ?? 0) > 0);
	await rig.client.run({type: 'stop', cause: 'test'});
	await rig.done;
	const log = readFileSync(path.join(rig.logs, 'combined.log'), 'utf8');
	for (let index = 0; index < count; index++) {
		t.is(log.split(`"GET /page/${index} HTTP/1.1" 200 5`).length, 2);
	}
});

test('new settings are in force at every thread', async t => {
	const {a, b, rig} = await startPair(t);
	const clients = await openConnections(t, rig);
	rig.write({
		server: {port: 0, host: '127.0.0.1', workers: 2, allowedHosts: ['other.example']},
		proxy: {targets: {a: {url: a.url, priority: 1}, c: {url: b.url, priority: 2}}, healthCheckInterval: 500},
	});
	await untilUp(rig, 'c');
	await inTurn(clients, async client => {
		await until('the new target answers', async () => await next(client, '/targets/c/') === 'second', 1000);
		t.regex(await next(client, '/targets/b/'), /TARGET_UNKNOWN/v);
	});

	for (const {status} of await times(many, async () => ask(portOf(rig), '/x', {headers: {host: 'other.example'}}))) {
		t.is(status, 200);
	}
});

test('the limit of connections is for all threads together', async t => {
	const {url} = await startTargetProcess(t, 'first');
	const rig = await startRig(t, {a: url}, {server: {workers: 2, limits: {connections: many + 4}}});
	await untilUp(rig, 'a');
	await openConnections(t, rig);
	const answers: string[] = [];
	await inTurn(Array.from({length: 8}), async () => {
		answers.push(await next(await connectRaw(t, portOf(rig))));
	});

	const served = answers.filter(answer => answer === 'first').length;
	t.true(served >= 3 && served <= 4, `${served} of four`); // One that has asked for the metrics may not be gone yet.
	t.is(answers.filter(answer => answer.includes('OVERLOADED')).length, 8 - served);
});

test.serial('a stop lets requests of every thread finish, and leaves no thread', async t => {
	const threads = watchThreads(t);
	const slow = await startTargetProcess(t, 'slow answer', {delay: 3000});
	const rig = await startRig(t, {a: slow.url}, several);
	await untilUp(rig, 'a');
	t.is(threads.running(), 1);
	const answers = times(many, async () => ask(portOf(rig), '/'));
	await until('those of both are in flight', () => findTarget(rig.client.getState(), 'a')?.traffic.inFlight === many);
	await rig.client.run({type: 'stop', cause: 'test'});
	t.deepEqual(new Set((await answers).map(({text}) => text)), new Set(['slow answer']));
	await rig.done;
	t.is(threads.running(), 0);
	await t.throwsAsync(ask(portOf(rig), '/'));
});

test.serial('a worker that dies is told and replaced, and the daemon goes on', async t => {
	const threads = watchThreads(t);
	const {rig} = await startPair(t);
	await openConnections(t, rig);
	await threads.kill(0);
	t.is((await ask(portOf(rig), '/')).text, 'first', 'the rest serves');
	await until('it is said', () => rig.client.getNews().some(({event}) => event.type === 'fault.noticed' && event.message.includes('worker 1 died')));
	await until('another one has connections', async () => {
		await times(8, async () => connectRaw(t, portOf(rig)));
		return await onWorker(rig, 1) > 0;
	});
	t.is(threads.all.length, 2);
	t.is(threads.running(), 1);
	await rig.client.run({type: 'switch', id: 'b'});
	await until('it follows too', async () => (await times(many, async () => ask(portOf(rig), '/'))).every(({text}) => text === 'second'));
});

test('of two daemons at one port the second is refused, however many workers each has', async t => {
	await inTurn([[2, 2], [2, 1], [1, 2]] as const, async ([one, other]) => {
		const rig = await startRig(t, {a: 'http://127.0.0.1:1'}, {server: {workers: one}});
		const place = settingsPlace(t, {x: 'http://127.0.0.1:1'}, {server: {port: portOf(rig), workers: other}});
		const error = await t.throwsAsync(createDaemon({load: {path: place.config}, version: 'test', stateFolder: place.folder}), {instanceOf: AppError});
		t.is(error.code, 'ADDRESS_IN_USE');
	});
});

test('of many daemons that start at one port at the same time one gets it', async t => {
	const free = await startBackend(t, 'only for its port');
	await free.crash();
	const results = await Promise.allSettled(Array.from({length: 4}, async () => {
		const place = settingsPlace(t, {x: 'http://127.0.0.1:1'}, {server: {port: free.port, workers: 2}});
		const daemon = await createDaemon({load: {path: place.config}, version: 'test', stateFolder: place.folder});
		t.teardown(async () => {
			await daemon.client.run({type: 'stop', cause: 'test'});
			await daemon.done;
		});
	}));
	t.deepEqual(results.map(({status}) => status).toSorted(), ['fulfilled', 'rejected', 'rejected', 'rejected']);
});

test('a slow client holds its target back, through the daemon\'s thread too', async t => {
	const size = 64 * (1024 ** 2);
	let given = 0;
	const backend = await startBackend(t, 'large', {
		answer(request, response) {
			if (request.url !== '/sse?large') {
				response.end();
				return;
			}

			const piece = Buffer.alloc(65_536, 'x');
			const write = (): void => {
				for (; given < size && !response.destroyed; given += piece.length) {
					if (!response.write(piece)) {
						given += piece.length;
						response.once('drain', write);
						return;
					}
				}

				response.end();
			};

			write();
		},
	});
	const rig = await startRig(t, {a: backend.url.href}, several);
	await untilUp(rig, 'a');
	// A path that MCP may have: the daemon's thread finds that it is the target's.
	await inTurn(Array.from({length: 6}), async () => {
		given = 0;
		const socket = connect(portOf(rig), '127.0.0.1');
		socket.pause().write('GET /sse?large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
		let before = -1;
		await until('the target is held back', async () => {
			const isSame = given === before && given > 0;
			before = given;
			await new Promise(resolve => {
				setTimeout(resolve, 100);
			});
			return isSame;
		});
		t.true(given < size / 2);
		let got = 0;
		socket.on('data', chunk => {
			got += chunk.length;
		}).resume();
		await until('the rest comes', () => got > size);
		socket.destroy();
	});
});
