import {Buffer} from 'node:buffer';
import test from 'ava';
import fc from 'fast-check';
import type {FaultKind} from '../../source/wire/fault.ts';
import {fieldsOf, isKept, isUpgradeTo, linesWithout, namedBy, scanRequest, scanResponse} from '../../source/wire/fields.ts';
import {chunkHead, lastChunk, requestHead, responseHead} from '../../source/wire/write.ts';
import {cut, readMessages} from '../helpers/wire.ts';

const places = fc.array(fc.double({min: 0, max: 1, noNaN: true}), {maxLength: 6});
const octets = Array.from({length: 256}, (_, code) => String.fromCodePoint(code));
const made = (allowed: RegExp, minLength: number, maxLength: number) => fc.string({unit: fc.constantFrom(...octets.filter(octet => allowed.test(octet))), minLength, maxLength});
const name = made(/[!#-'*+\-.^`\|~\w]/v, 1, 20).filter(text => !/^(?:content-length|transfer-encoding)$/iv.test(text));
const value = made(/[\t -~\u0080-\u00FF]/v, 0, 30).map(text => text.replaceAll(/^[\t ]+|[\t ]+$/gv, ''));
const fields = fc.array(fc.tuple(name, value), {maxLength: 8}).map(pairs => pairs.flat());
const target = made(/[!-~]/v, 0, 40).map(text => `/${text}`);
const method = fc.constantFrom('GET', 'POST', 'DELETE', 'OPTIONS', 'M-SEARCH', 'QUERY');
const body = made(/[^]/v, 0, 300);
const exchange = fc.record({method, target, fields, body, places});
const answer = fc.record({fields, body, places, status: fc.constantFrom(100, 103, 200, 204, 304, 404, 500), method: fc.constantFrom('GET', 'HEAD')});

const inChunks = (parts: readonly string[], extension = ''): string => {
	const head = (part: string): string => chunkHead(part.length).replace('\r', `${extension}\r`);
	return parts.filter(part => part !== '').map(part => `${head(part)}${part}\r\n`).join('') + lastChunk;
};

test('what is written is read back the same, however it is cut, and so is the next message', t => {
	fc.assert(fc.property(exchange, ({method, target, fields, body, places}) => {
		const plain = requestHead(method, target, fields, `Content-Length: ${body.length}\r\n`) + body;
		const parts = requestHead(method, target, fields, 'Transfer-Encoding: chunked\r\n') + inChunks(body.split('a'));
		const {messages, fault} = readMessages(cut(plain + parts, places));
		t.is(fault, undefined);
		t.deepEqual(messages.map(message => [message.line, message.body, message.isWhole]), [
			[`${method} ${target} 1.1`, body, true],
			[`${method} ${target} 1.1`, body.replaceAll('a', ''), true],
		]);
		t.deepEqual(messages[0]?.fields.slice(0, -2), fields);
	}));
});

test('responses too, to whatever method', t => {
	fc.assert(fc.property(answer, ({fields, body, places, status, method}) => {
		const isBodyless = method === 'HEAD' || status < 200 || status === 204 || status === 304;
		const first = responseHead(status, fields, 'Transfer-Encoding: chunked\r\n') + (isBodyless ? '' : inChunks([body], String.raw`;a="b\"c;";d`));
		const second = responseHead(200, [], '') + body;
		const {messages, fault} = readMessages(cut(first + second, places), status < 200 ? ['GET'] : [method, 'GET']);
		t.is(fault, undefined);
		t.deepEqual(messages.map(({line, body}) => [line, body]), [[String(status), isBodyless ? '' : body], ['200', body]]);
	}));
});

const request = (fields: string, line = 'GET / HTTP/1.1'): string => `${line}\r\nHost: a\r\n${fields}\r\n\r\n`;
const chunks = (text: string): string => `${request('Transfer-Encoding: chunked', 'POST / HTTP/1.1')}${text}`;

const refused: Readonly<Record<string, readonly [text: string, kind: FaultKind]>> = {
	'a lower-case method': [request('X: 1', 'get / HTTP/1.1'), 'syntax'],
	'two spaces': [request('X: 1', 'GET  / HTTP/1.1'), 'syntax'],
	'a space in the target': [request('X: 1', 'GET /a b HTTP/1.1'), 'syntax'],
	'a byte beyond ASCII in the target': [request('X: 1', 'GET /\u00E9 HTTP/1.1'), 'syntax'],
	'another version': [request('X: 1', 'GET / HTTP/1.2'), 'syntax'],
	'no version': ['GET /\r\n\r\n', 'syntax'],
	'a space before a line': [' GET / HTTP/1.1\r\n\r\n', 'syntax'],
	'a folded field': [request('X: 1\r\n 2'), 'syntax'],
	'a space before the colon': [request('X : 1'), 'syntax'],
	'no name': [request(': 1'), 'syntax'],
	'no colon': [request('X'), 'syntax'],
	'a NUL': [request('X: \u0000'), 'syntax'],
	'a DEL': [request('X: \u007F'), 'syntax'],
	'a vertical tab': [request('X: \u000B'), 'syntax'],
	'a bare CR': [request('X: 1\rY: 2'), 'syntax'],
	'a bare LF': [request('X: 1\nY: 2'), 'syntax'],
	'bare LFs only': ['GET / HTTP/1.1\nHost: a\n\n', 'syntax'],
	'a CR before the line end': [request('X: 1\r'), 'syntax'],
	'a TLS hello': ['\u0016\u0003\u0001\u0002', 'syntax'],
	'another protocol': ['SSH-2.0-x\r\n', 'syntax'],
	'201 fields': [request('X: 1\r\n'.repeat(200) + 'X: 1'), 'head'],
	'a head of 40 KB': [request(`X: ${'x'.repeat(40_000)}`), 'head'],
	'a head of 40 KB without an end': [`GET / HTTP/1.1\r\nX: ${'x'.repeat(40_000)}`, 'head'],
	'two lengths': [request('Content-Length: 1\r\nContent-Length: 1'), 'framing'],
	'a length and chunks': [request('Content-Length: 1\r\nTransfer-Encoding: chunked'), 'framing'],
	'chunks and a length': [request('Transfer-Encoding: chunked\r\nContent-Length: 1'), 'framing'],
	'a list of lengths': [request('Content-Length: 1, 1'), 'framing'],
	'a length with a sign': [request('Content-Length: +1'), 'framing'],
	'no length in its field': [request('Content-Length:'), 'framing'],
	'a length beyond 2^53': [request('Content-Length: 9007199254740993'), 'body'],
	'chunked twice': [request('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'), 'framing'],
	'another coding': [request('Transfer-Encoding: gzip, chunked'), 'framing'],
	'no coding in its field': [request('Transfer-Encoding:'), 'framing'],
	'chunks before HTTP/1.1': [request('Transfer-Encoding: chunked', 'POST / HTTP/1.0'), 'framing'],
	'a chunk of no size': [chunks('\r\n'), 'syntax'],
	'a chunk size with 0x': [chunks('0x1\r\n'), 'syntax'],
	'a chunk size with a space': [chunks('1 \r\n'), 'syntax'],
	'a chunk size of 14 digits': [chunks('00000000000001\r\n'), 'body'],
	'a bare LF after a chunk size': [chunks('1\nx\r\n'), 'syntax'],
	'a CR and more after a chunk size': [chunks('1\rx\r\n'), 'syntax'],
	'a chunk longer than its size': [chunks('1\r\nxx\r\n'), 'syntax'],
	'a bare LF after a chunk': [chunks('1\r\nx\n0\r\n\r\n'), 'syntax'],
	'a control character in an extension': [chunks('1;\u0001\r\n'), 'syntax'],
	'a bare LF in an extension': [chunks('1;a\nx\r\n'), 'syntax'],
	'a line end in a quoted extension': [chunks('1;a="\r\n"\r\nx\r\n'), 'syntax'],
	'20 KB of extensions': [chunks(`1;${'x'.repeat(20_000)}\r\n`), 'body'],
	'20 KB of trailers': [chunks(`0\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`), 'head'],
	'framing in a trailer': [chunks('0\r\ncontent-length: 1\r\n\r\n'), 'syntax'],
	'a coding in a trailer': [chunks('0\r\nTransfer-Encoding: chunked\r\n\r\n'), 'syntax'],
	'a trailer without a name': [chunks('0\r\n: 1\r\n\r\n'), 'syntax'],
	'a bare LF after the trailers': [chunks('0\r\n\n'), 'syntax'],
};

for (const [what, [text, kind]] of Object.entries(refused)) {
	test(`refuses a request with ${what}, however it is cut`, t => {
		t.is(readMessages(cut(text, [])).fault?.kind, kind);
		fc.assert(fc.property(places, places => {
			t.is(readMessages(cut(text, places)).fault?.kind, kind);
		}), {numRuns: 30});
	});
}

for (const [what, text] of Object.entries({
	'a status below 100': 'HTTP/1.1 099 Odd\r\n\r\n',
	'a status of four digits': 'HTTP/1.1 2000 OK\r\n\r\n',
	'another version': 'HTTP/3.9 200 OK\r\n\r\n',
	'an empty line first': '\r\nHTTP/1.1 200 OK\r\n\r\n',
	'a control character in the reason': 'HTTP/1.1 200 \u001BK\r\n\r\n',
	'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n',
	'a length and chunks': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
	'another coding': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n',
	'chunks before HTTP/1.1': 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
	'another protocol': 'SSH-2.0-OpenSSH_9.2\r\n',
})) {
	test(`refuses a response with ${what}, however it is cut`, t => {
		fc.assert(fc.property(places, places => {
			t.truthy(readMessages(cut(text, places), ['GET']).fault);
		}), {numRuns: 30});
	});
}

test('whether bytes are accepted, and as what, does not depend on where they are cut', t => {
	const piece = fc.constantFrom('GET / HTTP/1.1', 'POST /x HTTP/1.1', '\r\n', '\r', '\n', 'Host: a', 'X:', ' ', '\t', 'Content-Length: 3', 'Transfer-Encoding: chunked', '3', 'abc', '0', ';x', '"', '\\', '\u0000', '\u00FF', ':', '\r\n\r\n');
	const pieces = fc.array(piece, {maxLength: 14}).map(parts => parts.join(''));
	const bytes = fc.oneof(pieces, pieces.map(text => chunks(text)));
	fc.assert(fc.property(bytes, places, (text, places) => {
		const whole = readMessages(cut(text, []));
		const parts = readMessages(cut(text, places));
		t.is(parts.fault?.kind, whole.fault?.kind);
		t.deepEqual(parts.messages.filter(({isWhole}) => isWhole), whole.messages.filter(({isWhole}) => isWhole));
	}), {numRuns: 1000});
});

test('an empty line before a request may come in two pieces', t => {
	const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
	for (const pieces of [['\r', `\n${request}`], ['\r', '\n', request]]) {
		const {fault, messages} = readMessages(pieces.map(text => Buffer.from(text)));
		t.is(fault, undefined);
		t.is(messages.length, 1);
	}
});

test('no value can break out of its line, not even by losing its upper half', t => {
	for (const bad of ['a\r\nX: 1', 'a\nb', 'a\u0000', 'a\u010D\u010Ab', '\u{1F600}']) {
		t.throws(() => requestHead('GET', '/', ['X', bad], ''), {name: 'WireFault'});
		t.throws(() => responseHead(200, [bad, 'x'], ''), {name: 'WireFault'});
		t.throws(() => requestHead('GET', `/${bad}`, [], ''), {name: 'WireFault'});
	}

	t.throws(() => requestHead('GET', '/a b', [], ''), {name: 'WireFault'});
});

test('whether a connection is kept, and what an upgrade needs', t => {
	const signals = (text: string) => scanRequest(`\r\n${text}`, 10).signals;
	t.true(isKept(signals('X: 1'), '1.1'));
	t.false(isKept(signals('Connection: x, Close'), '1.1'));
	t.false(isKept(signals('Connection: x\r\nconnection: close'), '1.1'));
	t.true(isKept(signals('Connection: closed'), '1.1'));
	t.false(isKept(signals('X: 1'), '1.0'));
	t.true(isKept(signals('Connection: Keep-Alive'), '1.0'));
	t.true(isUpgradeTo(signals('Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade'), 'websocket'));
	t.false(isUpgradeTo(signals('Upgrade: websocket'), 'websocket'));
	t.false(isUpgradeTo(signals('Upgrade: h2c, websocket\r\nConnection: Upgrade'), 'websocket'));
});

test('the data of several chunks is one piece', t => {
	const [message] = readMessages([Buffer.from(chunks('1\r\na\r\n2\r\nbc\r\n0\r\nX: 1\r\n\r\n'))]).messages;
	t.like(message, {body: 'abc', isWhole: true});
});

const dropped = ['Host', 'content-LENGTH', 'Transfer-Encoding', 'Connection', 'Keep-Alive', 'TE', 'Trailer', 'Upgrade', 'HTTP2-Settings', 'Expect', 'X-Forwarded-For', 'x-forwarded-host', 'X-Forwarded-Proto', 'Proxy-Authorization', 'proxy-x'];

test('the lines that go on are all that are not dropped, in their order, with one space before each value', t => {
	const kept = name.filter(text => !dropped.some(other => other.toLowerCase() === text.toLowerCase()) && !/^proxy-/iv.test(text));
	const line = fc.oneof(fc.tuple(kept, value), fc.tuple(fc.constantFrom(...dropped), fc.constant('x')));
	fc.assert(fc.property(fc.array(line, {maxLength: 12}), pairs => {
		const {lines} = scanRequest(pairs.map(([name, value], index) => `\r\n${name}:${' '.repeat(index % 3)}${value}${'\t'.repeat(index % 2)}`).join(''), 20);
		const expected = pairs.filter(([name]) => !dropped.includes(name));
		t.is(lines, expected.map(([name, value]) => `${name}: ${value}\r\n`).join(''));
		t.deepEqual(fieldsOf(lines), expected.flat());
	}));
});

test('a response keeps what is for the client, and loses what ends at the hop and what frames it', t => {
	const {lines, signals} = scanResponse('HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 3\r\nProxy-Status: a\r\nproxy-b: c\r\nExpect: d\r\nConnection: keep-alive\r\nHost: e', 20);
	t.is(lines, 'Date: x\r\nProxy-Status: a\r\nExpect: d\r\nHost: e\r\n');
	t.like(signals, {length: '3', hasDate: true, connection: 'keep-alive'});
});

test('what Connection names ends here too', t => {
	const {lines, signals} = scanRequest('\r\nX-Drop: 1\r\nX-Keep: 2\r\nConnection: keep-alive, x-drop\r\nx-DROP: 3', 10);
	t.is(linesWithout(lines, namedBy(signals)), 'X-Keep: 2\r\n');
	t.is(namedBy(scanRequest('\r\nConnection: close', 10).signals), undefined);
});
