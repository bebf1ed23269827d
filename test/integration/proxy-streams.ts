import {connect} from 'node:net';
import {memoryUsage} from 'node:process';
import test from 'ava';
import {startBackend} from '../helpers/backend.ts';
import {startFault} from '../helpers/fault.ts';
import {startPlane} from '../helpers/plane.ts';
import {connectRaw} from '../helpers/raw.ts';
import {until} from '../helpers/until.ts';

// Rows S1 to S3 of the case list, and the flow of bodies: nothing waits, nothing piles up, nothing stays open.
const get = 'GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n';
const sse = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const event = 'c\r\ndata: hi you\r\n';

test('S1: an event is passed on when it comes', async t => {
	const backend = await startFault(t, 'a', ({write}) => {
		write(`${sse}6\r\nfirst\n\r\n`);
	});
	const {port} = await startPlane(t, [backend]);
	const client = await connectRaw(t, port);
	client.send(get);
	// The target sends nothing after it: what is held back would never come.
	t.true(await until('the first event', () => client.text().includes('first')));
});

test('S2: the head of a stream is passed on before its first event', async t => {
	const backend = await startFault(t, 'a', ({write}) => {
		write(sse);
	});
	const {port} = await startPlane(t, [backend]);
	const client = await connectRaw(t, port);
	client.send(get);
	await until('the head', () => client.text().includes('\r\n\r\n'));
	t.regex(client.text(), /text\/event-stream/v);
});

for (const [what, leave] of [['reset', 'resetAndDestroy'], ['close', 'destroy'], ['half-close', 'end']] as const) {
	test(`S3: a client that leaves a stream by a ${what} frees the target's connection`, async t => {
		const backend = await startFault(t, 'a', ({write}) => {
			write(sse + event);
		});
		const {port, listener, proxy} = await startPlane(t, [backend]);
		const clients = await Promise.all(Array.from({length: 20}, async () => connectRaw(t, port)));
		for (const client of clients) {
			client.send(get);
		}

		await until('all streams to be open', () => clients.every(client => client.text().includes('hi')));
		t.is(backend.open(), 20);
		for (const {socket} of clients.slice(1)) {
			socket[leave]();
		}

		await until('the left streams to be closed', () => backend.open() === 1, 6000);
		t.is(listener.inFlight(), 1);
		t.is(proxy.getCounters().targets.a?.aborts, 19);
		t.false(clients[0]?.isClosed());
	});

	test(`S3: a client that leaves by a ${what} while it waits for an answer frees the target's connection`, async t => {
		const backend = await startFault(t, 'a', () => undefined);
		const {port, actions, access} = await startPlane(t, [backend]);
		const client = await connectRaw(t, port);
		client.send('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi');
		await until('the request to arrive', () => backend.heads.length === 1);
		client.socket[leave]();
		await until('the connection to be closed', () => backend.open() === 0, 6000);
		t.deepEqual(actions.filter(({type}) => type === 'failed'), [], 'a client that leaves says nothing of the target');
		t.is(access[0]?.status, 499);
	});
}

test('a client that shuts its side after the request still gets its answer', async t => {
	const backend = await startBackend(t, 'a', {answer(_request, response) {
		setTimeout(() => {
			response.end('late');
		}, 200);
	}});
	const {port} = await startPlane(t, [backend]);
	const client = await connectRaw(t, port);
	client.socket.end('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
	t.is((await client.reply()).body, 'late');
});

test('a target that cuts a stream cuts it for the client', async t => {
	const backend = await startFault(t, 'a', call => {
		call.write(sse + event);
		setTimeout(call.reset, 100);
	});
	const {port} = await startPlane(t, [backend]);
	const client = await connectRaw(t, port);
	client.send(get);
	t.false((await client.reply()).isWhole);
});

test('a target that ends a stream ends it for the client, who keeps the connection', async t => {
	const backend = await startFault(t, 'a', call => {
		call.write(`${sse}${event}0\r\n\r\n`);
	});
	const {port} = await startPlane(t, [backend]);
	const client = await connectRaw(t, port);
	client.send(get);
	t.true((await client.reply()).isWhole);
	client.send(get);
	t.is((await client.replies(2)).length, 2);
});

test('a stream may be silent for longer than an answer may take', async t => {
	const backend = await startFault(t, 'a', call => {
		call.write(sse);
		setTimeout(() => {
			call.write(`${event}0\r\n\r\n`);
		}, 2500);
	});
	const {port} = await startPlane(t, [backend], {timeouts: {response: 300}});
	const client = await connectRaw(t, port);
	client.send(get);
	const reply = await client.reply();
	t.true(reply.isWhole);
	t.is(reply.body, 'data: hi you');
});

test('an upload and its answer flow at the same time', async t => {
	const backend = await startBackend(t, 'a', {early(request, response) {
		response.writeHead(200);
		request.pipe(response);
		return true;
	}});
	const {port} = await startPlane(t, [backend]);
	const client = await connectRaw(t, port);
	client.send('POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n');
	await until('the first piece to come back', () => client.text().includes('one'));
	client.send('3\r\ntwo\r\n0\r\n\r\n');
	const reply = await client.reply();
	t.is(reply.body, 'onetwo');
	t.true(reply.isWhole);
});

const size = 64 * 1024 * 1024;
const piece = Buffer.alloc(65_536, 'x');

test.serial('a slow reader holds the target back, and the proxy keeps little', async t => {
	let sent = 0;
	const backend = await startBackend(t, 'a', {answer(_request, response) {
		const pump = (): void => {
			if (sent >= size) {
				response.end();
				return;
			}

			sent += piece.length;
			response.write(piece, pump);
		};

		pump();
	}});
	const {port} = await startPlane(t, [backend]);
	const socket = connect({port, host: '127.0.0.1'});
	t.teardown(() => socket.destroy());
	socket.write(get);
	socket.pause();
	const before = memoryUsage().rss;
	let last = -1;
	await until('the target to be held back', async () => {
		const isStill = sent === last && sent > 0;
		last = sent;
		await new Promise(resolve => {
			setTimeout(resolve, 300);
		});
		return isStill;
	});
	t.true(sent < size / 2, `${sent} bytes were sent to a client that reads none`);
	t.true(memoryUsage().rss - before < size / 2);
	let received = 0;
	socket.on('data', chunk => {
		received += chunk.length;
	});
	socket.resume();
	await until('all of it to arrive', () => received >= size, 30_000);
});

test.serial('a target that reads slowly holds an upload back', async t => {
	const backend = await startBackend(t, 'a', {early(request, response) {
		request.pause();
		setTimeout(() => {
			request.resume();
			request.once('end', () => {
				response.end('done');
			});
		}, 1500);
		return true;
	}});
	const {port} = await startPlane(t, [backend]);
	const client = await connectRaw(t, port);
	client.send(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${size}\r\n\r\n`);
	let sent = 0;
	const pump = (): void => {
		if (sent < size) {
			sent += piece.length;
			client.socket.write(piece, pump);
		}
	};

	pump();
	let last = -1;
	await until('the client to be held back', async () => {
		const isStill = sent === last && sent > 0;
		last = sent;
		await new Promise(resolve => {
			setTimeout(resolve, 200);
		});
		return isStill;
	});
	t.true(sent < size / 2, `${sent} bytes were taken for a target that reads none`);
	const reply = await client.reply();
	t.is(reply.body, 'done');
});

test('a large upload and a large download arrive whole', async t => {
	const backend = await startBackend(t, 'a', {answer(_request, response, body) {
		response.end(body);
	}});
	const {url, proxy} = await startPlane(t, [backend]);
	const body = Buffer.alloc(5_000_003, 'abcdefg');
	for (const init of [{body}, {body: new Blob([body]).stream(), duplex: 'half'}]) {
		const reply = await fetch(url, {method: 'POST', ...init} as RequestInit); // eslint-disable-line no-await-in-loop
		t.true(body.equals(Buffer.from(await reply.arrayBuffer()))); // eslint-disable-line no-await-in-loop
	}

	t.like(proxy.getCounters().targets.a, {bytesIn: 2 * body.length, bytesOut: 2 * body.length});
});
