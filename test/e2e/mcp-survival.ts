import test from 'ava';
import {officialClients} from '../helpers/mcp-client.ts';
import {startMcpProxy} from '../helpers/mcp-proxy.ts';
import {callOf, openRaw, untilHeard, type RawReply} from '../helpers/mcp-raw.ts';
import {startMcpTarget} from '../helpers/mcp-target.ts';
import {until} from '../helpers/until.ts';

/** What the client threw. */
const errorOf = async (call: Promise<unknown>): Promise<{code?: number; message: string; data?: unknown}> => {
	try {
		await call;
	} catch (error) {
		return error as {message: string};
	}

	throw new Error('It was answered');
};

for (const [name, connect] of officialClients) {
	test.serial(`${name}: an idle session survives kill -9 of its target, with log level, subscription and notifications`, async t => {
		const a = await startMcpTarget(t, 'a');
		const proxy = await startMcpProxy(t, {a: a.url});
		const client = await connect(t, `${proxy.url}/mcp`);
		const sessionId = client.getSessionId();
		await client.setLevel('warning');
		await client.subscribe('test://note');
		t.is(await client.call('read', {text: 'before'}), 'a read before');

		await a.restart();
		t.is(await client.call('read', {text: 'after'}), 'a read after');
		t.is(client.getSessionId(), sessionId);
		t.is(client.getInitializes(), 1);
		const restored = await until('level and subscription are restored', async () => {
			const {sessions} = await a.control('state');
			return sessions.find(({level, uris}) => level === 'warning' && uris.includes('test://note'));
		});
		t.truthy(restored);

		const updates = (): number => client.heard.filter(({method}) => method === 'notifications/resources/updated').length;
		const before = updates();
		await until('a notification arrives', async () => {
			await a.control('update');
			return updates() > before;
		});
		t.deepEqual(client.errors, []);
	});

	test.serial(`${name}: an idle session moves to the standby when its target is killed`, async t => {
		const [a, b] = await Promise.all([startMcpTarget(t, 'a'), startMcpTarget(t, 'b', {tools: ['only-b']})]);
		const proxy = await startMcpProxy(t, {a: a.url, b: b.url});
		const client = await connect(t, `${proxy.url}/mcp`);
		const sessionId = client.getSessionId();
		await client.setLevel('debug');
		await client.subscribe('test://note');
		t.is(await client.call('write', {text: 'one'}), 'a wrote one');

		await a.signal('SIGKILL');
		t.is(await client.call('write', {text: 'two'}), 'b wrote two');
		t.is(client.getSessionId(), sessionId);
		t.is(client.getInitializes(), 1);
		await until('level and subscription are restored', async () => {
			const {sessions} = await b.control('state');
			return sessions.find(({level, uris}) => level === 'debug' && uris.includes('test://note'));
		});
		await until('it is told of the other tools', () => client.heard.some(({method}) => method === 'notifications/tools/list_changed'));
		t.true((await client.listTools()).includes('only-b'));
		await until('notifications of the new target arrive', async () => {
			await b.control('update');
			return client.heard.some(({method}) => method === 'notifications/resources/updated');
		});
		t.deepEqual(client.errors, []);
	});

	test.serial(`${name}: a read-only call in flight is replayed, its progress never falls`, async t => {
		const [a, b] = await Promise.all([startMcpTarget(t, 'a'), startMcpTarget(t, 'b')]);
		const proxy = await startMcpProxy(t, {a: a.url, b: b.url});
		const client = await connect(t, `${proxy.url}/mcp`);
		t.true((await client.listTools()).includes('slow-read')); // And so its hints are known.
		const progress: number[] = [];
		const call = client.call('slow-read', {text: 'x', steps: 3}, {onProgress: value => progress.push(value)});
		await until('progress is shown', () => progress.length >= 3);

		await a.signal('SIGKILL');
		await b.untilExecuted('slow-read x');
		await until('it waits', async () => (await b.control('state')).held === 1);
		await b.control('release');
		t.is(await call, 'b read x');
		t.deepEqual(progress, [...new Set(progress)].toSorted((one, other) => one - other));
		t.deepEqual(client.errors, []);
	});

	test.serial(`${name}: a write in flight is answered with a clean error at once and executed once`, async t => {
		const [a, b] = await Promise.all([startMcpTarget(t, 'a'), startMcpTarget(t, 'b')]);
		const proxy = await startMcpProxy(t, {a: a.url, b: b.url});
		const client = await connect(t, `${proxy.url}/mcp`);
		const failed = errorOf(client.call('slow-write', {text: 'x'}));
		await a.untilExecuted('slow-write x');

		const killedAt = performance.now();
		await a.signal('SIGKILL');
		const error = await failed;
		const took = performance.now() - killedAt;
		t.log(`${Math.round(took)} ms from the kill to the error`);
		t.true(took < 1000, 'far from any timeout (100 ms on an idle machine)');
		t.is(error.code, -32_000);
		t.like(error.data, {outcome: 'unknown', retryable: false});
		t.is(await client.call('write', {text: 'y'}), 'b wrote y');
		t.deepEqual([...a.executed(), ...b.executed()].filter(line => line.includes('write')), ['a slow-write x', 'b write y']);
		t.deepEqual(client.errors, []);
	});

	test.serial(`${name}: a question to the client's model is cancelled when its asker dies`, async t => {
		const [a, b] = await Promise.all([startMcpTarget(t, 'a'), startMcpTarget(t, 'b')]);
		const proxy = await startMcpProxy(t, {a: a.url, b: b.url});
		const signals: AbortSignal[] = [];
		const client = await connect(t, `${proxy.url}/mcp`, {
			async onSample(signal) {
				signals.push(signal);
				return signals.length > 1
					? 'hello'
					: new Promise((_resolve, reject) => {
						signal.addEventListener('abort', () => {
							reject(new Error('cancelled'));
						});
					});
			},
		});
		const failed = errorOf(client.call('sample', {text: 'x'}));
		await until('the client is asked', () => signals.length === 1);

		await a.signal('SIGKILL');
		const error = await failed;
		t.is(error.code, -32_000);
		await until('the question is cancelled', () => signals[0]?.aborted);
		t.is(await client.call('sample', {text: 'y'}), 'b was told hello');
		t.deepEqual(client.errors, []);
	});

	test.serial(`${name}: a call is held while no target is up, and answered when one is back`, async t => {
		const [a, b] = await Promise.all([startMcpTarget(t, 'a'), startMcpTarget(t, 'b')]);
		const proxy = await startMcpProxy(t, {a: a.url, b: b.url}, {sessions: {listHold: 30_000}});
		const client = await connect(t, `${proxy.url}/mcp`);
		await Promise.all([a.signal('SIGKILL'), b.signal('SIGKILL')]);
		await proxy.untilHealthy(0);
		const call = client.call('write', {text: 'held'});
		const listed = client.listTools();

		await b.restart();
		t.is(await call, 'b wrote held');
		t.true((await listed).includes('write'));
		t.deepEqual(b.executed(), ['b write held']);
		t.deepEqual(client.errors, []);
	});

	for (const lost of [400, 404, 503] as const) {
		test.serial(`${name}: a target that says ${lost} to a session it forgot is given a new one`, async t => {
			const a = await startMcpTarget(t, 'a', {lost});
			const proxy = await startMcpProxy(t, {a: lost === 503 ? {url: a.url, mcp: {lostStatuses: [503]}} : a.url});
			const client = await connect(t, `${proxy.url}/mcp`);
			const sessionId = client.getSessionId();
			await client.call('write', {text: 'one'});

			await a.control('forget');
			t.is(await client.call('write', {text: 'two'}), 'a wrote two');
			await a.restart();
			t.is(await client.call('write', {text: 'three'}), 'a wrote three');
			t.is(client.getSessionId(), sessionId);
			t.deepEqual(a.executed(), ['a write one', 'a write two', 'a write three']);
			t.deepEqual(client.errors, []);
		});
	}

	test.serial(`${name}: a write in flight at kill -9 of the proxy gets a clean error from the next one, and is executed once`, async t => {
		const a = await startMcpTarget(t, 'a');
		const proxy = await startMcpProxy(t, {a: a.url});
		const client = await connect(t, `${proxy.url}/mcp`);
		const progress: number[] = [];
		const failed = errorOf(client.call('slow-write', {text: 'x', steps: 1}, {onProgress: value => progress.push(value)}));
		await until('its stream stands', () => progress.length > 0);

		await proxy.restart();
		t.regex((await failed).message, /restarted before the answer/v);
		t.is(await client.call('write', {text: 'two'}), 'a wrote two');
		t.deepEqual(a.executed().filter(line => line.includes('slow-write')), ['a slow-write x']);
	});

	test.serial(`${name}: kill -9 of the proxy itself is survived`, async t => {
		const a = await startMcpTarget(t, 'a');
		const proxy = await startMcpProxy(t, {a: a.url});
		const client = await connect(t, `${proxy.url}/mcp`);
		const sessionId = client.getSessionId();
		await client.setLevel('warning');
		await client.subscribe('test://note');
		await client.call('write', {text: 'one'});

		await proxy.restart();
		t.is(await client.call('write', {text: 'two'}), 'a wrote two');
		t.is(client.getSessionId(), sessionId);
		t.is(client.getInitializes(), 1);
		await until('notifications flow again', async () => {
			await a.control('update');
			return client.heard.some(({method}) => method === 'notifications/resources/updated');
		});
		t.deepEqual(a.executed(), ['a write one', 'a write two']);
	});
}

test.serial('a client that comes back for a call of before the restart is answered once, and then told to stop', async t => {
	const a = await startMcpTarget(t, 'a');
	const proxy = await startMcpProxy(t, {a: a.url});
	const client = await openRaw(t, `${proxy.url}/mcp`);
	const slow = await client.send(callOf('mine', 'slow-write', {text: 'x', steps: 1}, {progressToken: 0}));
	await untilHeard(slow, 'notifications/progress');
	await proxy.restart();
	const lastOf = ({events}: RawReply) => ({'last-event-id': events.findLast(({id}) => id)?.id ?? ''});
	const back = await client.listen(lastOf(slow));
	const [answer, ...more] = await back.whole();
	t.like(answer, {id: 'mine', error: {code: -32_000, data: {outcome: 'unknown', retryable: false}}});
	t.deepEqual(more, []);
	t.is((await client.listen(lastOf(back))).status, 204);
});
