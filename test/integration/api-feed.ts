import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import WebSocket from 'ws';
import {bodiesTold, type Frame} from '../../source/client/feed.ts';
import {emptyMirror, reflect, type Mirror} from '../../source/client/mirror.ts';
import {allUp, startApi, takeDown, type ApiRig} from '../helpers/api-rig.ts';
import {ask} from '../helpers/ask.ts';
import {mcpCall} from '../helpers/core.ts';
import {until} from '../helpers/until.ts';

const handshake = [
	'GET /ws HTTP/1.1',
	'Host: localhost',
	'Connection: Upgrade',
	'Upgrade: websocket',
	'Sec-WebSocket-Version: 13',
	'Sec-WebSocket-Extensions: permessage-deflate',
	'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
	'\r\n',
].join('\r\n');

type Reader = Readonly<{socket: WebSocket; frames: Frame[]; closed: Promise<unknown[]>}>;

const read = async (t: ExecutionContext, {port}: Pick<ApiRig, 'port'>, query = ''): Promise<Reader> => {
	const socket = new WebSocket(`ws://127.0.0.1:${port}/ws${query}`);
	const frames: Frame[] = [];
	socket.on('message', data => {
		frames.push(JSON.parse((data as Buffer).toString()) as Frame);
	});
	const closed = once(socket, 'close');
	t.teardown(() => {
		socket.terminate();
	});
	await once(socket, 'open');
	await until('a first frame', () => frames.length > 0);
	return {socket, frames, closed};
};

test('begins with a snapshot and goes on with every event in order, so that a mirror shows the same state', async t => {
	const rig = await startApi(t);
	const {frames} = await read(t, rig);
	t.like(frames[0], {type: 'snapshot', schema: 'pmcp.stream/v1', activeSystem: 'augment'});
	allUp(rig.store);
	takeDown(rig.store, 'augment');
	await until('the newest event', () => frames.at(-1)?.seq === rig.feed.getSeq());
	t.deepEqual(frames.map(({seq}) => seq), frames.map((_, index) => (frames[0]?.seq ?? 0) + index));
	let mirror: Mirror | undefined = emptyMirror;
	for (const frame of frames) {
		mirror &&= reflect(mirror, frame);
	}

	t.deepEqual(JSON.parse(JSON.stringify(mirror?.state)), JSON.parse(JSON.stringify(rig.store.getState())));
});

test('a snapshot tells the bodies of the newest calls only, so that it does not outgrow a line', async t => {
	const rig = await startApi(t);
	rig.store.dispatch({type: 'calls', calls: Array.from({length: bodiesTold + 1}, (_, id) => mcpCall({id, request: 'asked', response: 'answered'}))});
	const {frames} = await read(t, rig);
	const [first] = frames;
	const calls = first?.type === 'snapshot' ? first.state.calls : [];
	t.deepEqual(calls[0], JSON.parse(JSON.stringify(mcpCall({id: 0}))));
	t.like(calls[1], {id: 1, request: 'asked', response: 'answered'});
	t.is(calls.length, bodiesTold + 1);
});

test('tells a change of the active system in the frame older clients know', async t => {
	const rig = await startApi(t);
	allUp(rig.store);
	const {frames} = await read(t, rig);
	takeDown(rig.store, 'augment');
	const frame = await until('the switch', () => frames.find(({type}) => type === 'system-change'));
	t.like(frame, {type: 'system-change', activeSystem: 'cline', previousSystem: 'augment', reason: 'failover'});
	t.regex(frame.at, /^\d{4}-\d\d-\d\dT.*Z$/v);
});

test('gives a reader that comes back what it missed', async t => {
	const rig = await startApi(t);
	const first = await read(t, rig);
	const seq = first.frames[0]?.seq ?? 0;
	first.socket.terminate();
	allUp(rig.store);
	const {frames} = await read(t, rig, `?since=${seq}`);
	await until('a heartbeat after what was missed', () => frames.at(-1)?.type === 'heartbeat');
	t.deepEqual(frames.map(frame => frame.seq), [1, 2, 3, 4, 4].map(step => seq + step));
	t.false(frames.some(({type}) => type === 'snapshot'));
});

test('gives a snapshot when what was missed is gone, or never was', async t => {
	const rig = await startApi(t, {history: 5});
	const old = rig.feed.getSeq();
	for (let count = 0; count < 20; count++) {
		rig.store.dispatch({type: 'passed', id: 'cline', ms: 1, isPassive: false});
	}

	await Promise.all([String(old), '0', String(rig.feed.getSeq() + 100), 'abc', '', '-1', '9'.repeat(30)].map(async since => {
		const {frames} = await read(t, rig, `?since=${since}`);
		t.like(frames[0], {type: 'snapshot', seq: rig.feed.getSeq()}, since);
	}));
});

test('beats while nothing happens, so that a silent line can be told from a quiet one', async t => {
	const rig = await startApi(t, {limits: {heartbeat: 20}});
	const {frames} = await read(t, rig);
	await until('three heartbeats', () => frames.filter(({type}) => type === 'heartbeat').length >= 3);
	t.is(frames.at(-1)?.seq, rig.feed.getSeq());
});

test('W4 drops a reader that does not read, and the others lose nothing', async t => {
	const rig = await startApi(t, {limits: {feedBuffer: 65_536}});
	const slow = connect(rig.port, '127.0.0.1');
	t.teardown(() => {
		slow.destroy();
	});
	slow.write(handshake);
	await once(slow, 'readable'); // Then never read: the kernel's buffers fill, and ours begin to.
	slow.pause();
	const errors: Error[] = [];
	slow.on('error', error => {
		errors.push(error);
	});
	const {frames} = await read(t, rig);
	const before = process.memoryUsage.rss();
	const message = 'x'.repeat(10_000);
	for (let count = 0; count < 3000; count++) {
		rig.store.dispatch({type: 'notice', room: 'test', message});
		if (count % 100 === 0) {
			await until('the good reader keeps up', () => frames.at(-1)?.seq === rig.feed.getSeq()); // eslint-disable-line no-await-in-loop -- one batch after the other
		}
	}

	await until('the good reader has all', () => frames.length === 3001);
	// Reading on shows that it ends: the rest of what was sent, then the cut.
	slow.resume();
	await until('the slow reader is cut off', () => slow.closed || errors.length > 0);
	t.true(slow.bytesRead < 25_000_000, `${slow.bytesRead} bytes of 30 MB reached it`);
	t.true(process.memoryUsage.rss() - before < 250_000_000);
});

const opened = async (t: ExecutionContext, port: number): Promise<Socket> => {
	const socket = connect(port, '127.0.0.1');
	socket.on('error', () => {
		socket.destroy();
	});
	t.teardown(() => {
		socket.destroy();
	});
	socket.write(handshake);
	const [data] = await once(socket, 'data') as [Buffer];
	t.regex(data.toString('latin1'), /^HTTP\/1\.1 101 /v);
	t.notRegex(data.toString('latin1'), /permessage-deflate/iv);
	return socket;
};

/** The close code among the last bytes a raw reader got. */
const closeCode = async (socket: Socket): Promise<number | undefined> => {
	let bytes = Buffer.alloc(0);
	socket.on('data', (chunk: Buffer) => {
		bytes = Buffer.concat([bytes, chunk]);
	});
	await until('the end', () => socket.closed || socket.readableEnded);
	const at = bytes.lastIndexOf(0x88);
	return at === -1 ? undefined : bytes.readUInt16BE(at + 2);
};

test('W5 closes with 1009 when a reader sends a megabyte', async t => {
	const rig = await startApi(t);
	const {socket, closed} = await read(t, rig);
	socket.send(Buffer.alloc(1_048_576));
	const [code] = await closed;
	t.is(code, 1009);
});

test('W5 closes a reader that sends tiny fragments without end', async t => {
	const rig = await startApi(t);
	const socket = await opened(t, rig.port);
	const mask = Buffer.alloc(4);
	const one = Buffer.concat([Buffer.from([0x00, 0x81]), mask, Buffer.from('x')]);
	socket.write(Buffer.concat([Buffer.from([0x01, 0x81]), mask, Buffer.from('x'), ...Array.from({length: 100_000}, () => one)]));
	t.is(await closeCode(socket), 1009);
});

test('W5 closes a reader that sends compressed frames, which were never agreed', async t => {
	const rig = await startApi(t);
	const socket = await opened(t, rig.port);
	socket.write(Buffer.concat([Buffer.from([0xC1, 0x81]), Buffer.alloc(4), Buffer.from('x')]));
	t.is(await closeCode(socket), 1002);
});

test('takes leave of its readers when the proxy stops', async t => {
	const rig = await startApi(t);
	const {closed} = await read(t, rig);
	await rig.stop();
	const [code] = await closed;
	t.is(code, 1012);
});

test('cuts off a reader that does not answer the leave-taking', async t => {
	const rig = await startApi(t);
	const socket = await opened(t, rig.port);
	await rig.stop();
	t.true(await until('the cut', () => socket.closed));
});

test('takes only so many readers', async t => {
	const rig = await startApi(t, {limits: {feedClients: 2}});
	const {socket} = await read(t, rig);
	await read(t, rig);
	const upgrade = {connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ=='};
	const status = async (): Promise<number> => {
		const answer = await ask(rig.port, '/ws', {headers: upgrade});
		return answer.status;
	};

	t.is(await status(), 503);
	socket.terminate();
	t.true(await until('a free place', async () => await status() === 101));
});

test('tells who asks without an upgrade what the feed is', async t => {
	const {port} = await startApi(t);
	const {status, headers} = await ask(port, '/ws');
	t.is(status, 426);
	t.is(headers.upgrade, 'websocket');
});
