import test from 'ava';
import fc from 'fast-check';
import {eraOf, versionKey, type Era, type GetHeader} from '../../source/mcp/era.ts';
import {decodeValue, encodeValue, refuseHeaders} from '../../source/mcp/headers.ts';
import type {Message, Params, Request} from '../../source/mcp/message.ts';
import {hasCursor, headerNameOf, isList, isSafe, subjectOf} from '../../source/mcp/methods.ts';
import {agreeOn, assumedVersion, compareVersions, hasBatches, hasPriming, isLegacy, isModern, newestLegacy} from '../../source/mcp/versions.ts';

const fields = (headers: Readonly<Record<string, string>>): GetHeader => name => headers[name];
const request = (method: string, params?: Params): Request => ({jsonrpc: '2.0', id: 7, method, ...(params && {params})});
const claiming = (method: string, version: unknown = '2026-07-28', params: Params = {}): Request => request(method, {...params, _meta: {[versionKey]: version}});
const modern = {'mcp-protocol-version': '2026-07-28'};

test('knows which era a message is of', t => {
	const cases: ReadonlyArray<[headers: Readonly<Record<string, string>>, message: Message | undefined, era: Era]> = [
		[{}, request('initialize', {protocolVersion: '2025-11-25'}), 'session'],
		[modern, request('initialize'), 'session'],
		[modern, claiming('initialize'), 'stateless'],
		[{}, claiming('initialize', '2025-11-25'), 'session'],
		[{}, claiming('initialize', 7), 'session'],
		[{}, request('tools/list'), 'session'],
		[{'mcp-session-id': 'x'}, request('tools/list'), 'session'],
		[{'mcp-protocol-version': '2025-11-25'}, request('tools/list'), 'session'],
		[modern, request('tools/list'), 'stateless'],
		[{...modern, 'mcp-session-id': 'x'}, request('tools/list'), 'stateless'],
		[{'mcp-protocol-version': '2027-01-01'}, request('tools/list'), 'stateless'],
		[{'mcp-protocol-version': 'zzzz'}, request('tools/list'), 'session'],
		[{}, claiming('tools/list'), 'stateless'],
		[{'mcp-session-id': 'x'}, claiming('server/discover'), 'stateless'],
		[{}, claiming('tools/list', '2025-11-25'), 'stateless'],
		[modern, {jsonrpc: '2.0', method: 'notifications/cancelled'}, 'stateless'],
		[{}, {jsonrpc: '2.0', method: 'notifications/cancelled'}, 'session'],
		[modern, {jsonrpc: '2.0', id: 1, result: {}}, 'session'],
		[{}, undefined, 'session'],
		[{'mcp-session-id': 'x'}, undefined, 'session'],
		[modern, undefined, 'stateless'],
	];
	for (const [headers, message, era] of cases) {
		t.is(eraOf(fields(headers), message), era, JSON.stringify([headers, message]));
	}
});

test('refuses header fields that disagree with the body', t => {
	const full = (method: string, name?: string): Readonly<Record<string, string>> => ({...modern, 'mcp-method': method, ...(name !== undefined && {'mcp-name': name})});
	const call = claiming('tools/call', '2026-07-28', {name: 'add'});
	const cases: ReadonlyArray<[headers: Readonly<Record<string, string>>, message: Request, code: number | undefined]> = [
		[full('tools/list'), claiming('tools/list'), undefined],
		[{...full('tools/list'), 'mcp-protocol-version': ' 2026-07-28 '}, claiming('tools/list'), undefined],
		[full('tools/call', 'add'), call, undefined],
		[full('tools/call', '=?base64?YWRk?='), call, undefined],
		[full('tools/call', 'sub'), call, -32_020],
		[full('tools/call', '=?base64?YWR?='), call, -32_020],
		[full('tools/call', '=?base64?/w==?='), call, -32_020],
		[full('tools/call'), call, -32_020],
		[full('tools/call'), claiming('tools/call'), undefined],
		[full('tools/call', 'add'), claiming('tools/call'), undefined],
		[full('tools/list', 'whatever'), claiming('tools/list'), undefined],
		[full('prompts/list'), claiming('tools/list'), -32_020],
		[modern, claiming('tools/list'), -32_020],
		[{'mcp-method': 'tools/list'}, claiming('tools/list'), -32_020],
		[{...full('tools/list'), 'mcp-protocol-version': '2025-11-25'}, claiming('tools/list'), -32_020],
		[full('tools/list'), claiming('tools/list', 7), -32_020],
		[full('tools/list'), request('tools/list'), undefined],
		[{}, claiming('tools/list', '2027-01-01'), -32_022],
		[{'mcp-protocol-version': '2027-01-01'}, request('tools/list'), -32_022],
	];
	for (const [headers, message, code] of cases) {
		const found = refuseHeaders(message, fields(headers));
		t.is(found?.error.code, code, JSON.stringify([headers, message]));
		t.is(found?.id, code === undefined ? undefined : 7);
	}

	const unsupported = refuseHeaders(claiming('tools/list', '2099-01-01'), fields({'mcp-protocol-version': '2099-01-01'}));
	t.deepEqual(unsupported?.error.data, {supported: ['2026-07-28'], requested: '2099-01-01'});
});

test('asks less of a notification, but no disagreement', t => {
	const note = {jsonrpc: '2.0', method: 'notifications/x'} as const;
	t.is(refuseHeaders(note, fields(modern)), undefined);
	t.is(refuseHeaders(note, fields({...modern, 'mcp-method': 'notifications/x'})), undefined);
	const refused = refuseHeaders(note, fields({...modern, 'mcp-method': 'other'}));
	t.is(refused?.error.code, -32_020);
	t.false(refused && 'id' in refused);
});

test('any text survives a header field', t => {
	t.is(encodeValue('add'), 'add');
	t.is(encodeValue('a b'), 'a b');
	t.is(encodeValue('=?base64?x'), '=?base64?PT9iYXNlNjQ/eA==?=');
	t.notThrows(() => {
		fc.assert(fc.property(fc.string({unit: 'grapheme'}), text => {
			const value = encodeValue(text);
			return decodeValue(value) === text && /^[\u0020-\u007E]*$/v.test(value) && value.trim() === value;
		}));
	});
});

test('names what a message is about', t => {
	const cases: ReadonlyArray<[message: Message, subject: string | undefined]> = [
		[request('tools/call', {name: 'add'}), 'add'],
		[request('prompts/get', {name: 'greet'}), 'greet'],
		[request('resources/read', {uri: 'a://b'}), 'a://b'],
		[request('resources/subscribe', {uri: 'a://b'}), 'a://b'],
		[request('completion/complete', {ref: {type: 'ref/prompt', name: 'greet'}}), 'greet'],
		[request('completion/complete', {ref: {type: 'ref/resource', uri: 'a://{x}'}}), 'a://{x}'],
		[request('completion/complete'), undefined],
		[request('logging/setLevel', {level: 'debug'}), 'debug'],
		[request('tasks/result', {taskId: 't1'}), 't1'],
		[request('tools/call', {name: 1}), undefined],
		[request('tools/list', {name: 'x'}), undefined],
		[request('constructor', {name: 'x'}), undefined],
		[{jsonrpc: '2.0', id: 1, result: {}}, undefined],
	];
	for (const [message, subject] of cases) {
		t.is(subjectOf(message), subject, JSON.stringify(message));
	}

	t.is(headerNameOf('resources/subscribe', {uri: 'x'}), undefined);
	t.deepEqual(headerNameOf('tasks/get'), {field: 'taskId', value: undefined});
});

test('knows methods without effect, lists and cursors', t => {
	t.true(isSafe('tools/list'));
	t.false(isSafe('tools/call'));
	t.false(isSafe('toString'));
	t.true(isList('tasks/list'));
	t.false(isList('tasks/get'));
	t.true(hasCursor('tools/list', {cursor: ''}));
	t.false(hasCursor('tools/list'));
	t.false(hasCursor('tools/call', {cursor: 'x'}));
});

test('knows versions by their dates', t => {
	t.deepEqual(['2025-11-25', '2026-07-28', '2024-11-05'].toSorted(compareVersions), ['2024-11-05', '2025-11-25', '2026-07-28']);
	t.is(compareVersions('2025-11-25', '2025-11-25'), 0);
	t.deepEqual(['2026-07-28', '2027-01-01', '2025-11-25', 'DRAFT-2026', ''].map(version => isModern(version)), [true, true, false, false, false]);
	t.deepEqual(['2025-11-25', '2024-10-07', '2026-07-28'].map(version => isLegacy(version)), [true, true, false]);
	t.is(agreeOn('2024-11-05'), '2024-11-05');
	t.is(agreeOn('2099-01-01'), newestLegacy);
	t.is(agreeOn(undefined), newestLegacy);
	t.deepEqual(['2025-11-25', '2025-06-18'].map(version => hasPriming(version)), [true, false]);
	t.deepEqual([assumedVersion, newestLegacy].map(version => hasBatches(version)), [true, false]);
});
