import {Buffer} from 'node:buffer';
import type {Socket} from 'node:net';
import process from 'node:process';
import type {RawHeaders, RelayedHead} from '../http/exchange.ts';
import {isBodyless} from '../wire/framing.ts';
import {chunkHead, joined, lastChunk, responseHead, responseLine} from '../wire/write.ts';

/** A reply on its way out: what it has written, and what is left to write. */
export type Outflow = {
	readonly socket: Socket;
	readonly method: string;
	readonly version: string;
	hasHead: boolean;
	isEnded: boolean;
	/** A head that waits for what follows it, so that both go out in one piece. */
	pending: string;
	/** How the body is framed; 'none': there is none, whatever is written. */
	framing: 'none' | 'plain' | 'chunked';
	isCorked: boolean;
	/** Whoever writes it says when it goes out. */
	isRelayed: boolean;
	/** The connection may go on after it. */
	isKept: boolean;
};

export const newOutflow = (socket: Socket, method: string, version: string): Outflow => ({
	socket, method, version, hasHead: false, isEnded: false, pending: '', framing: 'none', isCorked: false, isRelayed: false, isKept: false,
});

/** Bodies up to here are copied to go out with their head in one call of the system; larger ones are not worth a copy. */
const small = 8192;

let second = 0;
let date = '';

/** The field `Date`, worked out once a second. */
const dateLine = (): string => {
	const now = Math.floor(Date.now() / 1000);
	if (now !== second) {
		second = now;
		date = `Date: ${new Date(now * 1000).toUTCString()}\r\n`;
	}

	return date;
};

let keptFor = 0;
let kept = '';

/** What is said of a connection that is kept; nearly always the same. */
const keptLines = (keepAlive: number): string => {
	if (keepAlive !== keptFor || kept === '') {
		keptFor = keepAlive;
		kept = `Connection: keep-alive\r\n${keepAlive >= 1000 ? `Keep-Alive: timeout=${Math.floor(keepAlive / 1000)}\r\n` : ''}`;
	}

	return kept;
};

const has = (fields: RawHeaders, name: string): boolean => {
	for (let index = 0; index < fields.length; index += 2) {
		if (fields[index]?.length === name.length && fields[index]?.toLowerCase() === name) {
			return true;
		}
	}

	return false;
};

/** Text, bytes, and text again as one, after the head if that still waits. */
const push = (out: Outflow, before: string, bytes: Uint8Array | undefined, after: string): void => {
	const {socket} = out;
	const start = out.pending + before;
	out.pending = '';
	if (bytes === undefined || bytes.length === 0) {
		if (start !== '' || after !== '') {
			socket.write(joined(start, undefined, after));
		}
	} else if (start === '' && after === '') {
		socket.write(bytes);
	} else if (bytes.length <= small) {
		socket.write(joined(start, bytes, after));
	} else {
		socket.cork();
		socket.write(joined(start, undefined, ''));
		socket.write(bytes);
		socket.write(after, 'latin1');
		socket.uncork();
	}
};

/** What waits goes out now. */
export const flush = (out: Outflow): void => {
	if (out.pending !== '' && !out.socket.destroyed) {
		push(out, '', undefined, '');
	}

	if (out.isCorked) {
		out.isCorked = false;
		out.socket.uncork();
	}
};

/** An event and the end of its stream often come together: what is written in one go of the loop goes out as one. */
const cork = (out: Outflow): void => {
	if (!out.isCorked) {
		out.isCorked = true;
		out.socket.cork();
		if (!out.isRelayed) {
			process.nextTick(flush, out);
		}
	}
};

/** How long a kept connection may then be idle, in ms; undefined = it ends. */
type KeepAlive = number | undefined;

/** Decides how the body is framed, and returns the lines that say so. */
const frame = (out: Outflow, status: number, hasLength: boolean, keepAlive: KeepAlive): string => {
	const isEmpty = isBodyless(status, out.method);
	const isOpenEnded = !isEmpty && !hasLength && out.version === '1.0';
	out.hasHead = true;
	out.framing = isEmpty ? 'none' : (hasLength || isOpenEnded ? 'plain' : 'chunked');
	out.isKept = keepAlive !== undefined && !isOpenEnded;
	const coding = out.framing === 'chunked' ? 'Transfer-Encoding: chunked\r\n' : '';
	return coding + (keepAlive === undefined || isOpenEnded ? 'Connection: close\r\n' : keptLines(keepAlive));
};

/** Makes a head ready; it goes out with the body's first piece, or by itself at the end of this go of the loop. A body without a length is sent in chunks, to HTTP/1.0 until the connection ends. */
export const writeHead = (out: Outflow, status: number, fields: RawHeaders, keepAlive: KeepAlive): void => {
	const more = frame(out, status, has(fields, 'content-length'), keepAlive);
	out.pending = responseHead(status, fields, (has(fields, 'date') ? '' : dateLine()) + more);
	process.nextTick(flush, out);
};

/** The same with the head of a target's reply, which waits, as what follows it does, until `flush`. A reply that has no body has no length of one (RFC 9110 §8.6). */
export const relayHead = (out: Outflow, status: number, {lines, signals: {length, hasDate}}: RelayedHead, keepAlive: KeepAlive): void => {
	const isSaid = length !== '' && status >= 200 && status !== 204;
	const more = frame(out, status, isSaid, keepAlive);
	out.isRelayed = true;
	out.pending = `${responseLine(status)}${lines}${isSaid ? `Content-Length: ${length}\r\n` : ''}${hasDate ? '' : dateLine()}${more}\r\n`;
};

const bytesOf = (chunk: Uint8Array | string): Uint8Array => typeof chunk === 'string' ? Buffer.from(chunk) : chunk;

export const writeBody = (out: Outflow, chunk: Uint8Array | string): void => {
	const bytes = bytesOf(chunk);
	if (out.framing === 'none' || bytes.length === 0) {
		return;
	}

	if (out.framing === 'plain') {
		push(out, '', bytes, '');
		return;
	}

	cork(out);
	push(out, chunkHead(bytes.length), bytes, '\r\n');
};

export const writeEnd = (out: Outflow, chunk?: Uint8Array | string): void => {
	if (chunk !== undefined) {
		writeBody(out, chunk);
	}

	out.isEnded = true;
	push(out, out.framing === 'chunked' ? lastChunk : '', undefined, '');
	flush(out);
};

/** An interim response (RFC 9110 §15.2), before the head. */
export const writeInterim = ({socket}: Outflow, status: number, fields: RawHeaders): void => {
	socket.write(responseHead(status, fields, ''), 'latin1');
};
