import test from 'ava';
import type {ReportAction} from '../../source/core/action.ts';
import {callsKept} from '../../source/core/state.ts';
import {createMcpNews, type McpNews} from '../../source/daemon/mcp-news.ts';
import {mcpCall, session} from '../helpers/core.ts';
import {until} from '../helpers/until.ts';

const collect = (interval?: number, count = 0): {news: McpNews; actions: ReportAction[]} => {
	const actions: ReportAction[] = [];
	const news = createMcpNews({
		dispatch(action) {
			actions.push(action);
		},
		find: id => id === 'gone' ? undefined : session({id}),
		getCount: () => count,
		...(interval !== undefined && {interval}),
	});
	return {news, actions};
};

test('calls and sessions are told together, a moment later', async t => {
	const {news, actions} = collect(1);
	news.onCall(mcpCall({id: 1}));
	news.onSession('one');
	news.onCall(mcpCall({id: 2}));
	news.onSession('one');
	news.onSession('gone');
	t.deepEqual(actions, [], 'nothing on the way of a request');
	await until('they are told', () => actions.length === 2);
	t.deepEqual(actions, [
		{type: 'calls', calls: [mcpCall({id: 1}), mcpCall({id: 2})], dropped: 0},
		{type: 'sessions', changed: [session({id: 'one'}), session()], closed: ['gone']},
	]);
});

test('more calls than there is room for are counted, not kept', t => {
	const {news, actions} = collect();
	for (let id = 0; id < callsKept + 3; id++) {
		news.onCall(mcpCall({id, session: undefined}));
	}

	news.stop();
	t.like(actions, [{type: 'calls', calls: {length: callsKept}, dropped: 3}]);
	t.is(actions.length, 1);
});

test('a stop tells what is left, at once', t => {
	const {news, actions} = collect();
	news.stop();
	t.deepEqual(actions, []);
	news.onSession('gone');
	news.flush();
	t.deepEqual(actions, [{type: 'sessions', changed: [], closed: ['gone']}]);
});

test('where there are very many sessions, what changed of them is told less often, and calls as ever', async t => {
	const {news, actions} = collect(1, 1_000_000);
	const told = (type: ReportAction['type']): number => actions.filter(action => action.type === type).length;
	news.onSession('one');
	await until('the first change is told', () => told('sessions') === 1);
	for (const id of [1, 2, 3]) {
		news.onCall(mcpCall({id}));
		await until('the call is told', () => told('calls') === id); // eslint-disable-line no-await-in-loop -- one after the other
	}

	t.is(told('sessions'), 1);
	news.stop();
	t.is(told('sessions'), 2);
});
