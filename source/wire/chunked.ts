import {Buffer} from 'node:buffer';
import {WireFault} from './fault.ts';

/** Hexadecimal digits of a size: more are beyond any number that is exact. */
const mostDigits = 13;
/** Bytes of all chunk extensions of one message (CVE-2024-22019). */
const mostExtension = 16_384;
/** Bytes of all trailers of one message. */
const mostTrailer = 16_384;

const none: Buffer = Buffer.alloc(0);

type Place = 'size' | 'extension' | 'quoted' | 'escaped' | 'size end' | 'data' | 'data end' | 'data line end' | 'trailer' | 'trailer end' | 'done';

/** How far a chunked body has been read. */
export type ChunkScan = {
	place: Place;
	/** Of the chunk at hand: its size so far, then what is left of it. */
	left: number;
	digits: number;
	extension: number;
	trailer: number;
	/** The trailer's line so far. */
	line: string;
	/** Where in the bytes last read the message went on to, or ended. */
	end: number;
};

export const newChunkScan = (): ChunkScan => ({place: 'size', left: 0, digits: 0, extension: 0, trailer: 0, line: '', end: 0});

export const isScanDone = ({place}: ChunkScan): boolean => place === 'done';

const malformed = (): WireFault => new WireFault('syntax', 'its chunks break the grammar');

const hexValue = (byte: number): number => {
	if (byte >= 0x30 && byte <= 0x39) {
		return byte - 0x30;
	}

	const letter = byte | 0x20; // eslint-disable-line no-bitwise -- lower case
	return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
};

const carriageReturn = 0x0D;
const lineFeed = 0x0A;
const semicolon = 0x3B;
const quote = 0x22;
const backslash = 0x5C;

const demand = (byte: number, wanted: number): void => {
	if (byte !== wanted) {
		throw malformed();
	}
};

const readSize = (scan: ChunkScan, byte: number): void => {
	const value = hexValue(byte);
	if (value !== -1) {
		scan.left = (scan.left * 16) + value;
		scan.digits++;
		if (scan.digits > mostDigits) {
			throw new WireFault('body', 'the size of a chunk is beyond all reason');
		}
	} else if (scan.digits > 0 && byte === carriageReturn) {
		scan.place = 'size end';
	} else if (scan.digits > 0 && byte === semicolon) {
		scan.place = 'extension';
	} else {
		throw malformed();
	}
};

const extensionByte = /[!#-'*+\-.^\w`\|~;=]/v;

const readExtension = (scan: ChunkScan, byte: number): void => {
	if (++scan.extension > mostExtension) {
		throw new WireFault('body', 'its chunk extensions are too large');
	}

	const isText = byte === 0x09 || (byte >= 0x20 && byte !== 0x7F);
	if (scan.place === 'extension') {
		if (byte === carriageReturn) {
			scan.place = 'size end';
		} else if (byte === quote) {
			scan.place = 'quoted';
		} else if (!extensionByte.test(String.fromCodePoint(byte))) {
			throw malformed();
		}
	} else if (!isText) {
		throw malformed();
	} else if (scan.place === 'escaped') {
		scan.place = 'quoted';
	} else if (byte === quote) {
		scan.place = 'extension';
	} else if (byte === backslash) {
		scan.place = 'escaped';
	}
};

const trailerLine = /^[!#-'*+\-.^\w`\|~]+:[\t -~\u0080-\u00FF]*$/v;
/** What frames a message, or would, were it believed. */
const framing = /^(?:content-length|transfer-encoding):/iv;

const readTrailer = (scan: ChunkScan, byte: number): void => {
	if (++scan.trailer > mostTrailer) {
		throw new WireFault('head', 'its trailers are too large');
	}

	if (scan.place === 'trailer' && byte !== carriageReturn) {
		if (byte === lineFeed) {
			throw malformed();
		}

		scan.line += String.fromCodePoint(byte);
	} else if (scan.place === 'trailer') {
		scan.place = 'trailer end';
	} else {
		demand(byte, lineFeed);
		const {line} = scan;
		scan.place = line === '' ? 'done' : 'trailer';
		scan.line = '';
		if (line !== '' && (!trailerLine.test(line) || framing.test(line))) {
			throw malformed();
		}
	}
};

/** One byte that is no data. */
const readByte = (scan: ChunkScan, byte: number): void => {
	switch (scan.place) {
		case 'size': {
			readSize(scan, byte);
			break;
		}

		case 'extension':
		case 'quoted':
		case 'escaped': {
			readExtension(scan, byte);
			break;
		}

		case 'size end': {
			demand(byte, lineFeed);
			scan.place = scan.left === 0 ? 'trailer' : 'data';
			scan.digits = 0;
			break;
		}

		case 'data end': {
			demand(byte, carriageReturn);
			scan.place = 'data line end';
			break;
		}

		case 'data line end': {
			demand(byte, lineFeed);
			scan.place = 'size';
			break;
		}

		case 'trailer':
		case 'trailer end': {
			readTrailer(scan, byte);
			break;
		}

		case 'data':
		case 'done': {
			throw new TypeError('Data is not read byte by byte.');
		}
	}
};

/**
Reads on in a chunked body (RFC 9112 §7.1) and returns the data in `bytes` from `from` on; `scan.end` says how far the message
goes. The data of several chunks is moved together within `bytes`, so that it is one piece. Trailers are checked and dropped.
Throws `WireFault`.
*/
export const scanChunks = (scan: ChunkScan, bytes: Buffer, from: number): Buffer => {
	let at = from;
	let dataStart = from;
	let dataEnd = from;
	while (at < bytes.length && scan.place !== 'done') {
		if (scan.place !== 'data') {
			readByte(scan, bytes[at] ?? 0);
			at++;
			continue;
		}

		const size = Math.min(scan.left, bytes.length - at);
		if (dataEnd === dataStart) {
			dataStart = at;
			dataEnd = at;
		} else {
			bytes.copyWithin(dataEnd, at, at + size);
		}

		dataEnd += size;
		at += size;
		scan.left -= size;
		if (scan.left === 0) {
			scan.place = 'data end';
		}
	}

	scan.end = at;
	return dataEnd === dataStart ? none : bytes.subarray(dataStart, dataEnd);
};
