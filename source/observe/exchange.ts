import {Buffer} from 'node:buffer';
import type {AccessRecord} from '../http/access.ts';
import type {Exchange, Reply} from '../http/exchange.ts';

/** The status in the log of a client that left before there was one (nginx's convention). */
const left = 499;

const sizeOf = (chunk: Uint8Array | string | undefined): number => chunk === undefined ? 0 : (typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length);

/**
An exchange that is told to the access log once, when its reply is over or its client gone, for whoever takes it and answers without
doing so itself.
*/
export const watchExchange = (exchange: Exchange, onAccess: (record: AccessRecord) => void): Exchange => {
	const {head, reply} = exchange;
	const at = Date.now();
	const startedAt = performance.now();
	let status = left;
	let bytesOut = 0;
	let isOver = false;

	const over = (): void => {
		if (isOver) {
			return;
		}

		isOver = true;
		onAccess({
			at,
			peer: head.peer,
			method: head.method,
			path: head.path,
			httpVersion: head.httpVersion,
			status,
			bytesOut,
			ms: performance.now() - startedAt,
			target: undefined,
			referer: head.seen.referer,
			userAgent: head.seen.userAgent,
		});
	};

	const watched: Reply = {
		inform(given, headers) {
			reply.inform?.(given, headers);
		},
		head(given, headers) {
			status = given;
			reply.head(given, headers);
		},
		relay(given, relayed) {
			status = given;
			reply.relay(given, relayed);
		},
		flush() {
			reply.flush();
		},
		write(chunk) {
			bytesOut += sizeOf(chunk);
			return reply.write(chunk);
		},
		end(chunk) {
			bytesOut += sizeOf(chunk);
			reply.end(chunk);
			over();
		},
		abort() {
			reply.abort();
			over();
		},
		drained: async () => reply.drained(),
		hasHead: () => reply.hasHead(),
	};

	exchange.onLeave(over);
	return {
		head,
		body: exchange.body,
		reply: watched,
		get signal() {
			return exchange.signal;
		},
		onLeave(listener) {
			exchange.onLeave(listener);
		},
	};
};
