import type {Buffer} from 'node:buffer';
import type {Body} from '../http/exchange.ts';
import {asBuffer, type ToWorker} from './messages.ts';

type Piece = IteratorResult<Uint8Array, undefined>;

/** The body of a borrowed exchange, pulled piece by piece where it did not come with the head. */
export const borrowBody = (id: number, given: Uint8Array | undefined, post: (message: ToWorker) => void) => {
	let whole = given && asBuffer(given);
	let isOver = given !== undefined;
	let isBroken = false;
	let waiting: PromiseWithResolvers<Piece> | undefined;

	const settle = (settleWith: (waiting: PromiseWithResolvers<Piece>) => void): void => {
		const current = waiting;
		waiting = undefined;
		if (current) {
			settleWith(current);
		}
	};

	const breakOff = (): void => {
		isBroken = true;
		settle(({reject}) => {
			reject(new Error('The client left in the middle of its request.'));
		});
	};

	const takeWhole = (): Buffer | undefined => {
		const bytes = whole;
		whole = undefined;
		return bytes;
	};

	const body: Body = {
		whole: takeWhole,
		[Symbol.asyncIterator]: () => ({
			async next() {
				const value = takeWhole();
				if (value) {
					return {value};
				}

				if (isBroken) {
					throw new Error('The client left in the middle of its request.');
				}

				if (isOver) {
					return {done: true, value: undefined};
				}

				waiting = Promise.withResolvers();
				post({type: 'pull', id});
				return waiting.promise;
			},
			async return() {
				isOver = true;
				post({type: 'discard', id});
				return {done: true, value: undefined};
			},
		}),
	};

	return {
		body,
		breakOff,
		onPiece(bytes: Uint8Array) {
			settle(({resolve}) => {
				resolve({value: bytes});
			});
		},
		onEnd() {
			isOver = true;
			settle(({resolve}) => {
				resolve({done: true, value: undefined});
			});
		},
	};
};
