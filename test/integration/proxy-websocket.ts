import type {AddressInfo, Socket} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {WebSocket, WebSocketServer} from 'ws';
import {fillBacklog, startChildBackend} from '../helpers/backend.ts';
import {absent, startFault} from '../helpers/fault.ts';
import {startPlane} from '../helpers/plane.ts';
import {connectRaw} from '../helpers/raw.ts';
import {until} from '../helpers/until.ts';

// Rows W1 to W3 and H9 of the case list: upgrades.
type Echo = Readonly<{name: string; url: URL; server: WebSocketServer; heads: Array<Readonly<{url: string | undefined}>>}>;

const startEcho = async (t: ExecutionContext, name: string): Promise<Echo> => {
	const heads: Echo['heads'] = [];
	const server = new WebSocketServer({port: 0, host: '127.0.0.1'});
	server.on('connection', (socket, {url}) => {
		heads.push({url});
		socket.on('error', () => undefined).on('message', (data, isBinary) => {
			socket.send(data, {binary: isBinary});
		});
	});
	await new Promise(resolve => {
		server.once('listening', resolve);
	});
	t.teardown(() => {
		for (const client of server.clients) {
			client.terminate();
		}

		server.close();
	});
	const {port} = server.address() as AddressInfo;
	return {name, url: new URL(`http://127.0.0.1:${port}`), server, heads};
};

const openSocket = async (t: ExecutionContext, url: string, headers: Record<string, string> = {}): Promise<WebSocket> => {
	const socket = new WebSocket(url.replace('http', 'ws'), {headers});
	t.teardown(() => {
		socket.terminate();
	});
	socket.on('error', () => undefined);
	await new Promise((resolve, reject) => {
		socket.once('open', resolve).once('error', reject);
	});
	return socket;
};

const echoed = async (socket: WebSocket, text: string): Promise<string> => new Promise(resolve => {
	socket.once('message', (data: Buffer) => {
		resolve(data.toString());
	});
	socket.send(text);
});

const own = 'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
const handshake = (path = '/', fields = ''): string => `GET ${path} HTTP/1.1\r\n${own}${fields}\r\n`;

test('W1: frames go both ways', async t => {
	const echo = await startEcho(t, 'a');
	const {url} = await startPlane(t, [echo]);
	const socket = await openSocket(t, `${url}/chat?x=1`);
	t.is(await echoed(socket, 'hello'), 'hello');
	const large = 'x'.repeat(1_000_000);
	t.is(await echoed(socket, large), large);
	t.is(echo.heads[0]?.url, '/chat?x=1');
});

test('W1: a frame in the same packet as the handshake is delivered', async t => {
	const echo = await startEcho(t, 'a');
	const {port} = await startPlane(t, [echo]);
	const client = await connectRaw(t, port);
	// A masked text frame "hi", its mask all zeros.
	client.send(`${handshake()}\u0081\u0082\u0000\u0000\u0000\u0000hi`);
	await until('the echo', () => client.text().endsWith('\u0081\u0002hi'));
	t.regex(client.text(), /^HTTP\/1\.1 101 /v);
});

test('W1: a frame in the same packet as the answer is delivered', async t => {
	const backend = await startFault(t, 'a', ({write}) => {
		write('HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\u0081\u0002hi');
	});
	const {port} = await startPlane(t, [backend]);
	const client = await connectRaw(t, port);
	client.send(handshake());
	t.truthy(await until('the frame', () => client.text().endsWith('\u0081\u0002hi')));
});

test('an upgrade has its fields filtered like any request, both ways', async t => {
	const backend = await startFault(t, 'a', ({write}) => {
		const fields = ['Connection: Upgrade, X-Hop', 'X-Hop: 1', 'Upgrade: websocket', 'Keep-Alive: timeout=1', 'Sec-WebSocket-Protocol: p', 'Set-Cookie: a=1', 'Set-Cookie: b=2'];
		write(`HTTP/1.1 101 O\u0080K\r\n${fields.join('\r\n')}\r\n\r\n`);
	});
	const {port} = await startPlane(t, [backend], {endpoint: () => ({headers: {'x-key': 'secret'}})});
	const client = await connectRaw(t, port);
	const fields = ['Connection: X-Drop', 'X-Drop: 1', 'Proxy-Foo: 1', 'Trailer: x', 'X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Proto: wss', '__proto__: x', ''];
	client.send(handshake('//a/../b?x?', fields.join('\r\n')));
	await until('the answer', () => client.text().includes('\r\n\r\n'));
	const head = (backend.heads[0] ?? '').toLowerCase();
	t.true(head.startsWith('get //a/../b?x? http/1.1\r\n'), head);
	t.notRegex(head, /x-drop|proxy-foo|trailer/v);
	t.regex(head, /\r\nx-forwarded-for: 6\.6\.6\.6, 127\.0\.0\.1\r\n/v);
	t.regex(head, /\r\nx-forwarded-proto: http\r\n/v);
	t.regex(head, /\r\nx-key: secret\r\n/v);
	t.regex(head, new RegExp(String.raw`\r\nhost: 127\.0\.0\.1:${backend.port}\r\n`, 'v'));
	t.regex(client.text(), /^HTTP\/1\.1 101 Switching Protocols\r\n/v);
	t.notRegex(client.text(), /x-hop|keep-alive/iv);
	t.regex(client.text(), /set-cookie: a=1\r\nset-cookie: b=2\r\n/iv);
	t.regex(client.text(), /sec-websocket-protocol: p/iv);
});

test('W2: a client that resets while its upgrade is pending harms nobody, and the target is freed', async t => {
	const backend = await startFault(t, 'a', () => undefined);
	const {port, actions, listener} = await startPlane(t, [backend]);
	const client = await connectRaw(t, port);
	client.send(handshake());
	await until('the upgrade to arrive', () => backend.heads.length === 1);
	client.socket.resetAndDestroy();
	await until('the target to be freed', () => backend.open() === 0, 6000);
	await until('the client to be gone', () => listener.connections() === 0);
	t.deepEqual(actions.filter(({type}) => type === 'failed'), []);
});

for (const side of ['client', 'target'] as const) {
	for (const way of ['reset', 'close'] as const) {
		test(`W3: a ${way} of the ${side} closes the other side`, async t => {
			const echo = await startEcho(t, 'a');
			const {port, listener, access} = await startPlane(t, [echo]);
			const client = await connectRaw(t, port);
			client.send(handshake());
			await until('the upgrade', () => echo.server.clients.size === 1 && client.text().includes('101'));
			const [peer] = echo.server.clients;
			const raw = (peer as unknown as {_socket: Socket})._socket;
			const socket = side === 'client' ? client.socket : raw;
			if (way === 'reset') {
				socket.resetAndDestroy();
			} else {
				socket.destroy();
			}

			await until('the target to be closed', () => echo.server.clients.size === 0, 6000);
			await until('the client to be closed', () => client.socket.destroyed || client.isClosed(), 6000);
			await until('the proxy to forget it', () => listener.connections() === 0, 6000);
			t.is(access[0]?.status, 101);
		});
	}
}

test('H9: a refused upgrade is relayed, and no tunnel is left', async t => {
	const backend = await startFault(t, 'a', ({write}) => {
		write('HTTP/1.1 426 Nope\u0001\r\nUpgrade: websocket\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nnope');
	});
	const {port, listener} = await startPlane(t, [backend]);
	const client = await connectRaw(t, port);
	client.send(handshake());
	const reply = await client.reply();
	t.is(reply.status, 426);
	t.is(reply.reason, 'Upgrade Required');
	t.is(reply.body, 'nope');
	await client.closed();
	await until('both to be closed', () => listener.connections() === 0 && backend.open() === 0);
});

test('H9: a refusal that breaks off is cut for the client', async t => {
	const backend = await startFault(t, 'a', call => {
		call.write('HTTP/1.1 403 No\r\nContent-Length: 400\r\n\r\nno');
		setTimeout(call.reset, 50);
	});
	const {port} = await startPlane(t, [backend]);
	const client = await connectRaw(t, port);
	client.send(handshake());
	t.false((await client.reply()).isWhole);
});

test('H9: an upgrade that is never answered is a 504 in bounded time', async t => {
	const backend = await startFault(t, 'a', () => undefined);
	const {port, actions} = await startPlane(t, [backend], {timeouts: {upgrade: 300}});
	const client = await connectRaw(t, port);
	client.send(handshake());
	const reply = await client.reply();
	t.is(reply.status, 504);
	t.is((JSON.parse(reply.body) as {code: string}).code, 'TARGET_TIMEOUT');
	await until('the target to be freed', () => backend.open() === 0);
	t.is(actions.filter(({type}) => type === 'failed').length, 1);
});

for (const [what, answer] of Object.entries({'a clean end': '', garbage: 'no http at all\r\n\r\n', 'half a head': 'HTTP/1.1 101 Sw'})) {
	test(`H9: ${what} instead of an answer is a 502`, async t => {
		const backend = await startFault(t, 'a', ({end}) => {
			end(answer);
		});
		const {port} = await startPlane(t, [backend]);
		const client = await connectRaw(t, port);
		client.send(handshake());
		t.is((await client.reply()).status, 502);
	});
}

test('an upgrade goes to the next target when the active one can not be reached', async t => {
	const echo = await startEcho(t, 'b');
	const {url, proxy} = await startPlane(t, [await absent(t, 'a'), echo]);
	const socket = await openSocket(t, url);
	t.is(await echoed(socket, 'hello'), 'hello');
	t.is(proxy.getCounters().targets.a?.retries, 1);
});

test('an upgrade nobody can take is a 502 with JSON', async t => {
	const {port} = await startPlane(t, [await absent(t, 'a')]);
	const client = await connectRaw(t, port);
	client.send(handshake());
	const reply = await client.reply();
	t.is(reply.status, 502);
	t.is((JSON.parse(reply.body) as {code: string}).code, 'TARGET_REFUSED');
});

test('an open WebSocket stays where it began when the active target changes', async t => {
	const [a, b] = [await startEcho(t, 'a'), await startEcho(t, 'b')];
	const {url, store} = await startPlane(t, [a, b]);
	const first = await openSocket(t, url);
	store.dispatch({type: 'switch', id: 'b'});
	t.is(await echoed(first, 'still'), 'still');
	await openSocket(t, url);
	t.is(a.server.clients.size, 1);
	t.is(b.server.clients.size, 1);
});

test('/targets/NAME upgrades straight to that target', async t => {
	const [a, b] = [await startEcho(t, 'a'), await startEcho(t, 'b')];
	const {url} = await startPlane(t, [a, b]);
	await openSocket(t, `${url}/targets/b/x`);
	t.is(b.heads[0]?.url, '/x');
	t.is(a.server.clients.size, 0);
});

test('closing ends open WebSockets at once', async t => {
	const echo = await startEcho(t, 'a');
	const {url, listener} = await startPlane(t, [echo]);
	const socket = await openSocket(t, url);
	const began = performance.now();
	await listener.close(10_000);
	t.true(performance.now() - began < 5000);
	await until('both sides to be closed', () => socket.readyState === WebSocket.CLOSED && echo.server.clients.size === 0);
});

for (const [what, path, status] of [['a name nobody has', '/targets/nobody', 404], ['a target with its hands full', '/', 503]] as const) {
	test(`an upgrade for ${what} is a ${status} with JSON, and leaves no trace in the counters`, async t => {
		const echo = await startEcho(t, 'a');
		const {port, proxy, listener} = await startPlane(t, [echo], {limits: {inFlight: 0}});
		const client = await connectRaw(t, port);
		client.send(handshake(path));
		t.is((await client.reply()).status, status);
		await client.closed();
		await until('it to be over', () => listener.inFlight() === 0 && listener.connections() === 0);
		t.false(Object.hasOwn(proxy.getCounters().targets, 'nobody'));
	});
}

test('a client that leaves while its upgrade waits for a connection is forgotten', async t => {
	const child = await startChildBackend(t, 'a', 1);
	const {port, proxy, listener, access} = await startPlane(t, [child], {timeouts: {connect: 500}});
	await fillBacklog(t, child);
	const [socket, plain] = [await connectRaw(t, port), await connectRaw(t, port)];
	socket.send(handshake());
	plain.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
	await until('both to be under way', () => listener.inFlight() === 2);
	socket.socket.resetAndDestroy();
	plain.socket.resetAndDestroy();
	await until('both to be forgotten', () => access.length === 2);
	t.deepEqual(access.map(({status}) => status), [499, 499]);
	t.is(proxy.getCounters().targets.a?.aborts, 2);
});
