import {once} from 'node:events';
import {createServer as createHttpServer, type RequestListener} from 'node:http';
import {createServer, type AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {defaultRules} from '../../source/core/rules.ts';
import {findTarget, type TargetState} from '../../source/core/state.ts';
import type {Endpoint} from '../../source/http/endpoint.ts';
import type {ProbePlan} from '../../source/http/probe-plan.ts';
import {createProber, type Prober} from '../../source/probe/prober.ts';
import {createStore, type Store} from '../../source/store/store.ts';
import {target} from '../helpers/core.ts';
import {until} from '../helpers/until.ts';

const plan = (id: string, more: Partial<ProbePlan> = {}): ProbePlan => ({
	id, kind: 'http', method: 'GET', path: '/health', headers: {}, statuses: [{from: 200, to: 299}], timeout: 2000, interval: 3_600_000, fastInterval: 10, downInterval: 10, ...more,
});

const endpoint = (id: string, url: string): Endpoint => ({
	id, url: new URL(url), headers: {}, tls: {isVerified: true}, timeouts: {connect: 2000, response: 60_000, idle: 0, upgrade: 10_000, keepAlive: 4000},
});

const listen = async (t: ExecutionContext, server: ReturnType<typeof createServer> | ReturnType<typeof createHttpServer>): Promise<number> => {
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.close();
		if ('closeAllConnections' in server) {
			server.closeAllConnections();
		}
	});
	return (server.address() as AddressInfo).port;
};

const serve = async (t: ExecutionContext, listener: RequestListener): Promise<string> => `http://127.0.0.1:${await listen(t, createHttpServer(listener))}`;

const closedPort = async (): Promise<string> => {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	server.close();
	await once(server, 'close');
	return `http://127.0.0.1:${port}`;
};

type Rig = Readonly<{store: Store; prober: Prober; see: (id: string) => TargetState | undefined}>;

const watch = (t: ExecutionContext, urls: Readonly<Record<string, string>>, more: Partial<ProbePlan> = {}): Rig => {
	const store = createStore();
	store.dispatch({type: 'configure', targets: Object.keys(urls).map(id => target(id)), rules: defaultRules, changes: []});
	const prober = createProber({
		getState: store.getState,
		dispatch: store.dispatch,
		getWatch: id => urls[id] === undefined ? undefined : {endpoint: endpoint(id, urls[id]), plan: plan(id, more)},
		getTransport: () => undefined,
	});
	t.teardown(prober.stop);
	prober.sync();
	return {store, prober, see: id => findTarget(store.getState(), id)};
};

test('one accepted answer brings a target up at once, and says how long it took', async t => {
	const url = await serve(t, (request, response) => {
		response.writeHead(request.url === '/base/health?full=1' ? 204 : 404).end();
	});
	const {see} = watch(t, {a: `${url}/base/`}, {path: '/health?full=1'});
	await until('a is up', () => see('a')?.health.status === 'up');
	const ms = see('a')?.probes[0] ?? -1;
	t.true(ms >= 0);
	t.regex(String(ms), /^\d+(?:\.\d{1,2})?$/v, 'in figures a person can read');
});

test('sends the fields of the settings', async t => {
	const url = await serve(t, (request, response) => {
		response.writeHead(request.headers.authorization === 'Bearer x' ? 200 : 401).end();
	});
	const {see} = watch(t, {a: url}, {headers: {authorization: 'Bearer x'}});
	await until('a is up', () => see('a')?.health.status === 'up');
	t.is(see('a')?.health.streak, 0);
});

test('a status that is not accepted fails, and says which', async t => {
	const url = await serve(t, (_, response) => {
		response.writeHead(503).end();
	});
	const {see} = watch(t, {a: url});
	await until('a is down', () => see('a')?.health.status === 'down');
	t.is(see('a')?.failure?.message, '/health answered 503');
});

test('redirects are not followed', async t => {
	const url = await serve(t, (request, response) => {
		response.writeHead(request.url === '/health' ? 302 : 200, {location: '/elsewhere'}).end();
	});
	const {see} = watch(t, {a: url});
	await until('a is down', () => see('a')?.health.status === 'down');
	t.is(see('a')?.failure?.message, '/health answered 302');
});

test('a target that is silent fails when its time is up', async t => {
	const url = await serve(t, () => undefined);
	const {see} = watch(t, {a: url}, {timeout: 50});
	await until('a is down', () => see('a')?.health.status === 'down');
	t.deepEqual(see('a')?.failure, {code: 'TARGET_TIMEOUT', message: 'no answer within 50 ms'});
});

test('a body that never ends does not hold up the verdict', async t => {
	const url = await serve(t, (_, response) => {
		response.writeHead(200).write('x');
	});
	const {see} = watch(t, {a: url});
	await until('a is up', () => see('a')?.health.status === 'up');
	t.is(see('a')?.health.streak, 0);
});

test('a refused connection is asked again at once, until the verdict stands', async t => {
	const server = createHttpServer((_, response) => response.end());
	const port = await listen(t, server);
	const {see, prober} = watch(t, {a: `http://127.0.0.1:${port}`}, {fastInterval: 3_600_000});
	await until('a is up', () => see('a')?.health.status === 'up');
	server.close();
	server.closeAllConnections();
	prober.check(['a']); // One look, as after a passive failure; the interval is an hour.
	await until('a is down', () => see('a')?.health.status === 'down');
	t.is(see('a')?.failure?.message, 'connection refused (ECONNREFUSED)');
});

test('a target that comes back is found by the probes', async t => {
	let status = 500;
	const url = await serve(t, (_, response) => {
		response.writeHead(status).end();
	});
	const {see} = watch(t, {a: url});
	await until('a is down', () => see('a')?.health.status === 'down');
	status = 200;
	await until('a is up', () => see('a')?.health.status === 'up');
	t.is(see('a')?.failure, undefined);
});

test('tcp needs no more than an open port', async t => {
	const port = await listen(t, createServer());
	const {see} = watch(t, {a: `http://127.0.0.1:${port}`, b: await closedPort()}, {kind: 'tcp'});
	await until('both have a verdict', () => see('a')?.health.status === 'up' && see('b')?.health.status === 'down');
	t.is(see('a')?.health.streak, 0);
});

test('a target in maintenance is not probed, one put back is probed at once', async t => {
	let count = 0;
	const url = await serve(t, (_, response) => {
		count++;
		response.end();
	});
	const {store, see, prober} = watch(t, {a: url, b: url});
	await until('both are up', () => see('a')?.health.status === 'up' && see('b')?.health.status === 'up');
	store.dispatch({type: 'admin', id: 'b', admin: 'maintenance'});
	prober.sync();
	const before = count;
	prober.check(['b']);
	await until('an explicit check is made all the same', () => count > before);
	store.dispatch({type: 'admin', id: 'b', admin: 'ready'});
	const then = count;
	prober.sync();
	t.true(await until('b is probed', () => count > then));
});

test('probes of a removed target end with it', async t => {
	let isOpen = false;
	let isClosed = false;
	const url = await serve(t, request => {
		isOpen = true;
		request.socket.on('close', () => {
			isClosed = true;
		});
	});
	const {store, prober, see} = watch(t, {a: url});
	await until('the probe is under way', () => isOpen);
	store.dispatch({type: 'configure', targets: [], rules: defaultRules, changes: []});
	prober.sync();
	await until('the probe under way is gone', () => isClosed);
	t.is(see('a'), undefined);
});

test('a probe leaves no connection behind, however long the target would keep it', async t => {
	let connections = 0;
	const server = createHttpServer((_request, response) => {
		response.end('an answer that nobody reads');
	});
	server.keepAliveTimeout = 3_600_000;
	server.on('connection', socket => {
		connections++;
		socket.on('close', () => {
			connections--;
		});
	});
	const {prober, see} = watch(t, {a: `http://127.0.0.1:${await listen(t, server)}`});
	for (const count of [1, 2, 3]) {
		prober.check(['a']);
		await until(`probe ${count} has an answer`, () => (see('a')?.probes.length ?? 0) >= count); // eslint-disable-line no-await-in-loop -- one probe after the other
	}

	await until('all connections are closed', () => connections === 0);
	t.is(connections, 0);
});
