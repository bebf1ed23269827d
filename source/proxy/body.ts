import {Buffer} from 'node:buffer';
import {AppError} from '../core/errors.ts';
import type {Body} from '../http/exchange.ts';

/** Bodies up to here that come in one piece are sent on in one piece. */
const small = 65_536;

type Wish = Readonly<{
	body: Body;
	/** -1 = unknown. */
	length: number;
	isExpecting: boolean;
	/** Bytes; 0 = none. */
	limit: number;
	/** Called with the size of each piece of a stream as it is sent on. */
	count: (bytes: number) => void;
}>;

/** A request's body on its way: all of it, or a stream. */
export type Upload = Buffer | AsyncIterable<Uint8Array>;

/**
Makes a body ready for sending. One that is whole in its first piece, as most are, goes out together with the head; for another
the first piece is kept until the stream is read. A body over `limit` fails while it is read, with `BODY_TOO_LARGE`.
*/
export const prepareBody = async ({body, length, isExpecting, limit, count}: Wish): Promise<Upload> => {
	const reader = body[Symbol.asyncIterator]();
	const isSmall = length > 0 && length <= small && !isExpecting;
	const first = isSmall ? await reader.next() : undefined;
	if (first?.done !== true && first?.value.length === length) {
		const {buffer, byteOffset, byteLength} = first.value;
		return Buffer.from(buffer, byteOffset, byteLength);
	}

	async function * stream(): AsyncGenerator<Uint8Array, void> {
		let total = 0;
		try {
			for (let piece = first ?? await reader.next(); piece.done !== true; piece = await reader.next()) { // eslint-disable-line no-await-in-loop -- one piece after the other
				total += piece.value.length;
				if (limit > 0 && total > limit) {
					throw new AppError('BODY_TOO_LARGE', `The body of the request is over ${limit} bytes.`);
				}

				count(piece.value.length);
				yield piece.value;
			}
		} finally {
			await reader.return?.();
		}
	}

	return stream();
};
