import test from 'ava';
import {callsKept, findTarget} from '../../source/core/state.ts';
import {isNews} from '../../source/core/event.ts';
import {catalogue, createWorld, mcpCall, session} from '../helpers/core.ts';

test('calls are kept, the newest last, and no more than there is room for', t => {
	const {state, act} = createWorld(['a']);
	act({type: 'calls', calls: [mcpCall({id: 1}), mcpCall({id: 2})]});
	act({type: 'calls', calls: Array.from({length: callsKept}, (_, index) => mcpCall({id: index + 3})), dropped: 7});
	t.is(state().calls.length, callsKept);
	t.is(state().calls[0]?.id, 3);
	t.is(state().calls.at(-1)?.id, callsKept + 2);
	t.deepEqual(act({type: 'calls', calls: []}), []);
});

test('sessions come, change and go', t => {
	const {state, act} = createWorld(['a']);
	act({type: 'sessions', changed: [session(), session({id: 'other'})], closed: []});
	act({type: 'sessions', changed: [session({generation: 2})], closed: ['other', 'never']});
	t.deepEqual(state().sessions, {abcd1234: session({generation: 2})});
	t.deepEqual(act({type: 'sessions', changed: [], closed: []}), []);
});

test('an operator ends an open session, and no other', t => {
	const {act} = createWorld(['a']);
	act({type: 'sessions', changed: [session()], closed: []});
	t.deepEqual(act({type: 'end-session', id: 'abcd1234'}), [{type: 'session.ended', id: 'abcd1234'}]);
	t.throws(() => {
		act({type: 'end-session', id: 'constructor'});
	}, {code: 'SESSION_UNKNOWN'});
});

test('what a target offers is told when it differs, and kept while it is down', t => {
	const {state, act, pass, kill} = createWorld(['a', 'b']);
	pass('a', 'b');
	t.is(act({type: 'catalogue', id: 'a', catalogue: catalogue('add')}).length, 1);
	t.deepEqual(act({type: 'catalogue', id: 'a', catalogue: catalogue('add')}), []);
	t.deepEqual(act({type: 'catalogue', id: 'gone', catalogue: catalogue('add')}), []);
	kill('a');
	t.deepEqual(findTarget(state(), 'a')?.catalogue, catalogue('add'));
	t.is(act({type: 'catalogue', id: 'a', catalogue: undefined}).length, 1);
});

test('a probe that passed can say what is amiss, until one says nothing', t => {
	const {state, act, pass} = createWorld(['a']);
	act({type: 'passed', id: 'a', ms: 3, isPassive: false, note: 'needs a login (401)'});
	t.is(findTarget(state(), 'a')?.note, 'needs a login (401)');
	t.is(findTarget(state(), 'a')?.health.status, 'up');
	pass('a');
	t.is(findTarget(state(), 'a')?.note, undefined);
});

test('calls and sessions are routine; what a target offers is news', t => {
	const stamp = {seq: 1, at: 0, now: 0};
	t.false(isNews({...stamp, event: {type: 'mcp.called', calls: [], dropped: 1}}));
	t.false(isNews({...stamp, event: {type: 'sessions.changed', changed: [], closed: ['x']}}));
	t.true(isNews({...stamp, event: {type: 'target.catalogued', id: 'a', catalogue: undefined}}));
});
