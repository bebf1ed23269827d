import test from 'ava';
import fc from 'fast-check';
import {failure, MessageError} from '../../source/mcp/errors.ts';
import {isNotification, isRequest, isResponse, type Message} from '../../source/mcp/message.ts';
import {objectIn, parseBody, textIn} from '../../source/mcp/parse.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (value: unknown): Message | undefined => parseBody(bytes(JSON.stringify(value))).messages[0];

/** The error code and id a body is refused with; undefined when it is taken. */
const refusal = (body: string | Uint8Array): {code: number; id: unknown} | undefined => {
	try {
		parseBody(typeof body === 'string' ? bytes(body) : body);
		return undefined;
	} catch (error) {
		return error instanceof MessageError ? {code: error.failure.error.code, id: error.failure.id} : {code: 0, id: error};
	}
};

test('tells requests, notifications and answers apart', t => {
	const request = parse({jsonrpc: '2.0', id: 1, method: 'ping'});
	const notification = parse({jsonrpc: '2.0', method: 'notifications/initialized', params: {}});
	const success = parse({jsonrpc: '2.0', id: 'a', result: {}});
	const error = parse({jsonrpc: '2.0', id: null, error: {code: -1, message: 'no'}});
	t.deepEqual([request, notification, success, error].map(message => message && [isRequest(message), isNotification(message), isResponse(message)]), [
		[true, false, false], [false, true, false], [false, false, true], [false, false, true],
	]);
	t.is(refusal('{"jsonrpc":"2.0","error":{"code":-1,"message":"no"}}'), undefined);
});

test('says parse error to what is not JSON in UTF-8', t => {
	for (const body of ['', '{', 'hello', '{"jsonrpc":"2.0",}', '[', '"\\', new Uint8Array([0x22, 0xFF, 0x22])]) {
		t.deepEqual(refusal(body), {code: -32_700, id: undefined}, String(body));
	}
});

test('says invalid request to JSON that is no message, with its id where there is one', t => {
	const cases: ReadonlyArray<[body: string, id: unknown]> = [
		['1', undefined],
		['null', undefined],
		['{}', undefined],
		['[]', undefined],
		['[[]]', undefined],
		['{"id":1,"method":"ping"}', 1],
		['{"jsonrpc":"1.0","id":"x","method":"ping"}', 'x'],
		['{"jsonrpc":"2.0","id":1,"method":2}', 1],
		['{"jsonrpc":"2.0","id":1,"method":"a","params":[]}', 1],
		['{"jsonrpc":"2.0","id":1,"method":"a","params":null}', 1],
		['{"jsonrpc":"2.0","id":1.5,"method":"a"}', undefined],
		['{"jsonrpc":"2.0","id":null,"method":"a"}', undefined],
		['{"jsonrpc":"2.0","id":1}', undefined],
		['{"jsonrpc":"2.0","id":1,"result":1}', undefined],
		['{"jsonrpc":"2.0","result":{}}', undefined],
		['{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}', undefined],
		['{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}}', undefined],
		['{"jsonrpc":"2.0","id":true,"error":{"code":1,"message":""}}', undefined],
	];
	for (const [body, id] of cases) {
		t.deepEqual(refusal(body), {code: -32_600, id}, body);
	}
});

test('reads a batch of up to a hundred messages', t => {
	const ping = {jsonrpc: '2.0', id: 1, method: 'ping'};
	const batch = (count: number): string => JSON.stringify(Array.from({length: count}, () => ping));
	t.is(parseBody(bytes(batch(100))).messages.length, 100);
	t.true(parseBody(bytes(batch(1))).isBatch);
	t.false(parseBody(bytes(JSON.stringify(ping))).isBatch);
	t.is(refusal(batch(101))?.code, -32_600);
});

test('refuses nesting that would exhaust a recursive reader, and counts no brackets in texts', t => {
	const nested = (levels: number, open: string, close: string): string => `{"jsonrpc":"2.0","id":1,"method":"a","params":{"a":${open.repeat(levels)}1${close.repeat(levels)}}}`;
	t.is(refusal(nested(198, '[', ']')), undefined);
	t.is(refusal(nested(199, '[', ']'))?.code, -32_600);
	t.is(refusal(nested(100_000, '{"a":', '}'))?.code, -32_600);
	t.is(refusal(JSON.stringify({jsonrpc: '2.0', id: 1, method: 'a', params: {text: String.raw`\"`.repeat(9) + '['.repeat(1000)}})), undefined);
});

test('takes a member called __proto__ for data', t => {
	const message = parseBody(bytes('{"jsonrpc":"2.0","id":1,"method":"a","params":{"__proto__":{"isAdmin":true}},"__proto__":{"result":{}}}')).messages[0];
	t.truthy(message && isRequest(message));
	t.false('isAdmin' in {});
	t.is(refusal('{"__proto__":{"jsonrpc":"2.0","id":1,"method":"a"}}')?.code, -32_600);
	t.is(JSON.stringify(message), '{"jsonrpc":"2.0","id":1,"method":"a","params":{"__proto__":{"isAdmin":true}},"__proto__":{"result":{}}}');
});

test('looks for texts and objects in params without falling for inherited or other ones', t => {
	t.is(textIn({name: 'x'}, 'name'), 'x');
	t.is(textIn({name: 1}, 'name'), undefined);
	t.is(textIn(undefined, 'name'), undefined);
	t.is(objectIn({}, 'constructor'), undefined);
	t.is(objectIn(undefined, 'a'), undefined);
	t.is(objectIn({a: [1]}, 'a'), undefined);
	t.deepEqual(objectIn({a: {b: 1}}, 'a'), {b: 1});
});

test('an error has an id or data only when there is one', t => {
	t.deepEqual(failure(undefined, -32_000, 'no'), {jsonrpc: '2.0', error: {code: -32_000, message: 'no'}});
	t.deepEqual(failure(0, -32_000, 'no', {a: 1}), {jsonrpc: '2.0', id: 0, error: {code: -32_000, message: 'no', data: {a: 1}}});
});

test('whatever bytes come, they are taken or refused in words of JSON-RPC', t => {
	t.notThrows(() => {
		fc.assert(fc.property(fc.oneof(fc.uint8Array(), fc.json().map(text => bytes(text))), body => {
			const code = refusal(body)?.code;
			return code === undefined || code === -32_700 || code === -32_600;
		}));
	});
});
