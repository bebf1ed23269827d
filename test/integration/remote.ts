import test, {type ExecutionContext} from 'ava';
import type {Client} from '../../source/client/client.ts';
import {connectRemote} from '../../source/client/remote.ts';
import {waitFor} from '../../source/client/wait.ts';
import {AppError} from '../../source/core/errors.ts';
import {startStub, type Stub} from '../helpers/daemon-stub.ts';

const quick = {fastest: 10, slowest: 50, timeout: 5000};

const connect = async (t: ExecutionContext, stub: Stub, options: Partial<Parameters<typeof connectRemote>[0]> = {}): Promise<Client> => {
	const client = await connectRemote({url: stub.url, ...quick, ...options});
	t.teardown(client.close);
	return client;
};

/** The state as JSON has it: without what is undefined. */
const plain = ({getState}: Pick<Client, 'getState'>): unknown => {
	const text = JSON.stringify(getState());
	return JSON.parse(text);
};

const until = async (client: Client, check: () => boolean): Promise<void> => waitFor(client.subscribe, check, 10_000, () => (
	new AppError('TIMED_OUT', `It stayed so: ${JSON.stringify([client.getState(), client.getLink()])}`)
));

const often = (listener: () => void): (() => void) => {
	const timer = setInterval(listener, 5);
	return () => {
		clearInterval(timer);
	};
};

test('shows the same state as the daemon', async t => {
	const stub = await startStub(t);
	const client = await connect(t, stub);
	t.deepEqual(client.getLink(), {status: 'live'});
	t.is(client.getState().active, 'a');
	stub.store.dispatch({type: 'switch', id: 'b'});
	await until(client, () => client.getState().active === 'b');
	t.deepEqual(plain(client), plain(stub.store));
	t.is(client.getNews().at(-1)?.event.type, 'active.switched');
});

test('an action is done when this side shows it', async t => {
	const stub = await startStub(t);
	const client = await connect(t, stub);
	await client.run({type: 'switch', id: 'b'});
	t.is(client.getState().active, 'b');
});

test('a refusal comes back as the same error, with its code and hint', async t => {
	const stub = await startStub(t);
	const client = await connect(t, stub);
	const error = await t.throwsAsync(client.run({type: 'switch', id: 'c'}), {instanceOf: AppError});
	t.like(error, {code: 'TARGET_UNKNOWN', exit: 5, message: 'No target is called "c". Known: a, b.'});
});

test('catches up with what it missed after a cut, without a new snapshot', async t => {
	const stub = await startStub(t);
	const client = await connect(t, stub);
	const seq = stub.store.getSeq();
	stub.cut();
	await until(client, () => client.getLink().status === 'lost');
	stub.store.dispatch({type: 'automatic', isAutomatic: false});
	await until(client, () => !client.getState().isAutomatic);
	t.deepEqual(stub.asked, ['', String(seq)]);
	t.deepEqual(client.getLink(), {status: 'live'});
});

test('finds the daemon again after a restart, and shows its new state', async t => {
	const stub = await startStub(t);
	const client = await connect(t, stub);
	await stub.stop();
	await until(client, () => client.getLink().status === 'lost');
	const again = await startStub(t, {port: stub.port, startedAt: Date.now() + 1000});
	again.store.dispatch({type: 'switch', id: 'b'});
	await until(client, () => client.getLink().status === 'live' && client.getState().active === 'b');
	t.deepEqual(plain(client), plain(again.store));
});

test('keeps what it last knew while the link is lost, and says since when', async t => {
	const stub = await startStub(t);
	const client = await connect(t, stub, {slowest: 60_000, fastest: 60_000});
	const before = Date.now();
	await stub.stop();
	await until(client, () => client.getLink().status === 'lost');
	const link = client.getLink();
	t.is(client.getState().active, 'a');
	t.true(link.status === 'lost' && link.attempt === 1 && link.retryAt > before + 40_000 && link.since <= Date.now());
	await startStub(t, {port: stub.port, startedAt: Date.now() + 1000});
	client.retry();
	await until(client, () => client.getLink().status === 'live');
});

test('asks for a snapshot when events are missing', async t => {
	const stub = await startStub(t);
	const client = await connect(t, stub);
	let swallowed = 0;
	stub.tamper.frame = text => text.includes('automatic.changed') && swallowed++ === 0 ? undefined : text;
	stub.store.dispatch({type: 'automatic', isAutomatic: false});
	stub.store.dispatch({type: 'switch', id: 'b'});
	await until(client, () => client.getState().active === 'b' && !client.getState().isAutomatic);
	t.deepEqual(stub.asked, ['', '']);
});

test('a line without heartbeats is lost, not live', async t => {
	const stub = await startStub(t);
	const client = await connect(t, stub, {heartbeat: 40, fastest: 60_000, slowest: 60_000});
	await until(client, () => client.getLink().status === 'lost');
	const link = client.getLink();
	t.regex(link.status === 'lost' ? link.reason : '', /no sign of life/v);
});

test('says at once when nothing listens', async t => {
	const stub = await startStub(t);
	await stub.stop();
	const error = await t.throwsAsync(connectRemote({url: stub.url, ...quick}), {instanceOf: AppError});
	t.like(error, {code: 'DAEMON_UNREACHABLE', exit: 6, message: `No link to the proxy at ${stub.url}: nothing listens there.`});
});

test('gives up on a daemon that shows no state', async t => {
	const stub = await startStub(t);
	stub.tamper.frame = () => undefined;
	await t.throwsAsync(connectRemote({url: stub.url, ...quick, timeout: 100}), {code: 'DAEMON_UNREACHABLE'});
});

test('gives up on what is not a live feed', async t => {
	const stub = await startStub(t);
	stub.tamper.frame = () => '{"type":"greeting"}';
	await t.throwsAsync(connectRemote({url: stub.url, ...quick}), {message: /not a live feed/v});
});

test('a token opens what is closed without', async t => {
	const stub = await startStub(t, {token: 'secret'});
	const error = await t.throwsAsync(connectRemote({url: stub.url, ...quick}), {instanceOf: AppError});
	t.like(error, {code: 'TOKEN_NEEDED', exit: 4, hint: 'Send it.'});
	const client = await connect(t, stub, {token: 'secret'});
	await client.run({type: 'switch', id: 'b'});
	t.is(client.getState().active, 'b');
});

test('an abort closes it', async t => {
	const stub = await startStub(t);
	const controller = new AbortController();
	await connect(t, stub, {signal: controller.signal});
	t.is(stub.countReaders(), 1);
	controller.abort();
	await t.throwsAsync(connectRemote({url: stub.url, ...quick, signal: controller.signal}));
	await waitFor(often, () => stub.countReaders() === 0, 10_000, () => new AppError('TIMED_OUT', 'It stayed open.'));
});

test('an address that is none is a usage error', async t => {
	const error = await t.throwsAsync(connectRemote({url: 'localhost', ...quick}), {instanceOf: AppError});
	t.like(error, {code: 'USAGE', exit: 2});
});
