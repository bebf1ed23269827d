import {Buffer} from 'node:buffer';
import process from 'node:process';
import type {Action} from '../core/action.ts';
import type {Stamped} from '../core/event.ts';
import type {TargetId} from '../core/target.ts';
import type {RawHeaders, RelayedHead, RequestHead} from '../http/exchange.ts';
import type {Tally} from '../proxy/meter.ts';
import type {WorkerPlan} from './plan.ts';

/*
What a worker and the daemon's thread say to each other. Several messages go as one list; their order is kept. `id` names an exchange
that the worker lends to the daemon's thread, because it is of those that the proxy answers itself.
*/
export type FromWorker =
	| Readonly<{type: 'listening'}>
	| Readonly<{type: 'closed'}>
	| Readonly<{type: 'notice'; message: string}>
	/** What traffic showed. */
	| Readonly<{type: 'report'; action: Action}>
	/** Whether a target answers its probe within `limit` ms. */
	| Readonly<{type: 'question'; question: number; target: TargetId; limit: number}>
	| Readonly<{type: 'tallies'; tallies: readonly Tally[]}>
	/** Lines for the access log. */
	| Readonly<{type: 'lines'; text: string}>
	/** `body`: all of it, when all of it is here. */
	| Readonly<{type: 'exchange'; id: number; head: RequestHead; isUpgrade: boolean; body: Uint8Array | undefined}>
	/** The client is gone, or has taken what it was sent. */
	| Readonly<{type: 'left' | 'drained'; id: number}>
	| Readonly<{type: 'body'; id: number; bytes: Uint8Array}>
	| Readonly<{type: 'body-end' | 'body-broken'; id: number}>
	| TunnelMessage;

export type ToWorker =
	| Readonly<{type: 'plan'; plan: WorkerPlan}>
	| Readonly<{type: 'event'; stamped: Stamped}>
	| Readonly<{type: 'close'; drain: number}>
	| Readonly<{type: 'answered'; question: number; isAlive: boolean | undefined}>
	| Readonly<{type: 'inform' | 'head'; id: number; status: number; fields: RawHeaders}>
	| Readonly<{type: 'relay'; id: number; status: number; head: RelayedHead}>
	| Readonly<{type: 'write'; id: number; chunk: Uint8Array | string}>
	| Readonly<{type: 'end'; id: number; chunk: Uint8Array | string | undefined}>
	/** `flush`: what waits goes out. `drain`: say when the client has taken everything. `pull`: one more piece of the body. */
	| Readonly<{type: 'flush' | 'abort' | 'drain' | 'pull' | 'discard' | 'upgrade'; id: number}>
	| TunnelMessage;

/** Of an upgraded connection, the same in both directions: bytes, that they were taken, the end of one side, the end of all; wait, go on. */
export type TunnelMessage =
	| Readonly<{type: 'tunnel'; id: number; bytes: Uint8Array}>
	| Readonly<{type: 'tunnel-taken' | 'tunnel-end' | 'tunnel-close' | 'tunnel-hold' | 'tunnel-go'; id: number}>;

export const isTunnel = (message: FromWorker | ToWorker): message is TunnelMessage => message.type.startsWith('tunnel');

type Port = Readonly<{postMessage: (value: unknown, transfer: ArrayBuffer[]) => void}>;

export type Outbox<Message> = Readonly<{
	/** Bytes in it are the message's own from now on: copy what somebody else may still use (`ownCopy`). */
	post: (message: Message) => void;
	/** What waits goes now. */
	flush: () => void;
}>;

/** Bytes of their own, which can be handed to another thread without copying once more. */
export const ownCopy = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

/** What goes to the other thread without being copied. */
const buffersOf = (message: object): ArrayBuffer[] => Object.values(message).flatMap((value: unknown) => value instanceof Uint8Array && value.buffer instanceof ArrayBuffer ? [value.buffer] : []);

/** Sends what is said in one go of the loop as one list, so that a head, its body and its end wake the other thread once. */
export const createOutbox = <Message extends object>(port: Port): Outbox<Message> => {
	let waiting: Message[] = [];
	const flush = (): void => {
		const list = waiting;
		if (list.length > 0) {
			waiting = [];
			port.postMessage(list, list.flatMap(message => buffersOf(message)));
		}
	};

	return {
		post(message) {
			if (waiting.push(message) === 1) {
				process.nextTick(flush);
			}
		},
		flush,
	};
};

/** Bytes from another thread, as everyone here calls them. */
export const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
