import type {IncomingMessage} from 'node:http';
import {connect, type AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {WebSocket, WebSocketServer} from 'ws';
import {startBackend, type Backend} from '../helpers/backend.ts';
import {lentTo} from '../helpers/lent.ts';
import {startPlane, type Plane} from '../helpers/plane.ts';
import {connectRaw} from '../helpers/raw.ts';
import {until} from '../helpers/until.ts';

/* An exchange that a worker lends to the daemon's thread is the same exchange there: each test has messages between connection and handler. */
type Lent = Plane & Readonly<{getOpen: () => number}>;

const startLent = async (t: ExecutionContext, places: ReadonlyArray<Readonly<{name: string; url: URL}>>): Promise<Lent> => {
	let getOpen = (): number => 0;
	const plane = await startPlane(t, places, {
		between(context, handle) {
			const lent = lentTo(context, handle);
			({getOpen} = lent);
			return lent.handle;
		},
	});
	return {...plane, getOpen: () => getOpen()};
};

const startWith = async (t: ExecutionContext, ...given: Parameters<typeof startBackend> extends [unknown, unknown, ...infer Rest] ? Rest : never): Promise<Lent & {backend: Backend}> => {
	const backend = await startBackend(t, 'a', ...given);
	return {...await startLent(t, [backend]), backend};
};

const untilOver = async ({getOpen}: Lent): Promise<void> => {
	await until('nothing is lent any more', () => getOpen() === 0);
};

test('head, body and peer arrive as they were sent, one request after the other', async t => {
	const plane = await startWith(t);
	const client = await connectRaw(t, plane.port);
	client.send('POST /x?y=1 HTTP/1.1\r\nHost: localhost\r\nX-Own: täg\r\nContent-Length: 5\r\n\r\nhelloGET /next HTTP/1.1\r\nHost: localhost\r\n\r\n');
	const [first, second] = await client.replies(2);
	t.is(first?.body, 'a');
	t.is(second?.body, 'a');
	t.deepEqual(plane.backend.seen.map(({method, url, body}) => ({method, url, body})), [{method: 'POST', url: '/x?y=1', body: 'hello'}, {method: 'GET', url: '/next', body: ''}]);
	t.is(plane.backend.seen[0]?.headers['x-forwarded-for'], '127.0.0.1');
	await untilOver(plane);
});

test('a body in pieces arrives whole', async t => {
	const plane = await startWith(t);
	const client = await connectRaw(t, plane.port);
	client.send('POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n');
	for (let count = 0; count < 50; count++) {
		client.send(`10000\r\n${String(count % 10).repeat(65_536)}\r\n`);
	}

	client.send('0\r\n\r\n');
	t.is((await client.reply('POST')).status, 200);
	t.is(plane.backend.seen[0]?.body.length, 50 * 65_536);
	t.is(plane.backend.seen[0]?.body, Array.from({length: 50}, (_, count) => String(count % 10).repeat(65_536)).join(''));
	await untilOver(plane);
});

test('a client that waits to be asked for its body is asked', async t => {
	const plane = await startWith(t);
	const client = await connectRaw(t, plane.port);
	client.send('POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
	await until('it is asked', () => client.text().startsWith('HTTP/1.1 100 Continue\r\n'));
	client.send('hello');
	await until('the answer', () => client.text().includes('HTTP/1.1 200 OK'));
	t.is(plane.backend.seen[0]?.body, 'hello');
	await untilOver(plane);
});

test('a client that leaves takes its request to the target with it', async t => {
	let isCut = false;
	const plane = await startWith(t, {
		answer(_request, response) {
			response.write('begun');
			response.once('close', () => {
				isCut = true;
			});
		},
	});
	const client = await connectRaw(t, plane.port);
	client.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
	await until('the beginning', () => client.text().includes('begun'));
	client.socket.destroy();
	await until('the target is let go', () => isCut);
	t.is(plane.access[0]?.status, 200);
	await untilOver(plane);
});

test('a reply that breaks off is seen to', async t => {
	const plane = await startWith(t, {
		answer(_request, response) {
			response.setHeader('content-length', '100');
			response.write('only this', () => {
				response.destroy();
			});
		},
	});
	const client = await connectRaw(t, plane.port);
	client.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
	await client.closed();
	t.false((await client.reply()).isWhole);
	await untilOver(plane);
});

test('a slow target holds the client back', async t => {
	let held: IncomingMessage | undefined;
	const plane = await startWith(t, {
		early(request, response) {
			held = request.pause().once('end', () => {
				response.end('all');
			});
			return true;
		},
	});
	const size = 48 * (1024 ** 2);
	const socket = connect(plane.port, '127.0.0.1');
	t.teardown(() => {
		socket.destroy();
	});
	socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${size}\r\n\r\n`);
	const piece = Buffer.alloc(65_536, 'x');
	let sent = 0;
	const write = (): void => {
		while (sent < size) {
			sent += piece.length;
			if (!socket.write(piece)) {
				socket.once('drain', write);
				return;
			}
		}
	};

	write();
	let before = -1;
	await until('the client is held back', async () => {
		const isSame = sent === before;
		before = sent;
		await new Promise(resolve => {
			setTimeout(resolve, 100);
		});
		return isSame;
	});
	t.true(sent < size / 2, `${sent} bytes`);
	held?.resume();
	let text = '';
	socket.on('data', (chunk: Buffer) => {
		text += chunk.toString();
	});
	await until('the answer', () => text.endsWith('all'));
	await untilOver(plane);
});

test('an upgrade becomes a stream both ways, with an end that both sides see', async t => {
	const server = new WebSocketServer({port: 0, host: '127.0.0.1'});
	await new Promise(resolve => {
		server.once('listening', resolve);
	});
	t.teardown(() => {
		server.close();
	});
	server.on('connection', socket => {
		socket.on('message', data => {
			socket.send(data);
		});
	});
	const plane = await startLent(t, [{name: 'a', url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)}]);
	const socket = new WebSocket(`ws://127.0.0.1:${plane.port}/`);
	const large = 'x'.repeat(5_000_000);
	const texts: string[] = [];
	socket.on('message', data => {
		texts.push((data as Buffer).toString());
	});
	await new Promise(resolve => {
		socket.once('open', resolve);
	});
	socket.send('small');
	socket.send(large);
	await until('both come back', () => texts.length === 2);
	t.is(texts[0], 'small');
	t.true(texts[1] === large);
	t.is(plane.getOpen(), 1);
	socket.close();
	await until('the target sees the end', () => server.clients.size === 0);
	await untilOver(plane);
});
