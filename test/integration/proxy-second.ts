import test, {type ExecutionContext} from 'ava';
import {startBackend, type Backend} from '../helpers/backend.ts';
import {startFault} from '../helpers/fault.ts';
import {startPlane, type Plane} from '../helpers/plane.ts';
import {connectRaw, exchangeRaw} from '../helpers/raw.ts';
import {until} from '../helpers/until.ts';

const get = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const post = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi';

/** A target that says this to everything. */
const sayer = async (t: ExecutionContext, name: string, status: number, body = `${name} says ${status}`): Promise<Backend> => startBackend(t, name, {answer(_request, response) {
	response.writeHead(status, {'retry-after': '7'}).end(body);
}});

const planeOf = async (t: ExecutionContext, ...places: Parameters<typeof startPlane>[1]): Promise<Plane> => startPlane(t, places, {rules: {fall: 1000}});

for (const status of [502, 503, 504]) {
	test(`a GET that its target answers ${status} is asked of the next one within the same request`, async t => {
		const [a, b] = [await sayer(t, 'a', status), await startBackend(t, 'b')];
		const plane = await planeOf(t, a, b);
		const reply = await exchangeRaw(t, plane.port, get);
		t.is(reply.status, 200);
		t.is(reply.body, 'b');
		t.is(a.seen.length, 1);
		t.is(plane.proxy.getCounters().targets.a?.retries, 1);
		t.like(plane.access[0], {status: 200, target: 'b', bytesOut: 1});
	});
}

test('under a storm of 503 no GET fails', async t => {
	const [a, b] = [await sayer(t, 'a', 503), await startBackend(t, 'b')];
	const {port, store} = await startPlane(t, [a, b]);
	const replies = await Promise.all(Array.from({length: 50}, async () => exchangeRaw(t, port, get)));
	t.deepEqual(replies.filter(({status}) => status !== 200), []);
	t.is(store.getState().active, 'b', 'and the target is left');
});

test('its own words are relayed when the others can not serve either, those of the first', async t => {
	const [a, b, c] = [await sayer(t, 'a', 503), await sayer(t, 'b', 502), await sayer(t, 'c', 504)];
	const plane = await planeOf(t, a, b, c);
	const reply = await exchangeRaw(t, plane.port, get);
	t.is(reply.status, 503);
	t.is(reply.body, 'a says 503');
	t.is(reply.headers['retry-after'], '7');
	t.deepEqual([a, b, c].map(({seen}) => seen.length), [1, 1, 1]);
	t.like(plane.access[0], {status: 503, target: 'a', bytesOut: 10});
});

test('so are they when the next one breaks off', async t => {
	const a = await sayer(t, 'a', 503);
	const b = await startFault(t, 'b', call => {
		call.reset();
	});
	const plane = await planeOf(t, a, b);
	const reply = await exchangeRaw(t, plane.port, get);
	t.is(reply.status, 503);
	t.is(reply.body, 'a says 503');
});

test('a long reply of the first is relayed whole', async t => {
	const long = 'x'.repeat(3_000_000);
	const [a, b] = [await sayer(t, 'a', 503, long), await sayer(t, 'b', 503)];
	const {port} = await planeOf(t, a, b);
	const reply = await exchangeRaw(t, port, get);
	t.is(reply.status, 503);
	t.true(reply.isWhole);
	t.is(reply.body.length, long.length);
});

test('one that breaks off in its middle meanwhile is seen to be cut', async t => {
	const a = await startFault(t, 'a', call => {
		call.write('HTTP/1.1 503 No\r\nContent-Length: 100\r\n\r\nhalf');
		call.reset();
	});
	const {port} = await planeOf(t, a, await sayer(t, 'b', 503));
	t.false((await exchangeRaw(t, port, get)).isWhole);
});

test('no other target: it is the answer', async t => {
	const {port} = await planeOf(t, await sayer(t, 'a', 503));
	t.is((await exchangeRaw(t, port, get)).body, 'a says 503');
});

test('nor is one asked that is not known to be up', async t => {
	const b = await startBackend(t, 'b');
	const {port} = await planeOf(t, await sayer(t, 'a', 503), {...b, isAbsent: true});
	t.is((await exchangeRaw(t, port, get)).body, 'a says 503');
	t.is(b.seen.length, 0);
});

for (const [what, text] of [
	['a POST', post],
	['a GET with a body', get.replace('\r\n\r\n', '\r\nContent-Length: 2\r\n\r\nhi')],
	['a DELETE', get.replace('GET', 'DELETE')],
	['what was asked of one target by name', get.replace(' / ', ' /targets/a/ ')],
] as const) {
	test(`${what} is never asked twice`, async t => {
		const [a, b] = [await sayer(t, 'a', 503), await startBackend(t, 'b')];
		const {port} = await planeOf(t, a, b);
		t.is((await exchangeRaw(t, port, text)).body, 'a says 503');
		t.is(b.seen.length, 0);
	});
}

test('500 and 501 are answers as any', async t => {
	for (const status of [500, 501]) {
		const b = await startBackend(t, 'b'); // eslint-disable-line no-await-in-loop
		const {port} = await planeOf(t, await sayer(t, 'a', status), b); // eslint-disable-line no-await-in-loop
		t.is((await exchangeRaw(t, port, get)).status, status); // eslint-disable-line no-await-in-loop
		t.is(b.seen.length, 0);
	}
});

test('a client that leaves while the next one is asked leaves nothing behind', async t => {
	const a = await sayer(t, 'a', 503, 'x'.repeat(3_000_000));
	const b = await startBackend(t, 'b', {answer: () => undefined});
	const plane = await planeOf(t, a, b);
	const client = await connectRaw(t, plane.port);
	client.send(get);
	await until('the next one is asked', () => b.seen.length === 1);
	client.socket.destroy();
	await until('both are left', () => a.open() === 0 && b.open() === 0);
	await until('nothing is in flight', () => Object.values(plane.store.getState().targets).every(({traffic}) => traffic.inFlight === 0));
	t.like(plane.access[0], {status: 499});
});
