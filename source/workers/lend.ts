import type {Exchange, RequestHead} from '../http/exchange.ts';
import {isTunnel, ownCopy, type FromWorker, type ToWorker} from './messages.ts';
import {lendSocket, type Tunnel} from './tunnel.ts';

type Lent = {readonly exchange: Exchange; reader: AsyncIterator<Uint8Array> | undefined; tunnel: Tunnel | undefined};

/** The worker's side of exchanges that the daemon's thread answers: the head goes there as it is, with the peer that the system names. */
export type Lending = Readonly<{
	lend: (exchange: Exchange) => void;
	/** What the daemon's thread says of one. */
	take: (message: Extract<ToWorker, {id: number}>) => void;
}>;

/** What a message can hold of it. */
const plain = ({method, path, httpVersion, headers, lines, seen, length, peer, isSecure}: RequestHead): RequestHead => ({method, path, httpVersion, headers, lines, seen, length, peer, isSecure});

export const createLending = (post: (message: FromWorker) => void): Lending => {
	const all = new Map<number, Lent>();
	let lastId = 0;

	/** One piece of the body, since the other side has room for it. */
	const pull = async (id: number, lent: Lent): Promise<void> => {
		try {
			lent.reader ??= lent.exchange.body[Symbol.asyncIterator]();
			const piece = await lent.reader.next();
			post(piece.done === true ? {type: 'body-end', id} : {type: 'body', id, bytes: ownCopy(piece.value)});
		} catch {
			post({type: 'body-broken', id});
		}
	};

	const upgrade = (id: number, lent: Lent): void => {
		const given = lent.exchange.upgrade?.();
		if (given) {
			lent.tunnel = lendSocket(id, given, post, () => {
				all.delete(id);
			});
		}
	};

	const answer = (lent: Lent, message: Extract<ToWorker, {id: number}>): void => {
		const {exchange: {reply}, reader, tunnel} = lent;
		if (isTunnel(message)) {
			tunnel?.take(message);
			return;
		}

		const {id} = message;
		switch (message.type) {
			case 'inform': {
				reply.inform?.(message.status, message.fields);
				break;
			}

			case 'head': {
				reply.head(message.status, message.fields);
				break;
			}

			case 'relay': {
				reply.relay(message.status, message.head);
				break;
			}

			case 'flush': {
				reply.flush();
				break;
			}

			case 'write': {
				reply.write(message.chunk);
				break;
			}

			case 'end': {
				all.delete(id);
				reply.end(message.chunk);
				break;
			}

			case 'abort': {
				reply.abort();
				break;
			}

			case 'drain': {
				void reply.drained().then(() => {
					post({type: 'drained', id});
				});
				break;
			}

			case 'pull': {
				void pull(id, lent);
				break;
			}

			case 'discard': {
				void reader?.return?.();
				break;
			}

			case 'upgrade': {
				upgrade(id, lent);
				break;
			}
		}
	};

	return {
		lend(exchange) {
			const {head, body} = exchange;
			const id = ++lastId;
			// A client that waits to be asked for its body is asked by reading it.
			const whole = head.seen.expect === '' ? body.whole() : undefined;
			all.set(id, {exchange, reader: undefined, tunnel: undefined});
			post({type: 'exchange', id, head: plain(head), isUpgrade: exchange.upgrade !== undefined, body: whole && ownCopy(whole)});
			exchange.onLeave(() => {
				all.delete(id);
				post({type: 'left', id});
			});
		},
		take(message) {
			const lent = all.get(message.id);
			if (lent) {
				answer(lent, message);
			}
		},
	};
};
