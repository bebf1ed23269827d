import test from 'ava';
import {createHistory} from '../../source/store/history.ts';
import {createStore} from '../../source/store/store.ts';
import {createLocalClient} from '../../source/client/local.ts';
import {AppError} from '../../source/core/errors.ts';
import {defaultRules} from '../../source/core/rules.ts';
import type {Stamped} from '../../source/core/event.ts';
import {mcpCall, target} from '../helpers/core.ts';

const configure = {type: 'configure', targets: [target('a'), target('b')], rules: defaultRules, changes: []} as const;

test('persists each event before anyone hears of it', t => {
	const order: string[] = [];
	const store = createStore({
		persist({event}) {
			order.push(`persist ${event.type} ${store.getState().active ?? '-'}`);
		},
	});
	store.subscribe(({event}) => order.push(`hear ${event.type}`));
	store.dispatch(configure);
	t.deepEqual(order.slice(-5), ['hear rules.changed', 'hear target.added', 'hear target.added', 'hear settings.applied', 'hear active.switched']);
	t.true(order.includes('persist active.switched -'), 'the state had not changed yet');
});

test('a listener that dispatches waits its turn: all see one order', t => {
	const store = createStore();
	const seen: Array<Stamped['event']['type']> = [];
	store.subscribe(({event}) => {
		if (event.type === 'reload.requested') {
			store.dispatch({type: 'notice', room: 'test', message: 'from inside'});
		}
	});
	store.subscribe(({event}) => seen.push(event.type));
	store.dispatch({type: 'reload'});
	t.deepEqual(seen, ['reload.requested', 'fault.noticed']);
});

test('one listener that fails does not silence the others for ever', t => {
	const store = createStore();
	const unsubscribe = store.subscribe(() => {
		throw new Error('bad listener');
	});
	t.throws(() => {
		store.dispatch({type: 'reload'});
	});
	unsubscribe();
	let count = 0;
	store.subscribe(() => count++);
	store.dispatch({type: 'reload'});
	t.is(count, 1);
});

test('numbers go on rising over a restart', t => {
	const first = createStore({startedAt: 1000});
	first.dispatch({type: 'reload'});
	const second = createStore({startedAt: 2000});
	t.true(second.getSeq() > first.getSeq());
});

test('history gives what was missed, or says that it can not', t => {
	const history = createHistory(3);
	const store = createStore({startedAt: 0});
	store.subscribe(history.add);
	t.is(history.since(0), undefined);
	for (let count = 0; count < 5; count++) {
		store.dispatch({type: 'notice', room: 'test', message: String(count)});
	}

	t.deepEqual(history.since(3)?.map(({seq}) => seq), [4, 5]);
	t.deepEqual(history.since(5), []);
	t.is(history.since(99), undefined);
	store.dispatch({type: 'reload'});
	store.dispatch({type: 'reload'});
	t.is(history.since(1), undefined, 'gone');
	t.is(history.last(2).length, 2);
});

test('history has room for ten calls in place of one event', t => {
	const history = createHistory(3);
	const store = createStore({startedAt: 0});
	store.subscribe(history.add);
	for (let count = 0; count < 10; count++) {
		store.dispatch({type: 'calls', calls: Array.from({length: 20}, (_, id) => mcpCall({id}))});
	}

	t.is(history.since(7), undefined);
	t.deepEqual(history.since(8)?.map(({seq}) => seq), [9, 10]);
});

test('the routine of each second does not push the news out of history', t => {
	const history = createHistory(3);
	const store = createStore();
	store.subscribe(history.add);
	store.dispatch({type: 'reload'});
	for (let count = 0; count < 100; count++) {
		store.dispatch({type: 'sample', targets: {}});
	}

	t.deepEqual(history.last(5).map(({event}) => event.type), ['reload.requested']);
});

test('a local client shows the store, tells once a turn, and refuses as the store does', async t => {
	const store = createStore();
	const client = createLocalClient(store, 'http://localhost:4000');
	let calls = 0;
	const heard = new Promise<void>(resolve => {
		client.subscribe(() => {
			calls++;
			resolve();
		});
	});
	store.dispatch(configure);
	await heard;
	t.is(calls, 1);
	await client.run({type: 'switch', id: 'b'});
	t.is(client.getState().active, 'b');
	t.deepEqual(client.getLink(), {status: 'live'});
	t.true(client.getNews().some(({event}) => event.type === 'active.switched'));
	await t.throwsAsync(client.run({type: 'switch', id: 'nobody'}), {instanceOf: AppError});
	client.retry();
	client.close();
	store.dispatch({type: 'reload'});
	t.false(client.getNews().some(({event}) => event.type === 'reload.requested'));
});
