import test from 'ava';
import {type Hints, hintsOf} from '../../source/mcp/hints.ts';
import type {Params} from '../../source/mcp/message.ts';
import {remedyFor, type Remedy, type Unanswered} from '../../source/mcp/replay.ts';

const readOnly: Hints = {isReadOnly: true, isIdempotent: false};
const idempotent: Hints = {isReadOnly: false, isIdempotent: true};
const plain: Hints = {isReadOnly: false, isIdempotent: false};

const remedy = (method: string, more: Partial<Unanswered> = {}, params?: Params): Remedy => remedyFor({
	request: {jsonrpc: '2.0', id: 1, method, ...(params && {params})},
	trouble: 'cut',
	attempts: 1,
	hints: undefined,
	plan: {replay: 'hinted', trustsHints: true},
	wasServerRequestShown: false,
	isCancelled: false,
	...more,
});

const safe = ['ping',
	'initialize',
	'tools/list',
	'prompts/list',
	'resources/list',
	'resources/templates/list',
	'resources/read',
	'prompts/get',
	'completion/complete',
	'logging/setLevel',
	'resources/subscribe',
	'resources/unsubscribe',
	'tasks/get',
	'tasks/list',
	'server/discover',
	'subscriptions/listen'];

test('what was never sent, or turned away for its session, is sent again whatever it is', t => {
	for (const trouble of ['unsent', 'lost'] as const) {
		for (const method of [...safe, 'tools/call', 'tasks/cancel', 'anything/else']) {
			t.is(remedy(method, {trouble}), 'replay', `${method} ${trouble}`);
			t.is(remedy(method, {trouble, plan: {replay: 'none', trustsHints: false}}), 'replay', `${method} ${trouble}`);
		}
	}
});

test('after a cut, methods without effect are sent again and others end with an error', t => {
	for (const trouble of ['cut', 'timeout'] as const) {
		for (const method of safe) {
			t.is(remedy(method, {trouble}), 'replay', method);
			t.is(remedy(method, {trouble, wasServerRequestShown: true}), 'replay', method);
		}

		for (const method of ['tools/call', 'tasks/cancel', 'tasks/result', 'tasks/update', 'anything/else']) {
			t.is(remedy(method, {trouble}), 'error', method);
		}
	}
});

test('after a cut, a tool is called again only when its hints, its target and the settings all allow it', t => {
	const trusted = {replay: 'hinted', trustsHints: true} as const;
	const cases: ReadonlyArray<[more: Partial<Unanswered>, expected: Remedy]> = [
		[{hints: readOnly}, 'replay'],
		[{hints: idempotent}, 'replay'],
		[{hints: plain}, 'error'],
		[{hints: undefined}, 'error'],
		[{hints: readOnly, plan: {...trusted, trustsHints: false}}, 'error'],
		[{hints: readOnly, plan: {...trusted, replay: 'safe'}}, 'error'],
		[{hints: readOnly, plan: {...trusted, replay: 'none'}}, 'error'],
		[{hints: readOnly, wasServerRequestShown: true}, 'error'],
		[{hints: readOnly, attempts: 2}, 'replay'],
		[{hints: readOnly, attempts: 3}, 'error'],
	];
	for (const [more, expected] of cases) {
		t.is(remedy('tools/call', more), expected, JSON.stringify(more));
	}

	t.is(remedy('tools/call', {hints: readOnly}, {name: 'x', task: {ttl: 1}}), 'error');
	t.is(remedy('prompts/get', {hints: readOnly}, {name: 'x', task: {ttl: 1}}), 'error');
	t.is(remedy('tasks/cancel', {hints: readOnly}), 'error');
});

test('methods without effect are not sent again where the settings say never', t => {
	t.is(remedy('tools/list', {plan: {replay: 'none', trustsHints: true}}), 'error');
	t.is(remedy('tools/list', {plan: {replay: 'safe', trustsHints: true}}), 'replay');
});

test('a list begun at another target is begun anew by the client', t => {
	for (const trouble of ['cut', 'unsent', 'lost', 'timeout'] as const) {
		t.is(remedy('tools/list', {trouble}, {cursor: 'x'}), 'bad-cursor', trouble);
	}

	t.is(remedy('tools/list', {}, {}), 'replay');
	t.is(remedy('resources/read', {}, {uri: 'a', cursor: 'x'}), 'replay');
});

test('what the client cancelled is never sent again and never answered', t => {
	for (const trouble of ['unsent', 'lost', 'cut', 'paused', 'refused', 'timeout'] as const) {
		t.is(remedy('tools/list', {trouble, isCancelled: true}), 'silent', trouble);
	}
});

test('a stream that pauses is resumed, a refusal is passed on, and three times is enough', t => {
	t.is(remedy('tools/call', {trouble: 'paused', attempts: 3}), 'resume');
	t.is(remedy('tools/list', {trouble: 'refused'}), 'error');
	t.is(remedy('tools/list', {trouble: 'unsent', attempts: 3}), 'error');
});

test('reads the hints out of a list of tools, and no hint is a no', t => {
	const hints = hintsOf({tools: [
		{name: 'read', annotations: {readOnlyHint: true}},
		{name: 'put', annotations: {idempotentHint: true, readOnlyHint: 'true'}},
		{name: 'drop', annotations: null},
		{name: '__proto__'},
		{name: 7},
		null,
	]});
	t.deepEqual([...hints], [['read', readOnly], ['put', idempotent], ['drop', plain], ['__proto__', plain]]);
	t.is(hintsOf({}).size, 0);
	t.is(hintsOf({tools: 'x'}).size, 0);
});
