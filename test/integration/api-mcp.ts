import test from 'ava';
import {callsShape, errorShape, oneTargetShape, sessionsShape, statusShape} from '../../source/client/shapes.ts';
import {allUp, startApi} from '../helpers/api-rig.ts';
import {ask, post} from '../helpers/ask.ts';
import {catalogue, mcpCall, session} from '../helpers/core.ts';

test('GET /api/proxy/calls gives the newest calls, or those after one', async t => {
	const {port, store} = await startApi(t);
	store.dispatch({type: 'calls', calls: [mcpCall({id: 1, ms: 1.234_56}), mcpCall({id: 2, verdict: 'rpc', code: -32_602, subject: undefined, request: '{}'}), mcpCall({id: 3})]});
	const all = callsShape.parse((await ask(port, '/api/proxy/calls')).json);
	t.deepEqual(all.items.map(({id}) => id), [1, 2, 3]);
	t.true(all.isComplete);
	t.like(all.items[0], {ms: 1.23, tool: 'add', code: null, verdict: 'ok', inBytes: 100, outBytes: 200, attempts: 1, request: null});
	t.like(all.items[1], {tool: null, code: -32_602, verdict: 'rpc', request: '{}'});
	const later = callsShape.parse((await ask(port, '/api/proxy/calls?since=1&limit=1')).json);
	t.deepEqual(later.items.map(({id}) => id), [3]);
	t.false(later.isComplete, 'one was left out');
	t.deepEqual(callsShape.parse((await ask(port, '/api/proxy/calls?limit=0')).json).items, []);
	t.like(await ask(port, '/api/proxy/calls?since=x'), {status: 400});
	t.like(await ask(port, '/api/proxy/calls?limit=-1'), {status: 400});
});

test('GET /api/proxy/calls says when calls are gone', async t => {
	const {port, store} = await startApi(t);
	store.dispatch({type: 'calls', calls: [mcpCall({id: 8}), mcpCall({id: 9})]});
	t.false(callsShape.parse((await ask(port, '/api/proxy/calls?since=5')).json).isComplete);
	t.true(callsShape.parse((await ask(port, '/api/proxy/calls?since=7')).json).isComplete);
});

test('GET /api/proxy/sessions shows the open sessions, and the status counts them', async t => {
	const {port, store} = await startApi(t);
	store.dispatch({type: 'sessions', changed: [
		session({id: 'late', openedAt: 5, client: 'cursor 1.9', target: undefined}),
		session({openedAt: 1, target: 'augment', inFlight: 2}),
		session({id: 'more', openedAt: 9}),
	], closed: []});
	const {items} = sessionsShape.parse((await ask(port, '/api/proxy/sessions')).json);
	t.deepEqual(items.map(({id, target}) => [id, target]), [['abcd1234', 'augment'], ['late', null], ['more', 'a']]);
	const status = statusShape.parse((await ask(port, '/api/proxy/status')).json);
	t.deepEqual(status.sessions, {open: 3, inFlight: 2, clients: [{client: 'claude-code 2.0.1', sessions: 2}, {client: 'cursor 1.9', sessions: 1}]});
});

test('a session is ended by its short id', async t => {
	const {port, store} = await startApi(t);
	store.dispatch({type: 'sessions', changed: [session()], closed: []});
	const ended = await post(port, '/api/proxy/actions', {type: 'end-session', id: 'abcd1234'});
	t.is(ended.status, 200);
	const unknown = await post(port, '/api/proxy/actions', {type: 'end-session', id: 'nobody'});
	t.is(unknown.status, 404);
	t.is(errorShape.parse(unknown.json).code, 'SESSION_UNKNOWN');
});

test('a target shows what it offers, and what clients would miss on it', async t => {
	const {port, store} = await startApi(t);
	allUp(store);
	store.dispatch({type: 'catalogue', id: 'augment', catalogue: catalogue('add', 'sum')});
	store.dispatch({type: 'catalogue', id: 'cline', catalogue: catalogue('add:2')});
	store.dispatch({type: 'passed', id: 'cline', ms: 1, isPassive: false, note: 'needs a login (401)'});
	store.dispatch({type: 'sessions', changed: [session({target: 'cline'})], closed: []});
	const shown = oneTargetShape.parse((await ask(port, '/api/proxy/targets/cline')).json);
	t.like(shown, {lacks: ['tool sum'], changes: ['tool add'], note: 'needs a login (401)', sessions: 1});
	t.like(shown.catalogue, {server: 'everything 2.0.0', tools: ['add']});
});
