import {Buffer} from 'node:buffer';
import {clearInterval, clearTimeout, setInterval, setTimeout} from 'node:timers';
import type {WebSocket} from 'ws';
import type {Feed, Frame} from '../client/feed.ts';
import {AppError} from '../core/errors.ts';
import type {Exchange} from '../http/exchange.ts';
import {sendError} from '../http/reply.ts';
import type {ApiLimits} from './routes.ts';

type Limits = Pick<ApiLimits, 'feedClients' | 'feedBuffer' | 'heartbeat'>;

/** How long a reader may take over the closing handshake, in ms. */
const closeTimeout = 1000;

/** One frame as bytes, made once for all readers. */
const encode = (frame: Frame): Buffer => Buffer.from(JSON.stringify(frame));

export type FeedServer = Readonly<{
	open: (exchange: Exchange, query: URLSearchParams) => Promise<void>;
	/** Takes leave of every reader (1012) and resolves when they are gone. */
	stop: () => Promise<void>;
}>;

/**
The live feed: a snapshot or what was missed, then every event, and a heartbeat each five seconds. A reader that does not keep
up is cut off when `feedBuffer` bytes wait for it, so that it costs the others nothing; it comes back with `?since=`.
*/
export const createFeedServer = (feed: Feed, {feedClients, feedBuffer, heartbeat}: Limits): FeedServer => {
	const readers = new Set<WebSocket>();
	let isStopped = false;

	const sendTo = (reader: WebSocket, bytes: Buffer): void => {
		reader.send(bytes, {binary: false});
		if (reader.bufferedAmount > feedBuffer) {
			reader.terminate();
		}
	};

	const sendAll = (frame: Frame): void => {
		if (readers.size === 0) {
			return;
		}

		const bytes = encode(frame);
		for (const reader of readers) {
			sendTo(reader, bytes);
		}
	};

	const beat = (): Frame => ({type: 'heartbeat', seq: feed.getSeq(), at: new Date().toISOString()});

	const welcome = (reader: WebSocket, since: string | null): void => {
		const missed = since !== null && /^\d{1,15}$/v.test(since) ? feed.since(Number(since)) : undefined;
		for (const frame of missed ? [...missed, beat()] : [feed.snapshot()]) {
			sendTo(reader, encode(frame));
		}
	};

	const unsubscribe = feed.subscribe(sendAll);
	const timer = setInterval(() => {
		sendAll(beat());
	}, heartbeat);
	timer.unref();

	return {
		async open(exchange, query) {
			const {shakeHands} = await import('./handshake.ts'); // Loaded by the first reader: the proxy alone needs no WebSockets.
			if (!exchange.upgrade) {
				sendError(exchange, new AppError('BAD_REQUEST', 'The live feed is a WebSocket.'), ['Upgrade', 'websocket', 'Connection', 'Upgrade'], 426);
				return;
			}

			if (isStopped) {
				sendError(exchange, new AppError('STOPPING', 'The proxy is stopping.'));
				return;
			}

			if (readers.size >= feedClients) {
				sendError(exchange, new AppError('OVERLOADED', `The live feed has ${readers.size} readers already.`));
				return;
			}

			shakeHands(exchange, exchange.upgrade, reader => {
				readers.add(reader);
				reader.on('error', () => {
					reader.terminate();
				});
				reader.on('close', () => {
					readers.delete(reader);
				});
				welcome(reader, query.get('since'));
			});
		},
		async stop() {
			isStopped = true;
			unsubscribe();
			clearInterval(timer);
			const {promise, resolve} = Promise.withResolvers<void>();
			const patience = setTimeout(() => {
				for (const reader of readers) {
					reader.terminate();
				}
			}, closeTimeout);
			const check = (): void => {
				if (readers.size === 0) {
					clearTimeout(patience);
					resolve();
				}
			};

			for (const reader of readers) {
				reader.on('close', check);
				reader.close(1012, 'the proxy is stopping');
			}

			check();
			await promise;
		},
	};
};
