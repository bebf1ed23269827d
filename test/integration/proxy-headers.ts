import type {IncomingHttpHeaders} from 'node:http';
import test, {type ExecutionContext} from 'ava';
import {startBackend, type Backend} from '../helpers/backend.ts';
import {startFault} from '../helpers/fault.ts';
import {startPlane, type Plane} from '../helpers/plane.ts';
import {connectRaw, exchangeRaw} from '../helpers/raw.ts';

// Rows H1 to H9 of the case list: fields in both directions.
const start = async (t: ExecutionContext): Promise<Plane & {backend: Backend}> => {
	const backend = await startBackend(t, 'a');
	return {...await startPlane(t, [backend]), backend};
};

const headersAt = ({seen}: Backend): IncomingHttpHeaders => seen[0]?.headers ?? {};

const get = (fields: string, method = 'GET'): string => `${method} / HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n\r\n`;

const refused: Readonly<Record<string, [fields: string, status: number]>> = {
	'a name with a space': ['X A: 1', 400],
	'an empty name': [': 1', 400],
	'a name with a bracket': ['X(A): 1', 400],
	'a NUL in a value': ['X-A: a\u0000b', 400],
	'a control character in a value': ['X-A: a\u0001b', 400],
	'a field of 100 KB': [`X-A: ${'x'.repeat(100_000)}`, 431],
	'201 fields': [Array.from({length: 201}, (_, index) => `X-${index}: 1`).join('\r\n'), 431],
};

for (const [what, [fields, status]] of Object.entries(refused)) {
	test(`H1: refuses ${what}`, async t => {
		const {port, backend} = await start(t);
		const reply = await exchangeRaw(t, port, get(fields));
		t.is(reply.status, status);
		t.is(backend.seen.length, 0);
	});
}

test('H2: drops what Connection names, but not the fields the proxy adds', async t => {
	const {port, backend} = await start(t);
	const fields = ['Connection: keep-alive, X-Drop, x-forwarded-for,X-Forwarded-Proto , close', 'X-Drop: 1', 'X-Keep: 1', 'Connection: X-Second', 'X-Second: 2'];
	await exchangeRaw(t, port, get(fields.join('\r\n')));
	const headers = headersAt(backend);
	t.is(headers['x-drop'], undefined);
	t.is(headers['x-second'], undefined);
	t.is(headers['x-keep'], '1');
	t.is(headers['x-forwarded-for'], '127.0.0.1');
	t.is(headers['x-forwarded-proto'], 'http');
	t.is(headers.connection, 'keep-alive');
});

test('H3: drops all fields that end at each hop', async t => {
	const {port, backend} = await start(t);
	const hop = ['Keep-Alive: timeout=99', 'Proxy-Connection: keep-alive', 'Proxy-Authorization: Basic x', 'Proxy-Foo: 1', 'TE: trailers', 'Upgrade: foo', 'Trailer: X-T', 'HTTP2-Settings: x'];
	const fields = [...hop, 'X-End: 1'];
	t.is((await exchangeRaw(t, port, get(fields.join('\r\n')))).status, 200);
	const names = (backend.seen[0]?.rawHeaders ?? []).filter((_, index) => index % 2 === 0).map(name => name.toLowerCase());
	t.deepEqual(names.toSorted(), ['connection', 'host', 'x-end', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto']);
});

test('H4: answers a request with Trailer and no chunks', async t => {
	const {port, backend} = await start(t);
	t.is((await exchangeRaw(t, port, get('Trailer: X-T'))).status, 200);
	t.is((await exchangeRaw(t, port, get('Trailer: X-T\r\nContent-Length: 0', 'POST'))).status, 200);
	t.is(backend.seen.length, 2);
});

test('H5: takes fields named like parts of an object', async t => {
	const {port, backend} = await start(t);
	t.is((await exchangeRaw(t, port, get('__proto__: x\r\nconstructor: y\r\nhasOwnProperty: z'))).status, 200);
	t.true(backend.seen[0]?.rawHeaders.includes('__proto__'));
	t.is(Object.getOwnPropertyDescriptor(Object.prototype, 'x'), undefined);
});

test('H6: answers Expect: 100-continue once, and filters the same fields', async t => {
	const {port, backend} = await start(t);
	const client = await connectRaw(t, port);
	client.send(get('Expect: 100-continue\r\nContent-Length: 5\r\nConnection: X-Drop\r\nX-Drop: 1\r\nX-Forwarded-For: 6.6.6.6', 'POST'));
	await t.notThrowsAsync(async () => {
		while (!client.text().includes('100 Continue')) {
			await new Promise(setImmediate); // eslint-disable-line no-await-in-loop
		}
	});
	client.send('hello');
	t.is((await client.reply()).status, 200);
	t.is(client.text().split('100 Continue').length, 2);
	t.like(backend.seen[0], {body: 'hello', isComplete: true});
	t.is(backend.seen[0]?.headers.expect, undefined);
	t.is(backend.seen[0]?.headers['x-drop'], undefined);
	t.is(backend.seen[0]?.headers['x-forwarded-for'], '6.6.6.6, 127.0.0.1');
});

test('H6: does not ask for a body nobody wants', async t => {
	const {port} = await start(t);
	const client = await connectRaw(t, port);
	client.send('POST /targets/nobody HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
	t.is((await client.reply()).status, 404);
	await client.closed();
	t.notRegex(client.text(), /100 Continue/v);
});

test('H6: refuses any other expectation', async t => {
	const {port, backend} = await start(t);
	t.is((await exchangeRaw(t, port, get('Expect: a-miracle'))).status, 417);
	t.is(backend.seen.length, 0);
});

test('H7: puts the real peer last in X-Forwarded-For, and replaces the other X-Forwarded fields', async t => {
	const {port, backend} = await start(t);
	await exchangeRaw(t, port, get('X-Forwarded-For: 6.6.6.6\r\nx-forwarded-for: 7.7.7.7\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Proto: https'));
	const headers = headersAt(backend);
	t.is(headers['x-forwarded-for'], '6.6.6.6, 7.7.7.7, 127.0.0.1');
	t.is(headers['x-forwarded-host'], 'localhost');
	t.is(headers['x-forwarded-proto'], 'http');
	t.is(headers.host, `127.0.0.1:${backend.port}`);
});

test('H8: drops the hop fields of a target, and its Connection: close does not end the client\'s', async t => {
	const hop = ['Connection: close, X-Drop', 'X-Drop: 1', 'Keep-Alive: timeout=1', 'Proxy-Authenticate: Basic', 'Proxy-Connection: x', 'TE: x', 'Trailer: X-T', 'Upgrade: h2c'];
	const fields = [...hop, 'Proxy-Status: x', 'X-End: 1', 'Set-Cookie: a=1', 'Set-Cookie: b=2'];
	const backend = await startFault(t, 'a', ({end}) => {
		end(`HTTP/1.1 200 OK\r\n${fields.join('\r\n')}\r\nContent-Length: 2\r\n\r\nhi`);
	});
	const {port} = await startPlane(t, [backend]);
	const client = await connectRaw(t, port);
	client.send(get('X: 1'));
	const {headers, body} = await client.reply();
	t.is(body, 'hi');
	t.deepEqual(Object.keys(headers).toSorted(), ['connection', 'content-length', 'date', 'keep-alive', 'proxy-status', 'set-cookie', 'x-end']);
	t.is(headers.connection, 'keep-alive');
	t.not(headers['keep-alive'], 'timeout=1');
	t.is(headers['set-cookie'], 'a=1\nb=2');
	client.send(get('X: 2'));
	t.is((await client.replies(2)).length, 2);
});

for (const [what, text] of Object.entries({
	'h2c on a GET': get('Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__'),
	'websocket on a POST': get('Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0', 'POST'),
	'websocket without Connection': get('Upgrade: websocket'),
	'websocket with a body': `${get('Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2')}hi`,
})) {
	test(`H9: no tunnel for ${what}: it is an ordinary request`, async t => {
		const {port, backend} = await start(t);
		const reply = await exchangeRaw(t, port, text);
		t.is(reply.status, 200);
		t.is(backend.seen[0]?.headers.upgrade, undefined);
		t.is(backend.seen[0]?.headers.connection, 'keep-alive');
	});
}

test('H9: 502 when a target switches protocols without being asked', async t => {
	const backend = await startFault(t, 'a', ({write}) => {
		write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
	});
	const plain = await startFault(t, 'b', ({write}) => {
		write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
	});
	const {port} = await startPlane(t, [backend, plain]);
	t.is((await exchangeRaw(t, port, 'POST /targets/a/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n')).status, 502);
	t.is((await exchangeRaw(t, port, 'POST /targets/b/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n')).status, 502);
});

test('the settings of a target add and replace fields, and its credentials go nowhere else', async t => {
	const [a, b] = [await startBackend(t, 'a'), await startBackend(t, 'b')];
	const secret = new URL(a.url);
	secret.username = 'us%65r';
	secret.password = 'p:w';
	const {port} = await startPlane(t, [{name: 'a', url: secret}, b], {endpoint: id => id === 'a' ? {headers: {'x-key': 'secret', cookie: 'own'}} : {}});
	const text = 'Authorization: Bearer client\r\nX-Key: theirs\r\nCookie: theirs\r\nCookie: more';
	await exchangeRaw(t, port, get(text));
	await exchangeRaw(t, port, `GET /targets/b/ HTTP/1.1\r\nHost: localhost\r\n${text}\r\n\r\n`);
	t.like(a.seen[0]?.headers, {'x-key': 'secret', cookie: 'own', authorization: `Basic ${Buffer.from('user:p:w').toString('base64')}`});
	t.like(b.seen[0]?.headers, {'x-key': 'theirs', cookie: 'theirs; more', authorization: 'Bearer client'});
});

test('names, order, repeats and obs-text of fields survive in both directions', async t => {
	const backend = await startFault(t, 'a', ({write}) => {
		write('HTTP/1.1 200 OK\r\nX-Two: 1\r\nx-tWO: \u00E9\r\nContent-Length: 0\r\n\r\n');
	});
	const {port} = await startPlane(t, [backend]);
	const reply = await exchangeRaw(t, port, get('X-b: 1\r\nX-A: \u00FC\r\nx-B:   2  '));
	t.regex(reply.head, /\r\nX-Two: 1\r\nx-tWO: \u00E9\r\n/v);
	t.regex(backend.heads[0] ?? '', /\r\nX-b: 1\r\nX-A: \u00FC\r\nx-B: 2\r\n/v);
});
