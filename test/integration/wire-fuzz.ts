import {createServer as createHttpServer, request} from 'node:http';
import {connect, createServer, type AddressInfo, type Server} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {cut, readMessages} from '../helpers/wire.ts';

/*
The codec against the runtime's own parser: whatever the codec accepts, that frames the same way or refuses. Were there a message
that both accept and read differently, a request could be smuggled past one of them.
*/
const listening = async (t: ExecutionContext, server: Server): Promise<number> => {
	await new Promise<void>(resolve => {
		server.listen({port: 0, host: '127.0.0.1'}, resolve);
	});
	t.teardown(() => server.close());
	return (server.address() as AddressInfo).port;
};

const spoil = [
	'\r',
	'\n',
	'\r\n',
	'\0',
	' ',
	'\t',
	':',
	';',
	',',
	'-',
	'+',
	'0',
	'1',
	'a',
	'"',
	'\u000B',
	'\u00A0',
	'\u00FF',
	'chunked',
	'0\r\n\r\n',
	'\r\nContent-Length: 3',
	'\r\nTransfer-Encoding: chunked',
	'\r\nX: 1',
	'\r\n\r\n',
	'HTTP/1.1',
	'GET /s HTTP/1.1\r\n\r\n',
];
/** Up to three changes: a fragment put in, or a few bytes taken out, somewhere. */
const changes = fc.array(fc.tuple(fc.double({min: 0, max: 1, noNaN: true}), fc.nat({max: 3}), fc.constantFrom(...spoil)), {maxLength: 3});
const spoiled = (text: string, list: ReadonlyArray<readonly [place: number, taken: number, put: string]>): string => {
	let result = text;
	for (const [place, taken, put] of list) {
		const at = Math.floor(place * result.length);
		result = result.slice(0, at) + put + result.slice(at + taken);
	}

	return result;
};

const word = fc.constantFrom('', 'x', 'hello', '0\r\n\r\n', 'GET /hidden HTTP/1.1\r\n\r\n', '\r\n', 'a'.repeat(300));
const framed = fc.oneof(
	word.map(text => `Content-Length: ${text.length}\r\n\r\n${text}`),
	fc.tuple(fc.array(word.filter(text => text !== ''), {maxLength: 3}), fc.constantFrom('', ';a', ';a=b', ';a="b;c"'), fc.constantFrom('', 'X-T: 1\r\n')).map(([parts, extension, trailer]) =>
		`Transfer-Encoding: chunked\r\n\r\n${parts.map(part => `${part.length.toString(16)}${extension}\r\n${part}\r\n`).join('')}0\r\n${trailer}\r\n`),
	fc.constant('\r\n'),
);
const runs = {numRuns: 400};

/** What a server of the runtime made of these bytes: method, target and body of each request that was whole. */
const served = async (port: number, seen: Map<number, string[]>, text: string): Promise<string[]> => new Promise(resolve => {
	const socket = connect({port, host: '127.0.0.1'});
	socket.on('error', () => undefined).on('close', () => {
		resolve(seen.get(localPort) ?? []);
	}).resume();
	let localPort = 0;
	socket.on('connect', () => {
		localPort = socket.localPort ?? 0;
		seen.delete(localPort);
		socket.end(text, 'latin1');
	});
});

test('whatever the codec accepts of a client, the runtime\'s server frames the same way, or refuses', async t => {
	const seen = new Map<number, string[]>();
	const server = createHttpServer({requireHostHeader: false, keepAliveTimeout: 1}, (incoming, response) => {
		const list = seen.get(incoming.socket.remotePort ?? 0) ?? [];
		seen.set(incoming.socket.remotePort ?? 0, list);
		let body = '';
		incoming.on('data', (chunk: Buffer) => {
			body += chunk.toString('latin1');
		}).on('end', () => {
			list.push(`${incoming.method ?? ''} ${incoming.url ?? ''} ${incoming.httpVersion} ${body}`);
			response.end();
		}).on('error', () => undefined);
	});
	server.on('upgrade', (_incoming, socket) => {
		socket.destroy();
	}).on('connect', (_incoming, socket) => {
		socket.destroy();
	});
	const port = await listening(t, server);
	const one = fc.tuple(fc.constantFrom('GET', 'POST', 'DELETE'), fc.constantFrom('/', '/a?b', 'http://a/'), fc.constantFrom('', 'X: 1\r\n', 'Host: a\r\nY:\t2 \r\n'), framed)
		.map(([method, target, fields, rest]) => `${method} ${target} HTTP/1.1\r\n${fields}${rest}`);
	let agreed = 0;
	await fc.assert(fc.asyncProperty(fc.array(one, {minLength: 1, maxLength: 3}), changes, async (requests, list) => {
		const text = spoiled(requests.join(''), list);
		const {messages, fault} = readMessages(cut(text, []));
		const ours = messages.filter(({isWhole}) => isWhole).map(({line, body}) => `${line} ${body}`);
		const theirs = await served(port, seen, text);
		const isOver = (index: number): boolean => messages.slice(0, index + 1).some(({fields}) => fields.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'connection'));
		for (const [index, framing] of theirs.entries()) {
			// Beyond what was refused, or a connection's end, nothing is promised.
			t.true(framing === ours[index] || (index >= ours.length && (fault !== undefined || isOver(index))), JSON.stringify({text, ours, theirs}));
		}

		agreed += theirs.length === ours.length ? 1 : 0;
		t.deepEqual(list.length === 0 ? theirs : ours, ours);
	}), runs);
	t.true(agreed > runs.numRuns / 20);
});

test('whatever the codec accepts of a target, the runtime\'s client frames the same way, or refuses', async t => {
	let text = '';
	const port = await listening(t, createServer(socket => {
		socket.on('error', () => undefined).once('data', () => {
			socket.end(text, 'latin1');
		});
	}));
	const ask = async (method: string): Promise<string | undefined> => new Promise(resolve => {
		request({port, host: '127.0.0.1', method, agent: false}, response => {
			let body = '';
			response.on('data', (chunk: Buffer) => {
				body += chunk.toString('latin1');
			}).on('error', () => undefined).on('close', () => {
				resolve(response.complete ? `${response.statusCode ?? 0} ${body}` : undefined);
			});
		}).on('error', () => {
			resolve(undefined);
		}).on('upgrade', (_response, socket) => {
			socket.destroy();
			resolve(undefined);
		}).end();
	});
	const answer = fc.tuple(fc.constantFrom(100, 103, 200, 204, 304, 404), fc.constantFrom('', 'X: 1\r\n'), framed, fc.constantFrom('', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx'))
		.map(([status, fields, rest, next]) => `HTTP/1.1 ${status} Some\r\n${fields}${rest}${next}`);
	let agreed = 0;
	await fc.assert(fc.asyncProperty(answer, fc.constantFrom('GET', 'HEAD'), changes, async (bytes, method, list) => {
		text = spoiled(bytes, list);
		const {messages} = readMessages(cut(text, []), [method]);
		const final = messages.find(({line}) => !line.startsWith('1'));
		const theirs = await ask(method);
		// A body until the connection ends is whole with it.
		const isWhole = final !== undefined && (final.isWhole || final.isOpenEnded);
		t.true(!isWhole || theirs === undefined || theirs === `${final.line} ${final.body}`, JSON.stringify({text, theirs, final}));
		agreed += isWhole && theirs !== undefined ? 1 : 0;
	}), runs);
	t.true(agreed > runs.numRuns / 20);
});
