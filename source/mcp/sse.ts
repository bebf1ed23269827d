import {AppError} from '../core/errors.ts';

/** One event of an event stream (WHATWG HTML, "Server-sent events"). Comments are not told. */
export type Frame = Readonly<{
	/** Absent: the event has none of its own. */
	id?: string;
	/** Absent: `message`. */
	event?: string;
	/** Bytes, as large ones are passed on as they are; several `data` lines are joined by a line feed. Absent: none, empty: an event without content, as MCP streams begin with. */
	data?: Uint8Array;
	/** When to come back after the stream's end, ms. */
	retry?: number;
}>;

/** Takes the bytes of one stream as they come. */
export type FrameReader = Readonly<{
	/** The events that these bytes complete. Throws `TARGET_BROKE` when one is too large; the reader is of no use then. */
	push: (chunk: Uint8Array) => Frame[];
}>;

/** Bytes of one event, its lines together. */
export const maxFrame = 16 * (1024 ** 2);

const lineFeed = 0x0A;
const carriageReturn = 0x0D;
const colon = 0x3A;
const space = 0x20;
const byteOrderMark = Buffer.from([0xEF, 0xBB, 0xBF]);
const empty = Buffer.alloc(0);

type Fields = {id?: string; event?: string; retry?: number; data: Uint8Array[] | undefined; isTouched: boolean};

const newFields = (): Fields => ({data: undefined, isTouched: false});

const joinLines = (lines: readonly Uint8Array[]): Uint8Array => {
	const [first = empty] = lines;
	return lines.length === 1 ? first : Buffer.concat(lines.flatMap((line, index) => index === 0 ? [line] : [newLine, line]));
};

const newLine = Buffer.from('\n');

const setField = (fields: Fields, line: Buffer): void => {
	const end = line.indexOf(colon);
	if (end === 0) {
		return; // A comment.
	}

	const name = line.toString('latin1', 0, end === -1 ? line.length : end);
	const start = end === -1 ? line.length : end + (line[end + 1] === space ? 2 : 1);
	switch (name) {
		case 'data': {
			fields.data ??= [];
			fields.data.push(line.subarray(start));
			break;
		}

		case 'event': {
			fields.event = line.toString('utf8', start);
			break;
		}

		case 'id': {
			const id = line.toString('utf8', start);
			if (id.includes('\0')) {
				return;
			}

			fields.id = id;
			break;
		}

		case 'retry': {
			const digits = line.toString('latin1', start);
			if (!/^\d{1,9}$/v.test(digits)) {
				return;
			}

			fields.retry = Number(digits);
			break;
		}

		default: {
			return;
		}
	}

	fields.isTouched = true;
};

const toFrame = ({id, event, retry, data}: Fields): Frame => ({
	...(id !== undefined && {id}),
	...(event !== undefined && event !== '' && {event}),
	...(data !== undefined && {data: joinLines(data)}),
	...(retry !== undefined && {retry}),
});

/**
Reads events out of chunks cut anywhere; lines end in LF, CRLF or CR. Bytes are kept as the pieces they came in until a line is whole, so that a large event
costs one copy. An event that the stream's end cuts off is never told, as the standard wants it.
*/
export const createFrameReader = (limit = maxFrame): FrameReader => {
	let pieces: Uint8Array[] = [];
	let size = 0;
	let fields = newFields();
	let isFirst = true;
	/** The last byte was a CR that ended a line: an LF right after it belongs to it. */
	let isAfterReturn = false;

	const takeLine = (rest: Buffer): Buffer => {
		let line = rest;
		if (pieces.length > 0) {
			line = Buffer.concat([...pieces, rest]);
			pieces = [];
		}

		if (isFirst) {
			isFirst = false;
			return line.subarray(0, 3).equals(byteOrderMark) ? line.subarray(3) : line;
		}

		return line;
	};

	const grow = (bytes: number): void => {
		size += bytes;
		if (size > limit) {
			throw new AppError('TARGET_BROKE', `An event of the stream is over ${limit} bytes.`);
		}
	};

	const endLine = (line: Buffer, frames: Frame[]): void => {
		if (line.length > 0) {
			setField(fields, line);
			return;
		}

		if (fields.isTouched) {
			frames.push(toFrame(fields));
			fields = newFields();
		}

		size = 0;
	};

	return {
		push(chunk) {
			const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
			const frames: Frame[] = [];
			let start = isAfterReturn && bytes[0] === lineFeed ? 1 : 0;
			if (bytes.length > 0) {
				isAfterReturn = false;
			}

			let nextReturn = bytes.indexOf(carriageReturn, start);
			while (start < bytes.length) {
				if (nextReturn !== -1 && nextReturn < start) {
					nextReturn = bytes.indexOf(carriageReturn, start);
				}

				const nextFeed = bytes.indexOf(lineFeed, start);
				const isReturn = nextReturn !== -1 && (nextFeed === -1 || nextReturn < nextFeed);
				const end = isReturn ? nextReturn : nextFeed;
				if (end === -1) {
					grow(bytes.length - start);
					pieces.push(bytes.subarray(start));
					break;
				}

				grow(end - start);
				endLine(takeLine(bytes.subarray(start, end)), frames);
				start = end + 1;
				if (isReturn && bytes[start] === lineFeed) {
					start++;
				} else {
					isAfterReturn = isReturn && start === bytes.length;
				}
			}

			return frames;
		},
	};
};

const dataField = Buffer.from('data: ');
const blankLine = Buffer.from('\n\n');

/** Data as `data:` lines; no line end within it can become one of the stream's. */
const dataLines = (data: Uint8Array): Uint8Array[] => {
	const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
	if (!bytes.includes(lineFeed) && !bytes.includes(carriageReturn)) {
		return [dataField, bytes];
	}

	return bytes.toString('utf8').split(/\r\n|[\n\r]/v).flatMap((line, index) => index === 0 ? [dataField, Buffer.from(line)] : [newLine, dataField, Buffer.from(line)]);
};

/** The bytes of an event. `id` and `event` are ours and hold no line end. */
export const writeFrame = ({id, event, data, retry}: Frame): Uint8Array => {
	const head = (id === undefined ? '' : `id: ${id}\n`) + (event === undefined ? '' : `event: ${event}\n`) + (retry === undefined ? '' : `retry: ${retry}\n`);
	return Buffer.concat([Buffer.from(head), ...(data === undefined ? [] : dataLines(data)), data === undefined ? newLine : blankLine]);
};

/** A comment: keeps a silent stream alive, and no reader tells it. */
export const keepAliveFrame: Uint8Array = Buffer.from(': \n\n');
