import test, {type ExecutionContext} from 'ava';
import {startBackend, type Backend} from '../helpers/backend.ts';
import {startFault} from '../helpers/fault.ts';
import {startPlane, type Plane} from '../helpers/plane.ts';
import {connectRaw, exchangeRaw} from '../helpers/raw.ts';

// Rows T1 to T7 of the case list: whom a request is for.
const start = async (t: ExecutionContext): Promise<Plane & {backend: Backend}> => {
	const backend = await startBackend(t, 'a');
	return {...await startPlane(t, [backend]), backend};
};

const get = (target: string, host = 'localhost'): string => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

test('T1: never dials the host of an absolute target', async t => {
	const other = await startBackend(t, 'other');
	const {port, backend} = await start(t);
	const reply = await exchangeRaw(t, port, get(`http://127.0.0.1:${other.port}/secret`));
	t.is(reply.status, 400);
	t.is(other.connections(), 0);
	t.is(backend.seen.length, 0);
});

test('T1: takes an absolute target of its own host as a path', async t => {
	const {port, backend} = await start(t);
	for (const target of ['http://localhost/x?y=1', 'http://localhost', 'HTTP://LOCALHOST?z']) {
		t.is((await exchangeRaw(t, port, get(target))).status, 200); // eslint-disable-line no-await-in-loop
	}

	t.deepEqual(backend.seen.map(({url}) => url), ['/x?y=1', '/', '/?z']);
});

const refused: Readonly<Record<string, [text: string, ...statuses: number[]]>> = {
	'T2 CONNECT': ['CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: localhost\r\n\r\n', 400, 405],
	'T2 TRACE': ['TRACE / HTTP/1.1\r\nHost: localhost\r\nX-Secret: 1\r\n\r\n', 405],
	'T2 OPTIONS *': ['OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n', 400, 405],
	'T3 no Host': ['GET / HTTP/1.1\r\n\r\n', 400],
	'T3 two Hosts': ['GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n', 400],
	'T3 empty Host': ['GET / HTTP/1.1\r\nHost:\r\n\r\n', 400],
	'T4 user in Host': [get('/', 'user@localhost'), 400, 421],
	'T4 space in Host': [get('/', 'local host'), 400, 421],
	'T4 fragment in Host': [get('/', 'localhost#x'), 400, 421],
	'T4 slash in Host': [get('/', 'localhost/x'), 400, 421],
	'T4 bad port': [get('/', 'localhost:99999'), 400, 421],
	'T4 no port number': [get('/', 'localhost:8a'), 400, 421],
	'T4 two Hosts in one': [get('/', 'localhost, evil.test'), 400, 421],
	'T5 no version': ['GET /\r\n\r\n', 400],
	'T5 strange version': ['GET / HTTP/1.9\r\nHost: localhost\r\n\r\n', 400, 505],
	'T5 lower-case version': ['GET / http/1.1\r\nHost: localhost\r\n\r\n', 400],
	'T5 space in the path': [get('/a b'), 400],
	'T5 tab in the line': ['GET\t/ HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
	'T5 no slash': [get('x'), 400],
	'T5 no path': ['GET  HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
	'T5 lower-case method': ['get / HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
	'T5 unknown method': ['G@T / HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
	'T5 fragment': [get('/a#b'), 400],
	'T6 byte beyond ASCII': [get('/\u00E9'), 400],
	'T6 NUL': [get('/a\u0000b'), 400],
	'T6 control character': [get('/a\u0001b'), 400],
};

for (const [row, [text, ...statuses]] of Object.entries(refused)) {
	test(`${row}: is refused, and nothing of it reaches the target`, async t => {
		const {port, backend} = await start(t);
		const reply = await exchangeRaw(t, port, text);
		t.true(statuses.includes(reply.status), reply.head);
		t.notRegex(reply.body, /X-Secret/v);
		t.is(backend.connections(), 0);
	});
}

test('T2: an HTTP/2 preface opens no tunnel', async t => {
	const {port, backend} = await start(t);
	const client = await connectRaw(t, port);
	client.send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
	await client.closed();
	t.notRegex(client.text(), /HTTP\/1\.1 [123]/v);
	t.is(backend.connections(), 0);
});

const verbatim = [
	'/%2e%2e/x',
	'/a/../b',
	'/a/./b',
	'/%2f%2F',
	'//',
	'//evil.test/x',
	'/a//b',
	String.raw`/a\b`,
	'/a;b=1;c',
	'/{x}',
	'/%00',
	'/%0d%0aX:1',
	'/%',
	'/%zz',
	'/a|b^c`d"e<f>',
	'/?',
	'/x?',
	'/x?a?b',
	'/x?/../y',
	'/%61pi/proxy/status',
	'/mcp/../api/proxy/status',
	'//api/proxy/status',
	'/api%2fproxy%2fstatus',
	'/targets',
	'/targetsx/a',
	'/%74argets/b/x',
];

for (const path of verbatim) {
	test(`T6/T7: ${JSON.stringify(path)} goes to the active target byte for byte`, async t => {
		const backend = await startFault(t, 'a', ({write}) => {
			write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
		});
		const {port} = await startPlane(t, [backend, {name: 'b', url: new URL('http://127.0.0.1:1')}]);
		t.is((await exchangeRaw(t, port, get(path))).status, 200);
		t.is(backend.heads[0]?.split('\r\n')[0], `GET ${path} HTTP/1.1`);
	});
}

test('T7: no path behind /targets/NAME leads back to the proxy or to another target', async t => {
	const [a, b] = [await startBackend(t, 'a'), await startBackend(t, 'b')];
	const {port} = await startPlane(t, [a, b]);
	await exchangeRaw(t, port, get('/targets/b/../../targets/a/x'));
	await exchangeRaw(t, port, get('/targets/b//api/proxy/status'));
	t.deepEqual(b.seen.map(({url}) => url), ['/../../targets/a/x', '//api/proxy/status']);
	t.is(a.seen.length, 0);
});

test('/targets/NAME goes straight to that target, whatever is active, without the prefix', async t => {
	const [a, b] = [await startBackend(t, 'a'), await startBackend(t, 'a b')];
	const {port, store} = await startPlane(t, [a, b]);
	for (const path of ['/targets/a%20b/x/y?z=1', '/targets/a%20b', '/targets/a%20b/', '/targets/a%20b?q']) {
		t.is((await exchangeRaw(t, port, get(path))).body, 'a b'); // eslint-disable-line no-await-in-loop
	}

	t.deepEqual(b.seen.map(({url}) => url), ['/x/y?z=1', '/', '/', '/?q']);
	t.is(store.getState().active, 'a');
	t.is(a.seen.length, 0);
});

for (const name of ['nobody', '', '%', '%00', 'constructor', '__proto__', 'a%2Fb']) {
	test(`/targets/${name} of a name nobody has is answered 404 with JSON`, async t => {
		const {port} = await start(t);
		const reply = await exchangeRaw(t, port, get(`/targets/${name}/x`));
		t.is(reply.status, 404);
		t.is((JSON.parse(reply.body) as {code: string}).code, 'TARGET_UNKNOWN');
	});
}

test('a path in the URL of a target is put before each request', async t => {
	const backend = await startBackend(t, 'a');
	const {port} = await startPlane(t, [{name: 'a', url: new URL('/base/', backend.url)}]);
	await exchangeRaw(t, port, get('/x?y'));
	await exchangeRaw(t, port, get('/targets/a/z'));
	t.deepEqual(backend.seen.map(({url}) => url), ['/base/x?y', '/base/z']);
});

for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'MKCOL', 'REPORT', 'PURGE', 'QUERY']) {
	test(`the method ${method} is passed on`, async t => {
		const {port, backend} = await start(t);
		const reply = await exchangeRaw(t, port, `${method} /m HTTP/1.1\r\nHost: localhost\r\n\r\n`, method);
		t.is(reply.status, 200);
		t.is(backend.seen[0]?.method, method);
	});
}

test('HTTP/1.0 without Host and without keep-alive works', async t => {
	const {port} = await start(t);
	const client = await connectRaw(t, port);
	client.send('GET / HTTP/1.0\r\n\r\n');
	t.is((await client.reply()).body, 'a');
	await client.closed();
});
