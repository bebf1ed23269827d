import {Buffer} from 'node:buffer';
import type {Socket} from 'node:net';
import {chunkHead, joined, lastChunk, requestHead} from '../wire/write.ts';
import type {Outgoing, Receiver} from './forward.ts';
import {settled, type Pulse} from './pulse.ts';

/** One attempt at a line, from its request to the end of its response. */
export type Job = {
	readonly request: Outgoing;
	readonly receiver: Receiver;
	/** A byte of it may have left. */
	isSent: boolean;
	/** All of it has been written. */
	isUploaded: boolean;
	/** Nothing is told of it any more. */
	isOver: boolean;
	/** The target's `Keep-Alive` field. */
	keepAlive: string;
	/** Counts it as waiting for its head. */
	pulse: Pulse | undefined;
};

/** It waits for its head no more. */
export const settle = (job: Job): void => {
	if (job.pulse) {
		settled(job.pulse);
		job.pulse = undefined;
	}
};

/** Bodies up to here are copied to go out with their head in one call of the system. */
const small = 8192;

/** Methods whose requests say that they have no body (RFC 9110 §8.6). */
const expectBody = new Set(['POST', 'PUT', 'PATCH']);

/** Methods without a body say nothing of it. */
const framing = ({method, body, length}: Outgoing): string => {
	if (body === undefined) {
		return expectBody.has(method) ? 'Content-Length: 0\r\n' : '';
	}

	if (Buffer.isBuffer(body)) {
		return `Content-Length: ${body.length}\r\n`;
	}

	return length >= 0 ? `Content-Length: ${length}\r\n` : 'Transfer-Encoding: chunked\r\n';
};

/** The head of a request. Throws `WireFault` when HTTP can not say it. */
export const headOf = (request: Outgoing, isKept: boolean): string => {
	const connection = isKept ? 'Connection: keep-alive\r\n' : 'Connection: close\r\n';
	return requestHead(request.method, request.path, request.fields, request.lines + framing(request) + connection);
};

/** Writes a head, and with it a body that is here already. */
export const writeRequest = (socket: Socket, head: string, body: Outgoing['body']): void => {
	if (!Buffer.isBuffer(body)) {
		socket.write(joined(head, undefined, ''));
	} else if (body.length <= small) {
		socket.write(joined(head, body, ''));
	} else {
		socket.cork();
		socket.write(joined(head, undefined, ''));
		socket.write(body);
		socket.uncork();
	}
};

const drained = async (socket: Socket): Promise<void> => new Promise(resolve => {
	const go = (): void => {
		socket.off('drain', go).off('close', go);
		resolve();
	};

	socket.on('drain', go).on('close', go);
});

/** Told of an upload's way: it waits for the target to take what was sent, or goes on. */
type OnWait = (isWaiting: boolean) => void;

/** Sends a streamed body piece by piece, no faster than the target takes it; stops when the job is over. Rejects when reading it fails. */
export const sendBody = async (socket: Socket, job: Job, body: AsyncIterable<Uint8Array>, onWait: OnWait): Promise<void> => {
	const isChunked = job.request.length < 0;
	for await (const piece of body) {
		if (job.isOver) {
			return;
		}

		if (isChunked) {
			socket.cork();
			socket.write(chunkHead(piece.length), 'latin1');
			socket.write(piece);
			socket.write('\r\n', 'latin1');
			socket.uncork();
		} else {
			socket.write(piece);
		}

		if (socket.writableNeedDrain) {
			onWait(true);
			await drained(socket);
			onWait(false);
		}
	}

	if (!job.isOver && isChunked) {
		socket.write(lastChunk, 'latin1');
	}
};
