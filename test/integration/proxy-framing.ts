import test, {type ExecutionContext} from 'ava';
import {startBackend, type Backend} from '../helpers/backend.ts';
import {startPlane, type Plane} from '../helpers/plane.ts';
import {connectRaw, exchangeRaw} from '../helpers/raw.ts';
import {until} from '../helpers/until.ts';

/*
Framing is where requests are smuggled: rows F1 to F13 of the case list. "Refused" means 400 (or the status named), a closed
connection, and nothing at the target.
*/
const start = async (t: ExecutionContext): Promise<Plane & {backend: Backend}> => {
	const backend = await startBackend(t, 'a', {answer(request, response, body) {
		response.end(`${request.method ?? ''}:${body}`);
	}});
	return {...await startPlane(t, [backend]), backend};
};

const refuses = (row: string, promise: string, requests: Readonly<Record<string, string>>, statuses = [400]): void => {
	for (const [what, text] of Object.entries(requests)) {
		test(`${row}: ${promise} (${what})`, async t => {
			const {port, backend} = await start(t);
			const client = await connectRaw(t, port);
			client.send(text);
			const reply = await client.reply();
			t.true(statuses.includes(reply.status), reply.head);
			t.is(typeof (JSON.parse(reply.body) as {error: string}).error, 'string');
			await client.closed();
			t.deepEqual(backend.seen.filter(({isComplete}) => isComplete), []);
		});
	}
};

const post = (fields: string, body = ''): string => `POST / HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n\r\n${body}`;

refuses('F1', 'refuses a request with two ideas of its length', {
	'length, then chunked': post('Content-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\nG'),
	'chunked, then length': post('Transfer-Encoding: chunked\r\nContent-Length: 5', '0\r\n\r\nG'),
});

refuses('F2', 'refuses two Content-Length fields', {
	different: post('Content-Length: 1\r\nContent-Length: 2', 'xx'),
	equal: post('Content-Length: 1\r\nContent-Length: 1', 'x'),
});

const each = (values: readonly string[], request: (value: string) => string): Record<string, string> => Object.fromEntries(values.map(value => [JSON.stringify(value), request(value)]));

const lengths = ['+2', '0x2', '2, 2', '-1', '', '2_0', '100000000000000000000', '9999999999999999', '2 2', '1e1'];
refuses('F3', 'refuses a Content-Length that is no plain number', each(lengths, value => post(`Content-Length: ${value}`, 'xx')), [400, 413]);

const codings = ['chunked, identity', 'xchunked', '\u000Bchunked', '"chunked"', 'gzip', 'gzip, chunked', 'identity', 'chunked, chunked', 'chunked;q=1'];
refuses('F4', 'refuses a Transfer-Encoding other than chunked', each(codings, value => post(`Transfer-Encoding: ${value}`, '0\r\n\r\n')), [400, 501]);

refuses('F4', 'refuses a Transfer-Encoding with parameters and a length', {both: post('Transfer-Encoding: chunked;q=1\r\nContent-Length: 5', '0\r\n\r\n')});

refuses('F5', 'refuses an empty Transfer-Encoding', {
	'with a length': post('Transfer-Encoding:\r\nContent-Length: 5', 'hello'),
	'length first': post('Content-Length: 5\r\nTransfer-Encoding:', 'hello'),
	'with a space': post('Transfer-Encoding: \r\nContent-Length: 5', 'hello'),
	alone: post('Transfer-Encoding:', ''),
});

refuses('F6', 'refuses loose syntax', {
	'space before the colon': post('Content-Length : 2', 'xx'),
	'folded field': post('X-A: 1\r\n 2'),
	'bare line feed': 'GET / HTTP/1.1\nHost: localhost\n\n',
	'bare line feed in a field': 'GET / HTTP/1.1\r\nHost: localhost\nX-A: 1\r\n\r\n',
	'bare carriage return': 'GET / HTTP/1.1\r\nHost: localhost\r\nX-A: 1\rX-B: 2\r\n\r\n',
	'space before the first field': 'GET / HTTP/1.1\r\n Host: localhost\r\n\r\n',
});

refuses('F7', 'refuses chunked twice, and before HTTP/1.1', {
	'two fields': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
	'HTTP/1.0': 'POST / HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
});

const chunked = (body: string): string => post('Transfer-Encoding: chunked', body);

refuses('F8', 'never completes a request whose chunks are wrong', {
	'no hex': chunked('zz\r\nhello\r\n0\r\n\r\n'),
	'0x': chunked('0x5\r\nhello\r\n0\r\n\r\n'),
	sign: chunked('+5\r\nhello\r\n0\r\n\r\n'),
	negative: chunked('-5\r\nhello\r\n0\r\n\r\n'),
	'leading space': chunked(' 5\r\nhello\r\n0\r\n\r\n'),
	'empty size': chunked('\r\nhello\r\n0\r\n\r\n'),
	'line feed only': chunked('5\nhello\n0\n\n'),
	'bare line feed after the size': chunked('5\nhello\r\n0\r\n\r\n'),
	'data longer than its size': chunked('3\r\nhello\r\n0\r\n\r\n'),
	'no line end after the data': chunked('5\r\nhello0\r\n\r\n'),
	'size beyond 64 bits': chunked('fffffffffffffffff\r\nhello\r\n0\r\n\r\n'),
	'carriage return only': chunked('5\rhello\r0\r\r'),
	'64 KB extension': chunked(`5;${'x'.repeat(65_536)}\r\nhello\r\n0\r\n\r\n`),
}, [400, 413]);

test('F9: drops trailers, and merges none of them into the head', async t => {
	const {port, backend} = await start(t);
	const trailers = '2\r\nhi\r\n0\r\nX-Trailer: hidden\r\nHost: evil\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n';
	const reply = await exchangeRaw(t, port, post('Transfer-Encoding: chunked\r\nTrailer: Host', trailers));
	t.is(reply.body, 'POST:hi');
	const [seen] = backend.seen;
	t.is(seen?.headers.host, `127.0.0.1:${backend.port}`);
	t.is(seen?.headers['x-forwarded-for'], '127.0.0.1');
	t.false(seen?.rawHeaders.some(text => /^trailer$|hidden|evil|6\.6/iv.test(text)));
});

refuses('F9', 'refuses framing in trailers', {length: chunked('2\r\nhi\r\n0\r\nContent-Length: 99\r\n\r\n')});

for (const method of ['DELETE', 'OPTIONS', 'GET', 'HEAD', 'PATCH']) {
	test(`F10: keeps a request hidden in a chunked ${method} inside its body`, async t => {
		const {port, backend} = await start(t);
		const hidden = 'GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n';
		const client = await connectRaw(t, port);
		const body = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;
		client.send(`${method} / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${body}GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n`);
		const replies = await client.replies(2, [method, 'GET']);
		t.deepEqual(replies.map(({status}) => status), [200, 200]);
		t.deepEqual(backend.seen.map(({url}) => url).toSorted(), ['/', '/next']);
		t.is(backend.seen.find(({url}) => url === '/')?.body, hidden);
	});

	test(`F11: brings the body of a ${method} with a length intact`, async t => {
		const {port, backend} = await start(t);
		const client = await connectRaw(t, port);
		client.send(`${method} / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhelloGET /next HTTP/1.1\r\nHost: localhost\r\n\r\n`);
		const replies = await client.replies(2, [method, 'GET']);
		t.deepEqual(replies.map(({status}) => status), [200, 200]);
		t.is(backend.seen.find(({url}) => url === '/')?.body, 'hello');
		t.deepEqual(backend.seen.map(({url}) => url).toSorted(), ['/', '/next']);
	});
}

for (const [what, last] of Object.entries({framing: 'Transfer-Encoding: chunked', length: 'Content-Length: 5', authorization: 'Authorization: Bearer x'})) {
	test(`F12: refuses more fields than it counts, with ${what} as the last`, async t => {
		const {port, backend} = await start(t);
		const client = await connectRaw(t, port);
		client.send(post(`${Array.from({length: 1500}, () => 'a:b').join('\r\n')}\r\n${last}`, '0\r\n\r\n'));
		t.is((await client.reply()).status, 431);
		t.deepEqual(backend.seen, []);
	});
}

test('F12: brings every field below the limit', async t => {
	const {port, backend} = await start(t);
	const fields = Array.from({length: 190}, (_, index) => `X-${index}: ${index}`).join('\r\n');
	const reply = await exchangeRaw(t, port, post(`${fields}\r\nAuthorization: Bearer last\r\nContent-Length: 2`, 'hi'));
	t.is(reply.body, 'POST:hi');
	t.is(backend.seen[0]?.headers['x-189'], '189');
	t.is(backend.seen[0]?.headers.authorization, 'Bearer last');
});

test('F13: answers pipelined requests in order, each once', async t => {
	const backend = await startBackend(t, 'a', {answer(request, response) {
		setTimeout(() => {
			response.end(request.url);
		}, request.url === '/1' ? 50 : 0);
	}});
	const {port} = await startPlane(t, [backend]);
	const client = await connectRaw(t, port);
	client.send(['/1', '/2', '/3'].map(path => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(''));
	const replies = await client.replies(3);
	t.deepEqual(replies.map(({body}) => body), ['/1', '/2', '/3']);
	t.is(backend.seen.length, 3);
});

test('F13: ignores what follows Connection: close', async t => {
	const {port, backend} = await start(t);
	const client = await connectRaw(t, port);
	client.send('GET /first HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\nGET /second HTTP/1.1\r\nHost: localhost\r\n\r\n');
	const reply = await client.reply();
	t.is(reply.body, 'GET:');
	await client.closed();
	t.is(reply.rest, '');
	t.deepEqual(backend.seen.map(({url}) => url), ['/first']);
});

test('a request still gets its reply when what follows it is no HTTP', async t => {
	const {port} = await start(t);
	const client = await connectRaw(t, port);
	client.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n\u0001\u0002garbage\r\n\r\n');
	t.is((await client.reply()).body, 'GET:');
	await client.closed();
});

test('S4: the target never sees an upload that its client broke off as a whole one', async t => {
	const {port, backend} = await start(t);
	const client = await connectRaw(t, port);
	client.send(post('Content-Length: 1000000', 'x'.repeat(10_000)));
	await until('the upload to begin', () => backend.open() > 0);
	client.socket.destroy();
	await until('the target to see it broken', () => backend.seen.length === 1);
	t.false(backend.seen[0]?.isComplete);
});

test('S4: nor a chunked one', async t => {
	const {port, backend} = await start(t);
	const client = await connectRaw(t, port);
	client.send(post('Transfer-Encoding: chunked', '5\r\nhello\r\n'));
	await until('the upload to begin', () => backend.open() > 0);
	client.socket.end();
	await until('the target to see it broken', () => backend.seen.length === 1);
	t.false(backend.seen[0]?.isComplete);
});
