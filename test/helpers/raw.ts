import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import {connect as connectSecure, type ConnectionOptions} from 'node:tls';
import type {ExecutionContext} from 'ava';
import {until} from './until.ts';

/** A reply read off the wire, byte for byte. */
export type RawReply = Readonly<{
	status: number;
	reason: string;
	head: string;
	/** Names in lower case; repeats joined by a line feed. */
	headers: Readonly<Record<string, string>>;
	/** As framed: without chunk sizes. */
	body: string;
	/** Whether the reply came to the end that its framing names. */
	isWhole: boolean;
	/** What follows it on the connection. */
	rest: string;
}>;

const bodyless = (status: number, method: string): boolean => method === 'HEAD' || status < 200 || status === 204 || status === 304;

const dechunk = (text: string): {body: string; isWhole: boolean; rest: string} => {
	let body = '';
	let left = text;
	for (;;) {
		const end = left.indexOf('\r\n');
		const size = Number.parseInt(left.slice(0, end), 16);
		if (end === -1 || Number.isNaN(size) || left.length < end + 2 + size + 2) {
			return {body, isWhole: false, rest: ''};
		}

		if (size === 0) {
			const after = left.indexOf('\r\n', end + 2);
			return {body, isWhole: after === end + 2, rest: left.slice(after + 2)};
		}

		body += left.slice(end + 2, end + 2 + size);
		left = left.slice(end + 2 + size + 2);
	}
};

/** Reads one reply at the start of `text`; undefined while its head is not whole. `isClosed`: no more will come. */
export const parseReply = (text: string, {method = 'GET', isClosed = true}: {method?: string; isClosed?: boolean} = {}): RawReply | undefined => {
	const end = text.indexOf('\r\n\r\n');
	if (end === -1) {
		return undefined;
	}

	const head = text.slice(0, end);
	const [line = '', ...lines] = head.split('\r\n');
	const [, code = '0', reason = ''] = /^HTTP\/1\.1 (\d{3}) ?(.*)$/v.exec(line) ?? [];
	const headers: Record<string, string> = {};
	for (const field of lines) {
		const colon = field.indexOf(':');
		const name = field.slice(0, colon).toLowerCase();
		const value = field.slice(colon + 1).trim();
		headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}\n${value}` : value;
	}

	const status = Number(code);
	const after = text.slice(end + 4);
	const base = {status, reason, head, headers};
	if (bodyless(status, method)) {
		return {...base, body: '', isWhole: true, rest: after};
	}

	if (headers['transfer-encoding'] === 'chunked') {
		return {...base, ...dechunk(after)};
	}

	const length = headers['content-length'];
	if (length !== undefined) {
		return {...base, body: after.slice(0, Number(length)), isWhole: after.length >= Number(length), rest: after.slice(Number(length))};
	}

	return {...base, body: after, isWhole: isClosed, rest: ''};
};

/** All replies on a connection, the interim ones too. */
export const parseReplies = (text: string, methods: readonly string[] = []): RawReply[] => {
	const replies: RawReply[] = [];
	let left = text;
	let final = 0;
	while (left !== '') {
		const reply = parseReply(left, {method: methods[final] ?? 'GET'});
		if (!reply) {
			break;
		}

		replies.push(reply);
		final += reply.status >= 200 ? 1 : 0;
		left = reply.rest;
	}

	return replies;
};

export type RawClient = Readonly<{
	socket: Socket;
	/** Everything received, as latin1. */
	text: () => string;
	send: (text: string) => void;
	/** Whether the other side has ended or cut the connection. */
	isClosed: () => boolean;
	/** Whether it was cut by a reset. */
	isReset: () => boolean;
	/** The first reply that is not an interim one, when it is whole or the connection closed. */
	reply: (method?: string) => Promise<RawReply>;
	/** The first `count` final replies. */
	replies: (count: number, methods?: readonly string[]) => Promise<RawReply[]>;
	closed: () => Promise<void>;
}>;

/** A client that sends exactly the bytes it is told to, through TLS where `tls` says how. */
export const connectRaw = async (t: ExecutionContext, port: number, {host = '127.0.0.1', tls}: Readonly<{host?: string; tls?: ConnectionOptions}> = {}): Promise<RawClient> => {
	const plain = connect({port, host, allowHalfOpen: true});
	const socket = tls ? connectSecure({host, ...tls, socket: plain}) : plain;
	let text = '';
	let isClosed = false;
	let isReset = false;
	socket.on('data', chunk => {
		text += chunk.toString('latin1');
	}).on('end', () => {
		isClosed = true;
		socket.end();
	}).on('error', error => {
		isClosed = true;
		isReset ||= 'code' in error && error.code === 'ECONNRESET';
	}).on('close', () => {
		isClosed = true;
	});
	t.teardown(() => {
		socket.destroy();
	});
	await once(socket, tls ? 'secureConnect' : 'connect');
	const replies = async (count: number, methods: readonly string[] = []): Promise<RawReply[]> => until(`${count} replies, got ${JSON.stringify(text)}`, () => {
		const all = parseReplies(text, methods).filter(({status}) => status >= 200);
		const isDone = all.length >= count && all.slice(0, count).every(({isWhole}) => isWhole);
		return isDone || isClosed ? all : undefined;
	});
	return {
		socket,
		text: () => text,
		send(data) {
			socket.write(data, 'latin1');
		},
		isClosed: () => isClosed,
		isReset: () => isReset,
		replies,
		async reply(method = 'GET') {
			const [first] = await replies(1, [method]);
			if (!first) {
				throw new Error(`No reply, only ${JSON.stringify(text)}`);
			}

			return first;
		},
		async closed() {
			await until('the connection to be closed', () => isClosed);
		},
	};
};

/** Sends bytes on a new connection and reads the first final reply. */
export const exchangeRaw = async (t: ExecutionContext, port: number, text: string, method = 'GET'): Promise<RawReply> => {
	const client = await connectRaw(t, port);
	client.send(text);
	const reply = await client.reply(method);
	client.socket.destroy();
	return reply;
};
