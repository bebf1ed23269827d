import {readFileSync, writeFileSync} from 'node:fs';
import {request} from 'node:https';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import type {TLSSocket} from 'node:tls';
import test, {type ExecutionContext} from 'ava';
import WebSocket, {WebSocketServer} from 'ws';
import {findTarget} from '../../source/core/state.ts';
import {startBackend, type Backend} from '../helpers/backend.ts';
import {otherCertificate, otherKey, testCertificate, testKey} from '../helpers/certificate.ts';
import {temporaryFolder} from '../helpers/folder.ts';
import {startMcpTarget} from '../helpers/mcp-target.ts';
import {startPlane, type Plane} from '../helpers/plane.ts';
import {connectRaw, exchangeRaw, type RawClient} from '../helpers/raw.ts';
import {startRig, type Rig} from '../helpers/rig.ts';
import {until} from '../helpers/until.ts';
import {watchThreads} from '../helpers/worker-threads.ts';

/* `server.tls`: a second address where clients come through TLS, and everything is as at the plain one. */
const identity = {cert: testCertificate, key: testKey};
const trust = {ca: testCertificate};

type Secure = Plane & {backend: Backend; securePort: number};

const start = async (t: ExecutionContext, options: Parameters<typeof startPlane>[2] = {}, backendOptions: Parameters<typeof startBackend>[2] = {}): Promise<Secure> => {
	const backend = await startBackend(t, 'a', backendOptions);
	const plane = await startPlane(t, [backend], {identity, ...options});
	return {...plane, backend, securePort: plane.listener.secure?.port ?? 0};
};

const connectTls = async (t: ExecutionContext, port: number, more: Readonly<Record<string, string>> = {}): Promise<RawClient> => connectRaw(t, port, {tls: {...trust, ...more}});

const nameOf = ({socket}: RawClient): unknown => (socket as TLSSocket).getPeerCertificate().subject.CN;

const get = (at: string): string => `GET ${at} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

type Answer = Readonly<{status: number; body: string}>;

type Asked = Readonly<{method?: string; headers?: Record<string, string>; body?: string}>;

const askTls = async (url: string, {method = 'GET', headers = {}, body}: Asked = {}): Promise<Answer> => new Promise((resolve, reject) => {
	request(url, {method, headers, ...trust, agent: false}, response => {
		text(response).then(all => {
			resolve({status: response.statusCode ?? 0, body: all});
		}, reject);
	}).on('error', reject).end(body);
});

test('a request through TLS reaches the target, which is told so', async t => {
	const {listener, backend, securePort} = await start(t);
	t.is(listener.secureUrl, `https://127.0.0.1:${securePort}`);
	const client = await connectTls(t, securePort);
	client.send(get('/x'));
	const reply = await client.reply();
	t.deepEqual([reply.status, reply.body], [200, 'a']);
	t.like(backend.seen[0], {url: '/x', headers: {'x-forwarded-proto': 'https', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': 'localhost'}});
});

test('requests in one piece are answered in order, on one connection, which a half-close ends after the last', async t => {
	const {backend, securePort} = await start(t, {}, {
		answer(asked, response) {
			response.end(asked.url);
		},
	});
	const client = await connectTls(t, securePort);
	client.send(`${get('/1')}${get('/2')}${get('/3')}`);
	client.socket.end();
	const replies = await client.replies(3);
	t.deepEqual(replies.map(({body}) => body), ['/1', '/2', '/3']);
	await client.closed();
	t.is(backend.seen.length, 3);
});

test('large bodies go both ways whole, whatever the pieces', async t => {
	const size = 4 * (1024 ** 2);
	const {securePort} = await start(t, {}, {
		answer(_request, response, body) {
			response.end(body);
		},
	});
	const body = Array.from({length: size / 16}, (_, index) => String(index).padStart(16, '.')).join('');
	const answer = await askTls(`https://localhost:${securePort}/echo`, {method: 'POST', body});
	t.is(answer.status, 200);
	t.true(answer.body === body);
});

test('an event is passed on while its stream goes on, and the target is left with the client', async t => {
	const {backend, securePort} = await start(t, {}, {
		early(_request, response) {
			response.writeHead(200, {'content-type': 'text/event-stream'});
			response.write('data: one\n\n');
			return true;
		},
	});
	const client = await connectTls(t, securePort);
	client.send(get('/events'));
	await until('the event', () => client.text().includes('data: one'));
	client.socket.destroy();
	await until('the target to be left', () => backend.open() === 0);
	t.is(backend.connections(), 1);
});

test('a WebSocket through TLS is a WebSocket', async t => {
	const sockets = new WebSocketServer({port: 0, host: '127.0.0.1'});
	t.teardown(() => {
		sockets.close();
	});
	sockets.on('connection', socket => {
		socket.on('message', data => {
			socket.send(`echo ${(data as Buffer).toString()}`);
		});
	});
	await until('the server', () => sockets.address() !== null);
	const url = new URL(`http://127.0.0.1:${(sockets.address() as {port: number}).port}`);
	const {listener} = await startPlane(t, [{name: 'a', url}], {identity});
	const socket = new WebSocket(`wss://localhost:${listener.secure?.port}/`, trust);
	t.teardown(() => {
		socket.terminate();
	});
	const said = await new Promise((resolve, reject) => {
		socket.on('error', reject).on('open', () => {
			socket.send('hello');
		}).on('message', data => {
			resolve((data as Buffer).toString());
		});
	});
	t.is(said, 'echo hello');
});

test('an absolute target is of our own host only with the scheme it came by', async t => {
	const {port, securePort, backend} = await start(t);
	const absolute = (scheme: string): string => get(`${scheme}://localhost/x`);
	for (const [scheme, status] of [['https', 200], ['http', 400]] as const) {
		const client = await connectTls(t, securePort); // eslint-disable-line no-await-in-loop
		client.send(absolute(scheme));
		t.is((await client.reply()).status, status, scheme); // eslint-disable-line no-await-in-loop
	}

	t.is((await exchangeRaw(t, port, absolute('https'))).status, 400);
	t.is(backend.seen.length, 1);
});

test('what is no TLS ends its own connection and nothing else', async t => {
	const {securePort} = await start(t);
	const plain = await connectRaw(t, securePort);
	plain.send(get('/'));
	await plain.closed();
	t.notRegex(plain.text(), /HTTP/v);
	const client = await connectTls(t, securePort);
	client.send(get('/'));
	t.is((await client.reply()).status, 200);
});

test('a handshake that does not come in time is cut, and one under way does not hold up the end', async t => {
	const {securePort} = await start(t, {limits: {headTimeout: 200}});
	const silent = await connectRaw(t, securePort);
	await silent.closed();
	const patient = await start(t, {limits: {headTimeout: 60_000}});
	const late = await connectRaw(t, patient.securePort);
	await patient.listener.close(30_000);
	await late.closed();
	t.is(patient.listener.connections(), 0);
});

test('a connection beyond the limit gets a 503 through TLS too: the limit is for both addresses together', async t => {
	const {port, securePort, listener} = await start(t, {limits: {connections: 1}});
	await connectRaw(t, port);
	await until('it to be in', () => listener.connections() === 1);
	const client = await connectTls(t, securePort);
	client.send(get('/'));
	t.is((await client.reply()).status, 503);
});

test('who is handed a new certificate shows it to those who come, and keeps those who are here', async t => {
	const {listener, securePort} = await start(t);
	const before = await connectTls(t, securePort);
	listener.renew({cert: otherCertificate, key: otherKey});
	const after = await connectTls(t, securePort, {ca: otherCertificate});
	t.deepEqual([nameOf(before), nameOf(after)], ['localhost', 'renewed']);
	for (const client of [before, after]) {
		client.send(get('/'));
		t.is((await client.reply()).status, 200); // eslint-disable-line no-await-in-loop
	}
});

test('with authorities set, a client needs a certificate of theirs', async t => {
	const {securePort, backend} = await start(t, {identity: {...identity, ca: testCertificate}});
	for (const own of [{}, {cert: otherCertificate, key: otherKey}]) {
		const stranger = await connectTls(t, securePort, own); // eslint-disable-line no-await-in-loop -- TLS 1.3 tells a client only after its own handshake
		stranger.send(get('/'));
		await stranger.closed(); // eslint-disable-line no-await-in-loop
		t.is(stranger.text(), '');
	}

	const client = await connectTls(t, securePort, {cert: testCertificate, key: testKey});
	client.send(get('/'));
	t.is((await client.reply()).status, 200);
	t.is(backend.seen.length, 1);
});

test('a port that is taken is ADDRESS_IN_USE, and the plain one is given back', async t => {
	const {port, securePort} = await start(t);
	await t.throwsAsync(startPlane(t, [], {identity, securePort}), {code: 'ADDRESS_IN_USE', message: new RegExp(`Port ${securePort} `, 'v')});
	t.is((await exchangeRaw(t, port, get('/'))).status, 200);
});

/** A daemon with both addresses, its certificate in files. */
const startDaemon = async (
	t: ExecutionContext,
	targets: Readonly<Record<string, string>>,
	{ca = false, ...server}: Readonly<Record<string, unknown> & {/** Whether clients need a certificate. */ ca?: boolean}> = {},
): Promise<{rig: Rig; cert: string; key: string; secureUrl: string}> => {
	const folder = temporaryFolder(t);
	const [cert, key] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
	writeFileSync(cert, testCertificate);
	writeFileSync(key, testKey);
	const rig = await startRig(t, targets, {server: {tls: {port: 0, cert, key, ...(ca && {ca: cert})}, ...server}});
	await until('the targets are up', () => Object.keys(targets).every(id => findTarget(rig.client.getState(), id)?.health.status === 'up'));
	return {rig, cert, key, secureUrl: rig.secureUrl ?? ''};
};

test.serial('what clients must show is as it was at the start, whatever a reload says, and at a worker that comes later too', async t => {
	const threads = watchThreads(t);
	const backend = await startBackend(t, 'a');
	const {rig, cert, key, secureUrl} = await startDaemon(t, {a: backend.url.href}, {workers: 2, ca: true});
	const port = Number(new URL(secureUrl).port);
	rig.write({server: {port: 0, host: '127.0.0.1', workers: 2, tls: {port: 0, cert, key}}});
	const isRead = (change: string): boolean => /^server\.tls\.ca .*next start/v.test(change);
	await until('the new settings', () => rig.client.getNews().some(({event}) => event.type === 'settings.applied' && event.changes.some(change => isRead(change))));
	await threads.kill(0);
	await until('a replacement that serves', async () => {
		await Promise.all(Array.from({length: 8}, async () => connectRaw(t, Number(new URL(rig.url).port))));
		const metrics = await fetch(`${rig.url}/metrics`);
		return Number(/^proxy_mcp_worker_connections\{worker="1"\} (\d+)$/mv.exec(await metrics.text())?.[1]) > 0;
	});
	const strangers = await Promise.all(Array.from({length: 16}, async () => connectTls(t, port)));
	for (const stranger of strangers) {
		stranger.send(get('/'));
		await stranger.closed(); // eslint-disable-line no-await-in-loop
		t.is(stranger.text(), '');
	}

	t.is(backend.seen.filter(({url}) => url === '/').length, 0);
});

const initialize = {
	method: 'POST',
	headers: {'content-type': 'application/json', accept: 'application/json, text/event-stream'},
	body: JSON.stringify({jsonrpc: '2.0', id: 1, method: 'initialize', params: {protocolVersion: '2025-11-25', capabilities: {}, clientInfo: {name: 'test', version: '0'}}}),
};

for (const workers of [1, 2]) {
	test(`with ${workers} worker${workers > 1 ? 's' : ''} MCP, page, API and traffic are at the address with TLS as at the plain one`, async t => {
		const target = await startMcpTarget(t, 'a');
		const {rig, secureUrl} = await startDaemon(t, {a: target.url}, {workers, host: 'localhost'});
		t.regex(secureUrl, /^https:\/\/localhost:\d+$/v);
		for (let round = 0; round < 6; round++) {
			/* eslint-disable no-await-in-loop */
			t.regex((await askTls(`${secureUrl}/mcp`, initialize)).body, /"protocolVersion":"2025-11-25"/v);
			t.regex((await askTls(`${secureUrl}/ui`)).body, /^<!doctype html>/iv);
			t.is((await askTls(`${secureUrl}/health`)).status, 200);
			t.is((await askTls(`${secureUrl}/api/proxy/status`, {headers: {origin: secureUrl}})).status, 200);
			t.is((await askTls(`${secureUrl}/api/proxy/status`, {headers: {origin: secureUrl.replace('https', 'http')}})).status, 403);
			t.is((await askTls(`${secureUrl}/control/state`)).status, 200);
			/* eslint-enable no-await-in-loop */
		}

		const config = await fetch(`${rig.url}/config`);
		t.notRegex(await config.text(), /key\.pem/v);
	});

	test(`with ${workers} worker${workers > 1 ? 's' : ''} a new certificate in the files is taken up, a broken one is told of and left`, async t => {
		const backend = await startBackend(t, 'a');
		const {rig, cert, key, secureUrl} = await startDaemon(t, {a: backend.url.href}, {workers});
		const port = Number(new URL(secureUrl).port);
		writeFileSync(cert, 'broken');
		await until('the fault', () => rig.client.getState().faults.some(fault => fault.includes('server.tls.cert')));
		t.is(nameOf(await connectTls(t, port)), 'localhost');
		writeFileSync(key, otherKey);
		writeFileSync(cert, otherCertificate);
		await until('the new one, at every worker', async () => {
			const clients = await Promise.all(Array.from({length: 8}, async () => connectTls(t, port, {ca: `${otherCertificate}${testCertificate}`})));
			return clients.every(client => nameOf(client) === 'renewed');
		});
		t.deepEqual(rig.client.getState().faults, []);
		t.regex(readFileSync(path.join(rig.logs, 'combined.log'), 'utf8'), /certificate of server\.tls/v);
	});
}
