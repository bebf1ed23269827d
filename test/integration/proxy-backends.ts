import test, {type ExecutionContext} from 'ava';
import {startBackend} from '../helpers/backend.ts';
import {startFault, type Call, type Fault} from '../helpers/fault.ts';
import {startPlane, type Plane} from '../helpers/plane.ts';
import {connectRaw, exchangeRaw, parseReplies} from '../helpers/raw.ts';
import {until} from '../helpers/until.ts';

// Rows B1 to B8 of the case list: what bad targets do must never reach the client as something good.
const start = async (t: ExecutionContext, script: (call: Call) => void, response = 9000): Promise<Plane & {backend: Fault}> => {
	const backend = await startFault(t, 'a', script);
	// Health aside: what a second and third attempt meet is the same target.
	return {...await startPlane(t, [backend], {rules: {fall: 1000}, timeouts: {response}}), backend};
};

const get = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const post = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi';
const probe = async (t: ExecutionContext, port: number): Promise<void> => {
	t.is((await exchangeRaw(t, port, 'GET /targets/nobody HTTP/1.1\r\nHost: localhost\r\n\r\n')).status, 404, 'the proxy is alive');
};

const ends: Readonly<Record<string, (call: Call) => void>> = {
	'a clean end'(call) {
		call.end();
	},
	'a reset'(call) {
		call.reset();
	},
	'half a head'(call) {
		call.end('HTTP/1.1 200 OK\r\nContent-Le');
	},
	'half a head and a reset'(call) {
		call.write('HTTP/1.1 200 OK\r\nContent-Le');
		setTimeout(call.reset, 20);
	},
	garbage(call) {
		call.end('\u0016\u0003\u0001 this is no HTTP\r\n\r\n');
	},
	'an SSH banner'(call) {
		call.write('SSH-2.0-OpenSSH_9.2\r\n');
	},
	'a status below 100'(call) {
		call.write('HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n');
	},
};

for (const [what, script] of Object.entries(ends)) {
	test(`B1: ${what} instead of a head is a 502 at once, a GET is tried at most three times and a POST once`, async t => {
		const {port, backend} = await start(t, script);
		// The first verdict on a target is its failure: by name it is tried all the same.
		for (const [text, most] of [[get, 3], [post, 1]] as const) {
			backend.heads.length = 0;
			const began = performance.now();
			const reply = await exchangeRaw(t, port, text.replace(' / ', ' /targets/a/ ')); // eslint-disable-line no-await-in-loop
			t.is(reply.status, 502);
			t.true(performance.now() - began < 5000, 'at once, not by a timeout');
			t.is((JSON.parse(reply.body) as {code: string}).code, 'TARGET_BROKE');
			t.regex(reply.headers['proxy-status'] ?? '', /connection_terminated/v);
			t.true(backend.heads.length > 0 && backend.heads.length <= most, `${backend.heads.length} attempts`);
		}

		await probe(t, port);
	});
}

const cuts: Readonly<Record<string, string>> = {
	'a length': 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome',
	chunks: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n',
	'half a chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\nsome',
	'no last chunk end': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n0\r\n',
};

for (const [what, text] of Object.entries(cuts)) {
	for (const way of ['end', 'reset'] as const) {
		test(`B2: a body of ${what}, cut by a ${way}, is cut for the client too`, async t => {
			const {port} = await start(t, call => {
				call.write(text);
				setTimeout(() => {
					call[way]();
				}, 50);
			});
			const client = await connectRaw(t, port);
			client.send(get);
			await client.closed();
			const [reply] = parseReplies(client.text());
			t.is(reply?.status, 200);
			t.is(reply?.body, what === 'half a chunk' ? reply?.body : 'some');
			t.false(reply?.isWhole);
			await probe(t, port);
		});
	}

	test(`B2: a client of HTTP/1.0 sees a reset, not an end, when a body of ${what} is cut`, async t => {
		const {port} = await start(t, call => {
			call.write(text);
			setTimeout(call.reset, 50);
		});
		const client = await connectRaw(t, port);
		client.send('GET / HTTP/1.0\r\n\r\n');
		await client.closed();
		t.true(client.isReset() || parseReplies(client.text())[0]?.isWhole === false);
	});
}

for (const [what, head] of Object.entries({
	'ESC in the reason': 'HTTP/1.1 200 O\u001B]0;x\u0007K\r\nContent-Length: 2\r\n\r\nhi',
	'DEL in the reason': 'HTTP/1.1 200 O\u007FK\r\nContent-Length: 2\r\n\r\nhi',
	'ESC in a field': 'HTTP/1.1 200 OK\r\nX-A: a\u001B[31mb\r\nContent-Length: 2\r\n\r\nhi',
	'DEL in a field': 'HTTP/1.1 200 OK\r\nX-A: a\u007Fb\r\nContent-Length: 2\r\n\r\nhi',
	'no reason': 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi',
})) {
	test(`B3: ${what} harms nobody`, async t => {
		const {port} = await start(t, call => {
			call.write(head);
		});
		const reply = await exchangeRaw(t, port, get);
		t.true(reply.status === 502 || (reply.status === 200 && reply.reason === 'OK' && reply.body === 'hi'), reply.head);
		t.deepEqual(['\u001B', '\u0007', '\u007F'].filter(character => reply.head.includes(character)), []);
		await probe(t, port);
	});
}

test('B4: Trailer in a response with a length harms nobody', async t => {
	const {port} = await start(t, call => {
		call.write('HTTP/1.1 200 OK\r\nTrailer: X-T\r\nContent-Length: 2\r\n\r\nhi');
	});
	const reply = await exchangeRaw(t, port, get);
	t.is(reply.body, 'hi');
	t.is(reply.headers.trailer, undefined);
});

const odd: Readonly<Record<string, string>> = {
	'chunks and a length': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
	'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!',
	'two equal lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi',
	'bare line feeds': 'HTTP/1.1 200 OK\nContent-Length: 2\n\nhi',
	'a space before the colon': 'HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi',
	'204 with a body': 'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nhi',
	'304 with a body': 'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nhi',
	'a head of 100 KB': `HTTP/1.1 200 OK\r\nX-A: ${'x'.repeat(100_000)}\r\nContent-Length: 2\r\n\r\nhi`,
	'a negative length': 'HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi',
	'a length in words': 'HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nhi',
	'a folded field': 'HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\nContent-Length: 2\r\n\r\nhi',
	'an unknown coding': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi',
	'a strange version': 'HTTP/3.9 200 OK\r\nContent-Length: 2\r\n\r\nhi',
};

for (const [what, text] of Object.entries(odd)) {
	test(`B5: ${what} becomes a 502 or something canonical, and the next reply is its own`, async t => {
		const {port} = await start(t, call => {
			if (call.head.startsWith('GET /next')) {
				call.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnext');
			} else {
				call.write(text);
			}
		});
		const client = await connectRaw(t, port);
		client.send(get);
		const first = await client.reply();
		t.true(first.isWhole);
		t.false(first.headers['transfer-encoding'] !== undefined && first.headers['content-length'] !== undefined);
		t.notRegex(first.headers['content-length'] ?? '', /\n/v);
		if (first.status === 502) {
			t.is(Number(first.headers['content-length']), first.body.length);
			t.is(first.headers['x-a'], undefined);
		} else {
			t.true((first.status === 200 && first.body === 'hi') || (first.status === 204 && first.headers['content-length'] === undefined) || first.status === 304, first.head);
		}

		client.send('GET /targets/a/next HTTP/1.1\r\nHost: localhost\r\n\r\n');
		const [, second] = await client.replies(2);
		t.is(second?.body, 'next');
	});
}

test('B6: an answer nobody asked for is never given to another request', async t => {
	let poisoned = 0;
	const {port} = await start(t, call => {
		const path = call.head.split(' ')[1] ?? '';
		const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nPOISONED';
		const isSame = call.count % 2 === 0;
		const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`;
		call.write(isSame ? answer + poison : answer);
		// In the same packet, or later, on a connection that is idle by then.
		setTimeout(() => {
			call.socket.write(isSame ? '' : poison, () => {
				poisoned++;
			});
		}, 5);
	});
	const client = await connectRaw(t, port);
	const isPoisoned = (index: number) => () => poisoned === index;
	for (let index = 1; index <= 60; index++) {
		client.send(`GET /${index} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
		const replies = await client.replies(index); // eslint-disable-line no-await-in-loop
		t.is(replies.at(-1)?.body, `/${index}`);
		await until('the poison to lie in wait', isPoisoned(index)); // eslint-disable-line no-await-in-loop
	}
});

test('B7: an answer before the upload is done is relayed', async t => {
	const {port} = await start(t, call => {
		call.end('HTTP/1.1 413 Payload Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig');
	});
	const client = await connectRaw(t, port);
	client.send(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(70_000)}`);
	const reply = await client.reply();
	t.is(reply.status, 413);
	t.is(reply.body, 'big');
});

test('B7: 103 is relayed before the answer, and not to HTTP/1.0', async t => {
	const {port} = await start(t, call => {
		call.write('HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi');
	});
	const client = await connectRaw(t, port);
	client.send(get);
	t.is((await client.reply()).body, 'hi');
	const [interim, final] = parseReplies(client.text());
	t.is(interim?.status, 103);
	t.is(interim?.headers.link, '</x>; rel=preload');
	t.is(final?.status, 200);
	t.is((await exchangeRaw(t, port, 'GET / HTTP/1.0\r\n\r\n')).status, 200);
});

test('B7: HEAD keeps the length and has no body, and the connection goes on', async t => {
	const {port} = await start(t, call => {
		call.write('HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n');
	});
	const client = await connectRaw(t, port);
	const head = 'HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n';
	client.send(head + head);
	const replies = await client.replies(2, ['HEAD', 'HEAD']);
	t.deepEqual(replies.map(({status, headers}) => [status, headers['content-length']]), [[200, '1234'], [200, '1234']]);
});

test('B7: an answer of HTTP/1.0 that ends with its connection is whole for the client', async t => {
	const {port} = await start(t, call => {
		call.end('HTTP/1.0 200 OK\r\n\r\nhello');
	});
	const reply = await exchangeRaw(t, port, get);
	t.is(reply.body, 'hello');
	t.is(reply.headers['transfer-encoding'], 'chunked');
});

test('B8: a target that accepts and never answers is a 504 in bounded time, sent once', async t => {
	const {port, backend, proxy} = await start(t, () => undefined, 500);
	for (const text of [get, post]) {
		backend.heads.length = 0;
		const reply = await exchangeRaw(t, port, text.replace(' / ', ' /targets/a/ ')); // eslint-disable-line no-await-in-loop
		t.is(reply.status, 504);
		t.is((JSON.parse(reply.body) as {code: string}).code, 'TARGET_TIMEOUT');
		t.is(backend.heads.length, 1);
	}

	await until('the target to be left alone', () => backend.open() === 0);
	t.is(proxy.getCounters().targets.a?.statuses[4], 2);
});

test('a late answer after the 504 is given to nobody', async t => {
	const {port} = await start(t, call => {
		const path = call.head.split(' ')[1] ?? '';
		setTimeout(() => {
			call.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
		}, path === '/slow' ? 1600 : 0);
	}, 500);
	const client = await connectRaw(t, port);
	client.send('GET /targets/a/slow HTTP/1.1\r\nHost: localhost\r\n\r\n');
	t.is((await client.reply()).status, 504);
	for (let index = 1; index < 30; index++) {
		client.send(`GET /targets/a/${index} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
		const replies = await client.replies(index + 1); // eslint-disable-line no-await-in-loop
		t.is(replies.at(-1)?.body, `/${index}`);
	}
});

test('answers 200 clients at once, each with its own', async t => {
	const backend = await startBackend(t, 'a', {answer(request, response, body) {
		setTimeout(() => {
			response.end(`${request.url ?? ''} ${body}`);
		}, Number(request.url?.slice(1)) % 17);
	}});
	const {url} = await startPlane(t, [backend]);
	const bodies = await Promise.all(Array.from({length: 200}, async (_, index) => {
		const reply = await fetch(`${url}/${index}`, index % 2 ? {} : {method: 'POST', body: String(index)});
		return reply.text();
	}));
	t.deepEqual(bodies, Array.from({length: 200}, (_, index) => `/${index} ${index % 2 ? '' : index}`));
	t.is(backend.seen.length, 200);
});
