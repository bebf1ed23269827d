import {Buffer} from 'node:buffer';
import type {Exchange, RawHeaders} from '../http/exchange.ts';
import {corsOf, sendMessage} from './http.ts';
import type {Outlet} from './session.ts';
import type {ClientStream} from './stream.ts';

/** How long a client waits for the head of its reply, in ms: after that comments keep the connection alive. */
const patience = 2000;

/** Things that grow tired of waiting, oldest first; one timer for all, and none while nobody waits. */
export type Patience = Readonly<{add: (item: Tired) => void; delete: (item: Tired) => void}>;
type Tired = Readonly<{at: number; tire: () => void}>;

export const createPatience = (): Patience => {
	const items = new Set<Tired>();
	let timer: NodeJS.Timeout | undefined;
	const look = (): void => {
		const before = performance.now() - patience;
		for (const item of items) {
			if (item.at > before) {
				break;
			}

			items.delete(item);
			item.tire();
		}

		if (items.size === 0) {
			clearInterval(timer);
			timer = undefined;
		}
	};

	return {
		add(item) {
			items.add(item);
			timer ??= setInterval(look, patience / 4).unref();
		},
		delete(item) {
			items.delete(item);
		},
	};
};

type PostOptions = Readonly<{
	patience: Patience;
	/** Opens the stream when one is needed. */
	open: () => ClientStream;
	/** Answers to come; with one alone the reply may be plain JSON. */
	count: number;
	headers?: RawHeaders;
}>;

/**
The reply to one POST. When the target answers in JSON and soon, so do we; else on an event stream, whose head goes out with the
first message or after two seconds. A client that is cut off may come back for the rest of a stream.
*/
export const createPost = (exchange: Exchange, {patience, open, count, headers = []}: PostOptions): Outlet => {
	const {reply} = exchange;
	let stream: ClientStream | undefined;
	let left = count;
	let isJson = count === 1;
	const item: Tired = {
		at: performance.now(),
		tire() {
			begin();
		},
	};

	const begin = (): ClientStream => {
		patience.delete(item);
		if (!stream) {
			stream = open();
			stream.attach(reply, [...headers, ...corsOf(exchange)]);
		}

		return stream;
	};

	const close = (): void => {
		left--;
		if (left === 0) {
			begin().end();
		}
	};

	patience.add(item);
	return {
		stream() {
			isJson = false;
		},
		send: data => begin().push(data),
		answer(data) {
			if (!stream && isJson) {
				patience.delete(item);
				sendMessage(exchange, 200, data, headers);
				return;
			}

			begin().push(data);
			close();
		},
		close() {
			if (!stream && count === 1) {
				// Nothing will come, and a stream that had an event would be asked for the rest.
				patience.delete(item);
				reply.head(200, ['Content-Type', 'text/event-stream', 'Cache-Control', 'no-cache', ...headers, ...corsOf(exchange)]);
				reply.end(Buffer.from(': cancelled\n\n'));
				return;
			}

			close();
		},
		drained: async () => stream?.drained(),
	};
};
