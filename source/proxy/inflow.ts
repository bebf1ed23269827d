import {type Buffer} from 'node:buffer';
import type {Body} from '../http/exchange.ts';
import {isScanDone, newChunkScan, scanChunks, type ChunkScan} from '../wire/chunked.ts';
import {chunked} from '../wire/framing.ts';

/** The body of a request on its way in. */
export type Inflow = {
	/** Set when it comes in chunks. */
	readonly scan: ChunkScan | undefined;
	/** Bytes to come, when it has a length. */
	left: number;
	/** What has come and nobody has read. */
	readonly pieces: Buffer[];
	waiting: number;
	/** All of it has come. */
	isWhole: boolean;
	/** Nobody reads it any more: it is thrown away. */
	isLeft: boolean;
	/** The rest of it will never come. */
	isBroken: boolean;
	/** Wakes the reader. */
	wake: (() => void) | undefined;
};

/** Bytes that wait for their reader before the client is held back. */
export const mostWaiting = 65_536;

/** Undefined for a request without a body. */
export const newInflow = (length: number): Inflow | undefined => length === 0
	? undefined
	: {
		scan: length === chunked ? newChunkScan() : undefined,
		left: length,
		pieces: [],
		waiting: 0,
		isWhole: false,
		isLeft: false,
		isBroken: false,
		wake: undefined,
	};

const stir = (inflow: Inflow): void => {
	const {wake} = inflow;
	inflow.wake = undefined;
	wake?.();
};

/** Takes what of `bytes`, from `from` on, belongs to the body; returns where that ends. Throws `WireFault`. */
export const feed = (inflow: Inflow, bytes: Buffer, from: number): number => {
	const {scan, left} = inflow;
	let piece: Buffer;
	let end: number;
	if (scan) {
		piece = scanChunks(scan, bytes, from);
		({end} = scan);
		inflow.isWhole = isScanDone(scan);
	} else {
		end = Math.min(bytes.length, from + left);
		piece = from === 0 && end === bytes.length ? bytes : bytes.subarray(from, end);
		inflow.left -= end - from;
		inflow.isWhole = inflow.left === 0;
	}

	if (!inflow.isLeft && piece.length > 0) {
		inflow.pieces.push(piece);
		inflow.waiting += piece.length;
	}

	stir(inflow);
	return end;
};

/** Throws away what has come and what is to come. */
export const discard = (inflow: Inflow): void => {
	inflow.isLeft = true;
	inflow.pieces.length = 0;
	inflow.waiting = 0;
	stir(inflow);
};

/** The client has left, or what it sends is no body. */
export const breakOff = (inflow: Inflow): void => {
	inflow.isBroken = true;
	stir(inflow);
};

type Ends = Readonly<{
	/** Called when reading begins. */
	begin: () => void;
	/** Called when there is room again. */
	onRoom: () => void;
}>;

const reader = (inflow: Inflow, {begin, onRoom}: Ends): AsyncIterator<Uint8Array, undefined> => ({
	async next() {
		begin();
		for (;;) {
			const piece = inflow.pieces.shift();
			if (piece) {
				inflow.waiting -= piece.length;
				onRoom();
				return {value: piece};
			}

			if (inflow.isLeft || inflow.isWhole) {
				return {done: true, value: undefined};
			}

			if (inflow.isBroken) {
				throw new Error('The client left in the middle of its request.');
			}

			await new Promise<void>(resolve => { // eslint-disable-line no-await-in-loop -- one piece after the other
				inflow.wake = resolve;
			});
		}
	},
	async return() {
		discard(inflow);
		onRoom();
		return {done: true, value: undefined};
	},
});

const nothing: Body = {
	whole: () => undefined,
	[Symbol.asyncIterator]: () => ({
		async next() {
			return {done: true, value: undefined};
		},
	}),
};

/** The same as those see it who answer the request. Leaving early discards the rest and leaves the connection alone. */
export const bodyOf = (inflow: Inflow | undefined, ends: Ends): Body => inflow
	? {
		whole() {
			if (!inflow.isWhole || inflow.pieces.length !== 1 || inflow.isLeft) {
				return undefined;
			}

			inflow.waiting = 0;
			return inflow.pieces.pop();
		},
		[Symbol.asyncIterator]: () => reader(inflow, ends),
	}
	: nothing;
