import {connect, createServer} from 'node:net';
import test from 'ava';
import type {Limits} from '../../source/http/endpoint.ts';
import {sendJson} from '../../source/http/reply.ts';
import {startListener} from '../../source/proxy/listener.ts';
import {fillBacklog, startBackend, startChildBackend} from '../helpers/backend.ts';
import {testCertificate, testKey} from '../helpers/certificate.ts';
import {startFault} from '../helpers/fault.ts';
import {startPlane, testLimits} from '../helpers/plane.ts';
import {connectRaw, exchangeRaw} from '../helpers/raw.ts';
import {until} from '../helpers/until.ts';

const get = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const codeOf = ({body}: {body: string}): string => (JSON.parse(body) as {code: string}).code;

const listenTo = async (host: string, port: number, limits: Partial<Limits> = {}): ReturnType<typeof startListener> => startListener({
	host,
	port,
	getLimits: () => ({...testLimits, ...limits}),
	handle(exchange) {
		sendJson(exchange, 200, {peer: exchange.head.peer});
		return true;
	},
});

test('localhost listens on both loopback addresses', async t => {
	const listener = await listenTo('localhost', 0);
	t.teardown(async () => listener.close(0));
	t.deepEqual(listener.addresses, [`127.0.0.1:${listener.port}`, `[::1]:${listener.port}`]);
	t.is(listener.url, `http://localhost:${listener.port}`);
	for (const host of ['127.0.0.1', '::1']) {
		const client = await connectRaw(t, listener.port, {host}); // eslint-disable-line no-await-in-loop
		client.send(get);
		t.deepEqual(JSON.parse((await client.reply()).body), {peer: host}); // eslint-disable-line no-await-in-loop
	}
});

for (const taken of ['127.0.0.1', '::1']) {
	test(`a port that another program holds on ${taken} is ADDRESS_IN_USE, and nothing stays open`, async t => {
		const other = createServer();
		await new Promise<void>(resolve => {
			other.listen({port: 0, host: taken}, resolve);
		});
		t.teardown(() => other.close());
		const {port} = other.address() as {port: number};
		await t.throwsAsync(listenTo('localhost', port), {code: 'ADDRESS_IN_USE'});
		const free = taken === '::1' ? '127.0.0.1' : '::1';
		const listener = await listenTo(free, port);
		await listener.close(0);
	});
}

test('an address that is not of this machine is an error of its own', async t => {
	await t.throwsAsync(listenTo('192.0.2.1', 0), {code: 'FAILED', message: /192\.0\.2\.1/v});
});

test('a request body over the limit is a 413, by its length before a byte of it went out', async t => {
	const backend = await startBackend(t, 'a');
	const {port} = await startPlane(t, [backend], {limits: {body: 1000}});
	const client = await connectRaw(t, port);
	client.send(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n${'x'.repeat(1001)}`);
	const reply = await client.reply();
	t.is(reply.status, 413);
	t.is(codeOf(reply), 'BODY_TOO_LARGE');
	t.is(backend.connections(), 0);
	client.send('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello');
	const [, second] = await client.replies(2);
	t.is(second?.status, 200, 'the connection goes on');
});

test('nor is a chunked body over the limit ever completed at the target', async t => {
	const backend = await startBackend(t, 'a');
	const plane = await startPlane(t, [backend], {limits: {body: 1000}});
	const client = await connectRaw(t, plane.port);
	client.send('POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n');
	client.send(`${'x'.repeat(1000)}\r\n`);
	await until('the upload to begin', () => backend.open() === 1);
	client.send('1\r\nx\r\n0\r\n\r\n');
	const reply = await client.reply();
	t.is(reply.status, 413);
	await until('the target to see it broken', () => backend.seen.length === 1);
	t.false(backend.seen[0]?.isComplete);
	t.deepEqual(plane.actions, []);
});

test('what a client goes on sending after its reply is thrown away, and then it is cut', async t => {
	const backend = await startBackend(t, 'a');
	const {port} = await startPlane(t, [backend], {limits: {body: 1000}});
	const client = await connectRaw(t, port);
	client.send('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n');
	t.is((await client.reply()).status, 413);
	t.false(client.isClosed());
	const timer = setInterval(() => {
		client.send('x'.repeat(1000));
	}, 50);
	await until('it to be cut', () => client.isClosed(), 8000);
	clearInterval(timer);
});

test('a request beyond what a target may have in flight is a 503 at once', async t => {
	const backend = await startFault(t, 'a', () => undefined);
	const {port} = await startPlane(t, [backend], {limits: {inFlight: 3}});
	const waiting = await Promise.all([1, 2, 3].map(async () => connectRaw(t, port)));
	for (const client of waiting) {
		client.send(get);
	}

	await until('three to be in flight', () => backend.heads.length === 3);
	const reply = await exchangeRaw(t, port, get);
	t.is(reply.status, 503);
	t.is(codeOf(reply), 'OVERLOADED');
	t.is(reply.headers['retry-after'], '5');
	for (const {socket} of waiting) {
		socket.destroy();
	}

	await until('room again', () => backend.open() === 0, 8000);
});

test('a connection beyond the limit gets a 503 that says so, and room is made when others leave', async t => {
	const backend = await startBackend(t, 'a');
	const {port, listener} = await startPlane(t, [backend], {limits: {connections: 2}});
	const [first] = [await connectRaw(t, port), await connectRaw(t, port)];
	await until('both to be in', () => listener.connections() === 2);
	const third = await connectRaw(t, port);
	third.send(get);
	const reply = await third.reply();
	t.is(reply.status, 503);
	t.is(codeOf(reply), 'OVERLOADED');
	await third.closed();
	first?.socket.destroy();
	await until('one to be gone', () => listener.connections() === 1);
	t.is((await exchangeRaw(t, port, get)).status, 200);
});

test('a head that does not come in time is a 408, a silent connection is just closed', async t => {
	const backend = await startBackend(t, 'a');
	const {port} = await startPlane(t, [backend], {limits: {headTimeout: 300}});
	const [slow, silent] = [await connectRaw(t, port), await connectRaw(t, port)];
	slow.send('GET / HTTP/1.1\r\nHost: local');
	const reply = await slow.reply();
	t.is(reply.status, 408);
	t.is(codeOf(reply), 'HEAD_TIMEOUT');
	await silent.closed();
	t.is(silent.text(), '');
});

test('a slow upload is no slow head', async t => {
	const backend = await startBackend(t, 'a');
	const {port} = await startPlane(t, [backend], {limits: {headTimeout: 300}});
	const client = await connectRaw(t, port);
	client.send('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n12');
	setTimeout(() => {
		client.send('34');
	}, 2500);
	t.is((await client.reply()).status, 200);
	t.is(backend.seen[0]?.body, '1234');
});

test('an idle client connection is kept as long as the limit says', async t => {
	const backend = await startBackend(t, 'a');
	const {port} = await startPlane(t, [backend], {limits: {keepAlive: 200}});
	const client = await connectRaw(t, port);
	client.send(get);
	await client.reply();
	t.false(client.isClosed());
	await client.closed();
});

test('closing lets what is in flight end, says so on each reply, and takes nothing new', async t => {
	const release: Array<() => void> = [];
	const backend = await startBackend(t, 'a', {answer(_request, response) {
		release.push(() => {
			response.end('done');
		});
	}});
	const {port, listener} = await startPlane(t, [backend]);
	const [busy, idle, late] = [await connectRaw(t, port), await connectRaw(t, port), await connectRaw(t, port)];
	busy.send(get);
	await until('it to be in flight', () => release.length === 1);
	const closed = listener.close(10_000);
	late.send(get);
	await until('the late one to be in flight too', () => release.length === 2);
	await idle.closed();
	await t.throwsAsync(connectRaw(t, port), {code: 'ECONNREFUSED'});
	for (const open of release) {
		open();
	}

	for (const client of [busy, late]) {
		const reply = await client.reply(); // eslint-disable-line no-await-in-loop
		t.is(reply.body, 'done');
		t.is(reply.headers.connection, 'close');
	}

	await closed;
	t.is(listener.connections(), 0);
	t.is(listener.inFlight(), 0);
});

test('closing cuts what is not done in time, streams and uploads too', async t => {
	const backend = await startFault(t, 'a', ({write}) => {
		write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n');
	});
	const {port, listener} = await startPlane(t, [backend]);
	const [stream, upload] = [await connectRaw(t, port), await connectRaw(t, port)];
	stream.send(get);
	upload.send('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n123');
	await until('both to be in flight', () => backend.heads.length === 2);
	const began = performance.now();
	await listener.close(300);
	const took = performance.now() - began;
	t.true(took >= 290 && took < 5000, `${took} ms`);
	t.false((await stream.reply()).isWhole);
	await until('the target to be freed', () => backend.open() === 0);
});

test('an https target is spoken to over TLS, verified by the given authority', async t => {
	const backend = await startBackend(t, 'a', {tls: {cert: testCertificate, key: testKey}});
	const {port} = await startPlane(t, [backend], {endpoint: () => ({tls: {ca: testCertificate, isVerified: true}})});
	const client = await connectRaw(t, port);
	for (let count = 1; count <= 3; count++) {
		client.send(get);
		t.is((await client.replies(count)).at(-1)?.body, 'a'); // eslint-disable-line no-await-in-loop
	}

	t.is(backend.connections(), 1);
});

test('an https target whose certificate nobody vouches for is a 502 that says why, unless verifying is off', async t => {
	const backend = await startBackend(t, 'a', {tls: {cert: testCertificate, key: testKey}});
	const strict = await startPlane(t, [backend]);
	const reply = await exchangeRaw(t, strict.port, get);
	t.is(reply.status, 502);
	t.regex(reply.body, /self-signed/v);
	const lax = await startPlane(t, [backend], {endpoint: () => ({tls: {isVerified: false}})});
	t.is((await exchangeRaw(t, lax.port, get)).body, 'a');
});

test('the name an https target is asked for and checked against can be set', async t => {
	const backend = await startBackend(t, 'a', {tls: {cert: testCertificate, key: testKey}});
	const asked = (servername: string) => ({endpoint: () => ({tls: {ca: testCertificate, isVerified: true, servername}})});
	const right = await startPlane(t, [backend], asked('mcp.internal'));
	t.is((await exchangeRaw(t, right.port, get)).body, 'a');
	const wrong = await startPlane(t, [backend], asked('other.internal'));
	t.is((await exchangeRaw(t, wrong.port, get)).status, 502);
});

test('a target that takes no connections is given up after the connect timeout', async t => {
	const [a, b] = [await startChildBackend(t, 'a', 1), await startBackend(t, 'b')];
	const {port, store} = await startPlane(t, [a, b], {timeouts: {connect: 300}});
	await fillBacklog(t, a);
	const reply = await exchangeRaw(t, port, get);
	t.is(reply.body, 'b');
	t.is(store.getState().targets.a?.failure?.code, 'CONNECT_TIMEOUT');
});

test('what a handler throws is a 500, and the next request is answered', async t => {
	const logged: string[] = [];
	const listener = await startListener({
		host: '127.0.0.1',
		port: 0,
		getLimits: () => testLimits,
		handle({head}) {
			if (head.path === '/none') {
				return false;
			}

			throw new Error('oops');
		},
		log(message) {
			logged.push(message);
		},
	});
	t.teardown(async () => listener.close(0));
	const client = await connectRaw(t, listener.port);
	client.send(get);
	t.is((await client.reply()).status, 500);
	t.regex(logged[0] ?? '', /oops/v);
	client.send(get.replace(' / ', ' /none '));
	t.is((await client.replies(2))[1]?.status, 404);
});

test('each proxied request is noted once for the access log', async t => {
	const backend = await startBackend(t, 'a', {answer(_request, response) {
		response.writeHead(201).end('hello');
	}});
	const {port, access} = await startPlane(t, [backend]);
	await exchangeRaw(t, port, 'POST /x?y=1 HTTP/1.1\r\nHost: localhost\r\nReferer: r\r\nUser-Agent: u\r\nContent-Length: 2\r\n\r\nhi');
	await exchangeRaw(t, port, get.replace(' / ', ' /targets/nobody '));
	await until('both to be noted', () => access.length === 2);
	t.like(access[0], {peer: '127.0.0.1', method: 'POST', path: '/x?y=1', httpVersion: '1.1', status: 201, bytesOut: 5, target: 'a', referer: 'r', userAgent: 'u'});
	t.true((access[0]?.ms ?? 0) > 0 && Math.abs((access[0]?.at ?? 0) - Date.now()) < 60_000);
	t.like(access[1], {status: 404, target: undefined, path: '/targets/nobody'});
});

test('a client that is cut in the middle of its handshake leaves nothing behind', async t => {
	const {port, listener} = await startPlane(t, [await startBackend(t, 'a')]);
	for (let count = 0; count < 50; count++) {
		const socket = connect({port, host: '127.0.0.1'});
		socket.on('error', () => undefined).write('GET / HT', () => {
			socket.resetAndDestroy();
		});
	}

	await until('all to be gone', () => listener.connections() === 0);
	t.is((await exchangeRaw(t, port, get)).status, 200);
});

test('changed limits count for the next connection', async t => {
	const limits = {...testLimits, headBytes: 2000, headFields: 10};
	const listener = await startListener({
		host: '127.0.0.1',
		port: 0,
		getLimits: () => limits,
		handle(exchange) {
			sendJson(exchange, 200, {});
			return true;
		},
	});
	t.teardown(async () => listener.close(0));
	const large = get.replace('\r\n\r\n', `\r\nX-A: ${'x'.repeat(3000)}\r\n\r\n`);
	const many = get.replace('\r\n\r\n', `\r\n${'X-A: 1\r\n'.repeat(20)}\r\n`);
	t.is((await exchangeRaw(t, listener.port, large)).status, 431);
	t.is((await exchangeRaw(t, listener.port, many)).status, 431);
	Object.assign(limits, {headBytes: 20_000, headFields: 100});
	t.is((await exchangeRaw(t, listener.port, large)).status, 200);
	t.is((await exchangeRaw(t, listener.port, many)).status, 200);
});

test('a reload that changes how a target is reached counts for the next request, and what is in flight ends where it is', async t => {
	const release: Array<() => void> = [];
	const [old, fresh] = [await startBackend(t, 'old', {answer(_request, response) {
		release.push(() => {
			response.end('old');
		});
	}}), await startBackend(t, 'fresh')];
	const {port, endpoints} = await startPlane(t, [{name: 'a', url: old.url}]);
	const early = exchangeRaw(t, port, get);
	await until('it to be in flight', () => release.length === 1);
	const endpoint = endpoints.get('a');
	t.truthy(endpoint && endpoints.set('a', {...endpoint, url: fresh.url}));
	t.is((await exchangeRaw(t, port, get)).body, 'fresh');
	release[0]?.();
	t.is((await early).body, 'old');
	await until('the old connection to be closed', () => old.open() === 0);
	endpoints.delete('a');
	await until('the connection of a target that is gone to be closed', () => fresh.open() === 0);
	t.is((await exchangeRaw(t, port, get.replace(' / ', ' /targets/a/ '))).status, 404);
});
