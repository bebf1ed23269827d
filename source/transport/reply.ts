import type {RawHeaders} from '../http/exchange.ts';
import {failureOf, type Failure} from '../http/failure.ts';
import {valueOf} from '../http/headers.ts';
import type {Message} from '../mcp/message.ts';
import {createFrameReader, type Frame, type FrameReader} from '../mcp/sse.ts';
import type {Call, Trouble} from './channel.ts';
import {readMessages, type Read} from './messages.ts';
import {createValve} from './valve.ts';
import type {Ask, Wire, WireTrouble} from './wire.ts';

/** How a reply came to its end. `whole`: as it should; `status`: a status outside 2xx; `trouble`: it broke, or was none of MCP's. */
export type ReplyEnd =
	| Readonly<{kind: 'whole'; status: number; place: Place}>
	| Readonly<{kind: 'status'; status: number; body: Buffer}>
	| Readonly<{kind: 'trouble'; trouble: Trouble}>;

/** How far a stream was read: its last event id, and when to ask for the rest. */
export type Place = Readonly<{eventId?: string; retry?: number}>;

export type ReplyReceiver = Readonly<{
	onHead?: (status: number, fields: RawHeaders) => void;
	/** False = no more until `resume`. */
	onMessage: (message: Message, bytes: Uint8Array) => boolean;
	/** An event stream may carry others than messages: `endpoint` (MCP 2024-11-05). */
	onFrame?: (frame: Frame) => void;
	onEnd: (end: ReplyEnd) => void;
}>;

/** What a JSON answer may hold, and what is read of the body of a refusal, in bytes. */
const maxJson = 64 * (1024 ** 2);
const maxRefusal = 1024 ** 2;

/** The text "HTTP_404", "answered 404", as passive checks say it. */
export const statusFailure = (status: number): Failure => ({code: `HTTP_${status}`, message: `answered ${status}`});

const broke = (message: string): Failure => ({code: 'TARGET_BROKE', message});

const troubleOf = ({isSent, isLate, failure}: WireTrouble, place: Place): Trouble => {
	if (isLate) {
		return {kind: 'timeout', failure};
	}

	return isSent ? {kind: 'cut', failure, ...place} : {kind: 'unsent', failure};
};

const redirected = (status: number): ReplyEnd => ({
	kind: 'trouble',
	trouble: {kind: 'refused', status: 502, failure: broke(`answered with a redirect (${status}), which is never followed`)},
});

/** Whether a reply with these fields is an event stream. */
export const isStream = (fields: RawHeaders): boolean => (valueOf(fields, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() === 'text/event-stream';

/** What takes the bytes of a body: `take` answers false when they are too many. */
type Body = Readonly<{take: (chunk: Uint8Array) => boolean; end: () => void; getPlace: () => Place}>;

/**
Send one request and read the messages of its reply, JSON or event stream. A redirect is never followed, and what is over a
limit ends it as refused. `finish` says that no more is wanted: the reply may end by itself, for a moment.
*/
export const readReply = (wire: Wire, ask: Ask, receiver: ReplyReceiver): Call & Readonly<{finish: () => void}> => {
	const valve = createValve();
	let body: Body | undefined;
	let isOver = false;
	let isFinished = false;
	let patience: NodeJS.Timeout | undefined;

	const over = (end: ReplyEnd): void => {
		if (!isOver) {
			isOver = true;
			receiver.onEnd(end);
		}
	};

	const endWith = (end: ReplyEnd): void => {
		valve.pass(() => {
			over(end);
			return true;
		});
	};

	const refuse = (message: string): void => {
		attempt.abort();
		endWith({kind: 'trouble', trouble: {kind: 'refused', failure: broke(message)}});
	};

	const pass = ({message, bytes}: Read): void => {
		valve.pass(() => isOver || receiver.onMessage(message, bytes));
	};

	const tell = (bytes: Uint8Array): boolean => {
		const messages = readMessages(bytes);
		for (const read of messages ?? []) {
			pass(read);
		}

		return messages !== undefined;
	};

	const streamBody = (status: number, reader: FrameReader): Body => {
		let place: Place = {};
		return {
			take(chunk) {
				for (const frame of reader.push(chunk)) {
					const {id, event, data, retry} = frame;
					place = {...place, ...(id !== undefined && {eventId: id}), ...(retry !== undefined && {retry})};
					receiver.onFrame?.(frame);
					if (data !== undefined && data.length > 0 && (event === undefined || event === 'message')) {
						tell(data); // What is no message is nothing to us.
					}
				}

				return true;
			},
			end() {
				endWith({kind: 'whole', status, place});
			},
			getPlace: () => place,
		};
	};

	const wholeBody = (limit: number, end: (body: Buffer) => void): Body => {
		const chunks: Uint8Array[] = [];
		let size = 0;
		return {
			take(chunk) {
				size += chunk.length;
				chunks.push(chunk);
				return size <= limit;
			},
			end() {
				end(Buffer.concat(chunks));
			},
			getPlace: () => ({}),
		};
	};

	const bodyOf = (status: number, fields: RawHeaders): Body => {
		if (status >= 300 || status < 200) {
			return wholeBody(maxRefusal, found => {
				endWith({kind: 'status', status, body: found});
			});
		}

		return isStream(fields)
			? streamBody(status, createFrameReader())
			: wholeBody(maxJson, found => {
				if (found.length === 0 || tell(found)) {
					endWith({kind: 'whole', status, place: {}});
				} else {
					// Half an answer looks like this where nothing says how long it should be.
					endWith({kind: 'trouble', trouble: {kind: 'cut', failure: broke('answered with what is no message of MCP')}});
				}
			});
	};

	const attempt = wire.ask(ask, {
		onHead(status, fields) {
			if (status >= 300 && status < 400) {
				attempt.abort();
				over(redirected(status));
				return;
			}

			body = bodyOf(status, fields);
			receiver.onHead?.(status, fields);
		},
		onData(chunk) {
			if (isFinished) {
				return true;
			}

			try {
				if (!body?.take(chunk)) {
					refuse('answered with more than the proxy takes');
				}
			} catch (error) {
				refuse(failureOf(error).message);
			}

			return isFinished || valve.isOpen();
		},
		onEnd() {
			clearTimeout(patience);
			body?.end();
		},
		onTrouble(trouble) {
			clearTimeout(patience);
			endWith({kind: 'trouble', trouble: troubleOf(trouble, body?.getPlace() ?? {})});
		},
	});
	return {
		isSent: attempt.isSent,
		resume() {
			if (valve.open()) {
				attempt.resume();
			}
		},
		abort() {
			isOver = true;
			valve.drop();
			attempt.abort();
		},
		finish() {
			isOver = true;
			isFinished = true;
			valve.drop();
			attempt.resume();
			patience = setTimeout(attempt.abort, 1000).unref();
		},
	};
};
