import {MessageChannel} from 'node:worker_threads';
import test, {type ExecutionContext} from 'ava';
import {createFeed} from '../../source/client/feed.ts';
import {createLocalClient} from '../../source/client/local.ts';
import {connectPort, servePort} from '../../source/client/port.ts';
import {AppError} from '../../source/core/errors.ts';
import {defaultRules} from '../../source/core/rules.ts';
import {createHistory} from '../../source/store/history.ts';
import {createStore} from '../../source/store/store.ts';
import {target} from '../helpers/core.ts';
import {until} from '../helpers/until.ts';

const start = async (t: ExecutionContext) => {
	const store = createStore();
	const history = createHistory();
	store.subscribe(history.add);
	store.dispatch({type: 'configure', targets: [target('a'), target('b')], rules: defaultRules, changes: []});
	const {port1, port2} = new MessageChannel();
	const closed = Promise.withResolvers<void>();
	const stop = servePort(port1, createFeed(store, history), createLocalClient(store, 'x').run);
	const client = await connectPort(port2, 'http://localhost:4000', closed.promise);
	t.teardown(() => {
		stop();
		client.close();
		port1.close();
	});
	return {store, client, end: closed.resolve};
};

test('shows on the other thread what the daemon has', async t => {
	const {store, client} = await start(t);
	t.deepEqual(client.getState(), store.getState());
	let calls = 0;
	client.subscribe(() => calls++);
	store.dispatch({type: 'switch', id: 'b'});
	await until('the switch is seen', () => client.getState().active === 'b');
	t.deepEqual(client.getState(), store.getState());
	t.true(calls > 0);
	t.is(client.getNews().at(-1)?.event.type, 'active.switched');
});

test('what is asked is done and shown when the promise resolves', async t => {
	const {client, store} = await start(t);
	await client.run({type: 'switch', id: 'b'});
	t.is(client.getState().active, 'b');
	t.is(store.getState().active, 'b');
});

test('a refusal comes across with its code and hint', async t => {
	const {client} = await start(t);
	const error = await t.throwsAsync(client.run({type: 'switch', id: 'nobody'}), {instanceOf: AppError});
	t.is(error.code, 'TARGET_UNKNOWN');
	t.is(error.hint, 'Run `pmcp list` to see the names.');
});

test('when the daemon ends, the link is lost, and waiting and new wishes are refused', async t => {
	const {client, end} = await start(t);
	end();
	await until('the link is lost', () => client.getLink().status === 'lost');
	client.retry();
	await t.throwsAsync(client.run({type: 'reload'}), {instanceOf: AppError});
});
