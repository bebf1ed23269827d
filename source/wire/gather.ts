import {Buffer} from 'node:buffer';
import {WireFault} from './fault.ts';

const emptyLine = Buffer.from('\r\n\r\n');
/** What can be no part of any head: a bare CR or LF, a control character. */
const hopeless = /[^\t\r\n -~\u0080-\u00FF]|(?<!\r)\n|\r(?!\n|$)/v;
const carriageReturn = 0x0D;
const lineFeed = 0x0A;

const firstLines = {
	request: /^[A-Z][A-Z\-]{0,31} [!-~]+ HTTP\/1\.[01]$/v,
	response: /^HTTP\/1\.[01] [1-9]\d\d(?: .*)?$/v,
};

/** A head that comes in pieces. */
export type Gathering = {
	readonly kind: 'request' | 'response';
	/** Most bytes of a head. */
	readonly mostBytes: number;
	/** What is here of it. */
	partial: Buffer | undefined;
};

/** Where a whole head lies: in `bytes`, from `start` to `end`; what follows its empty line begins at `next`. */
export type Span = Readonly<{bytes: Buffer; start: number; end: number; next: number}>;

export const newGathering = (kind: Gathering['kind'], mostBytes: number): Gathering => ({kind, mostBytes, partial: undefined});

/** What can not become a head is refused before its end is here, since its sender may wait for an answer. `from`: where new bytes begin. */
const demandHope = (kind: Gathering['kind'], bytes: Buffer, start: number, from: number): void => {
	// The byte before is looked at once more, as it may be the CR of this LF; an LF there has been judged.
	const first = from > start && bytes[from - 1] !== lineFeed ? from - 1 : from;
	const text = bytes.toString('latin1', first);
	const lineEnd = from === start || !bytes.subarray(start, from).includes(lineFeed) ? bytes.indexOf(lineFeed, start) : -1;
	if (hopeless.test(text) || (lineEnd !== -1 && !firstLines[kind].test(bytes.toString('latin1', start, lineEnd - 1)))) {
		throw new WireFault('syntax', 'its head breaks the grammar');
	}
};

/** Empty lines before a request are skipped (RFC 9112 §2.2). */
const skipLines = (bytes: Buffer, from: number): number => {
	let at = from;
	while (bytes[at] === carriageReturn && bytes[at + 1] === lineFeed) {
		at += 2;
	}

	return at;
};

/**
Adds `chunk` from `from` on to what is gathered, and says where the head lies once it is whole; till then undefined. Throws
`WireFault`: `head` beyond `mostBytes`, `syntax` for what can not become a head.
*/
export const gather = (gathering: Gathering, chunk: Buffer, from: number): Span | undefined => {
	const {kind, mostBytes, partial} = gathering;
	const bytes = partial ? Buffer.concat([partial, chunk.subarray(from)]) : chunk;
	const first = partial ? 0 : from;
	const start = kind === 'request' ? skipLines(bytes, first) : first;
	const known = partial ? Math.max(start, partial.length) : start; // An empty line may have been cut in two.
	const end = bytes.indexOf(emptyLine, Math.max(start, known - 3));
	if ((end === -1 ? bytes.length : end) - start > mostBytes) {
		throw new WireFault('head', 'its head is too large');
	}

	if (end !== -1) {
		gathering.partial = undefined;
		return {bytes, start, end, next: end + emptyLine.length};
	}

	if (start < bytes.length) {
		demandHope(kind, bytes, start, known);
	}

	gathering.partial = start < bytes.length ? bytes.subarray(start) : undefined;
	return undefined;
};
