import {Buffer} from 'node:buffer';
import type {Exchange, Reply} from '../http/exchange.ts';
import {borrowBody} from './borrow-body.ts';
import {isTunnel, ownCopy, type FromWorker, type ToWorker} from './messages.ts';
import {borrowSocket, type Tunnel} from './tunnel.ts';

type Post = (message: ToWorker) => void;
type Told = Exclude<Extract<FromWorker, {id: number}>, {type: 'exchange'}>;

/** An exchange whose connection is a worker's: as everyone else sees one, back-pressure included. */
export type Borrowed = Readonly<{
	exchange: Exchange;
	take: (message: Told) => void;
	/** The client, or the worker with it, is gone. */
	leave: () => void;
}>;

/** Bytes on their way to a client before it is asked whether it has taken them. */
const mostUnderWay = 65_536;

const sizeOf = (chunk: Uint8Array | string): number => typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length;
const sendable = (chunk: Uint8Array | string): Uint8Array | string => typeof chunk === 'string' ? chunk : ownCopy(chunk);

/** The reply: it asks the worker for a word when much is under way. `onOver`: nothing follows. */
const replyOf = (id: number, post: Post, onOver: () => void) => {
	let hasHead = false;
	let isOver = false;
	let isFull = false;
	let underWay = 0;
	const waiters: Array<() => void> = [];

	const drained = (): void => {
		isFull = false;
		underWay = 0;
		for (const waiter of waiters.splice(0)) {
			waiter();
		}
	};

	const reply: Reply = {
		inform(status, fields) {
			if (!isOver) {
				post({type: 'inform', id, status, fields});
			}
		},
		head(status, fields) {
			if (!hasHead && !isOver) {
				hasHead = true;
				post({type: 'head', id, status, fields});
			}
		},
		relay(status, {lines, signals: {length, hasDate}}) {
			if (!hasHead && !isOver) {
				hasHead = true;
				post({type: 'relay', id, status, head: {lines, signals: {length, hasDate}}});
			}
		},
		flush() {
			if (!isOver) {
				post({type: 'flush', id});
			}
		},
		write(chunk) {
			if (isOver) {
				return true;
			}

			post({type: 'write', id, chunk: sendable(chunk)});
			underWay += sizeOf(chunk);
			if (underWay >= mostUnderWay && !isFull) {
				isFull = true;
				post({type: 'drain', id});
			}

			return !isFull;
		},
		end(chunk) {
			if (!isOver) {
				isOver = true;
				post({type: 'end', id, chunk: chunk === undefined ? undefined : sendable(chunk)});
				drained();
				onOver();
			}
		},
		abort() {
			if (!isOver) {
				post({type: 'abort', id}); // Its client is gone then, and the worker says so.
			}
		},
		async drained() {
			if (isFull) {
				await new Promise<void>(resolve => {
					waiters.push(resolve);
				});
			}
		},
		hasHead: () => hasHead,
	};

	return {
		reply,
		drained,
		isOver: () => isOver,
		stop() {
			isOver = true;
			drained();
		},
	};
};

/** `forget` is called when nothing more is to be said. */
export const borrow = ({id, head, isUpgrade, body: given}: Extract<FromWorker, {type: 'exchange'}>, post: Post, forget: () => void): Borrowed => {
	const inflow = borrowBody(id, given, post);
	const outflow = replyOf(id, post, forget);
	const controller = new AbortController();
	const listeners: Array<() => void> = [];
	let hasLeft = false;
	let tunnel: Tunnel | undefined;

	const exchange: Exchange = {
		head,
		body: inflow.body,
		reply: outflow.reply,
		signal: controller.signal,
		onLeave(listener) {
			if (hasLeft) {
				listener();
			} else {
				listeners.push(listener);
			}
		},
		...(isUpgrade && {
			upgrade() {
				const borrowed = borrowSocket(id, post);
				post({type: 'upgrade', id});
				tunnel = borrowed;
				return {socket: borrowed.socket, first: Buffer.alloc(0)};
			},
		}),
	};

	const leave = (): void => {
		forget();
		tunnel?.cut();
		if (outflow.isOver() || tunnel) {
			return;
		}

		hasLeft = true;
		outflow.stop();
		inflow.breakOff();
		controller.abort();
		for (const listener of listeners.splice(0)) {
			listener();
		}
	};

	return {
		exchange,
		leave,
		take(message) {
			if (isTunnel(message)) {
				tunnel?.take(message);
				if (message.type === 'tunnel-close') {
					forget();
				}

				return;
			}

			switch (message.type) {
				case 'left': {
					leave();
					break;
				}

				case 'drained': {
					outflow.drained();
					break;
				}

				case 'body': {
					inflow.onPiece(message.bytes);
					break;
				}

				case 'body-end': {
					inflow.onEnd();
					break;
				}

				case 'body-broken': {
					inflow.breakOff();
					break;
				}
			}
		},
	};
};
