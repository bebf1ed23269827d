import type {Exchange} from '../http/exchange.ts';
import {valueOf} from '../http/headers.ts';
import type {Message} from '../mcp/message.ts';
import {keepAliveFrame, writeFrame} from '../mcp/sse.ts';

/**
The reply to one request of the stateless era: one JSON document, or an event stream as soon as anything precedes the answer.
Nothing is written after its end.
*/
export type StatelessReply = Readonly<{
	/** A message before the answer; `bytes`: its JSON text. False: wait for `drained`. */
	notify: (message: Message, bytes?: Uint8Array) => boolean;
	/** The answer. `status` counts while nothing has been written. */
	finish: (status: number, message: Message, bytes?: Uint8Array) => void;
	/** Show a waiting client that it is heard; where it would not understand a stream, nothing. From here on every answer has status 200. */
	open: () => void;
	drained: () => Promise<void>;
	/** So far, without heads and comments. */
	getBytes: () => number;
	/** The client has left. */
	leave: () => void;
}>;

/** Comments keep a silent stream alive: undici gives one up after 300 s without a byte. */
const commentInterval = 15_000;

const streamHead = ['Content-Type', 'text/event-stream', 'Cache-Control', 'no-cache, no-transform', 'X-Accel-Buffering', 'no'];
const jsonHead = ['Content-Type', 'application/json', 'Cache-Control', 'no-store', 'X-Accel-Buffering', 'no'];

const bytesOf = (message: Message): Uint8Array => Buffer.from(JSON.stringify(message));

export const createStatelessReply = ({head, reply}: Exchange): StatelessReply => {
	const takesStreams = /text\/event-stream|\*\/\*/v.test(valueOf(head.headers, 'accept') ?? '*/*');
	let bytesOut = 0;
	let timer: NodeJS.Timeout | undefined;
	let isStreaming = false;
	let isOver = false;
	const stream = (): void => {
		if (!isStreaming && !isOver) {
			isStreaming = true;
			reply.head(200, streamHead);
			timer = setInterval(() => {
				reply.write(keepAliveFrame);
			}, commentInterval).unref();
		}
	};

	const frame = (bytes: Uint8Array): Uint8Array => {
		bytesOut += bytes.length;
		return writeFrame({event: 'message', data: bytes});
	};

	const leave = (): void => {
		isOver = true;
		clearInterval(timer);
	};

	return {
		notify(message, bytes = bytesOf(message)) {
			stream();
			return isOver || reply.write(frame(bytes));
		},
		finish(status, message, bytes = bytesOf(message)) {
			if (isOver) {
				return;
			}

			leave();
			if (isStreaming) {
				reply.end(frame(bytes));
				return;
			}

			bytesOut += bytes.length;
			reply.head(status, [...jsonHead, 'Content-Length', String(bytes.length)]);
			reply.end(bytes);
		},
		open() {
			if (takesStreams && !isStreaming && !isOver) {
				stream();
				reply.write(keepAliveFrame);
			}
		},
		drained: reply.drained,
		getBytes: () => bytesOut,
		leave,
	};
};
