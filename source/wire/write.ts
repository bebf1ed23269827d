import {Buffer} from 'node:buffer';
import process from 'node:process';
import {WireFault} from './fault.ts';
import type {Fields} from './fields.ts';

// An import would read every property of the module, and one of them loads the runtime's `fetch`: 40 ms and 16 MB.
const {STATUS_CODES} = process.getBuiltinModule('node:http');

/*
Heads are written as one string of one byte a character. What is beyond that would lose its upper half on the way, and could
become a line end (U+010D); it is refused here, whoever it comes from.
*/
const unsafe = /[^\t -~\u0080-\u00FF]/v;

const lines = (fields: Fields): string => {
	let text = '';
	for (let index = 0; index < fields.length; index += 2) {
		const name = fields[index] ?? '';
		const value = fields[index + 1] ?? '';
		if (name === '' || unsafe.test(name) || unsafe.test(value)) {
			throw new WireFault('syntax', 'a header field can not be sent');
		}

		text += `${name}: ${value}\r\n`;
	}

	return text;
};

/** A request's head up to where `more` lines and the empty one follow. Throws `WireFault` for what would break the grammar. */
export const requestHead = (method: string, target: string, fields: Fields, more: string): string => {
	if (unsafe.test(target) || target.includes(' ')) {
		throw new WireFault('syntax', 'its target can not be sent');
	}

	return `${method} ${target} HTTP/1.1\r\n${lines(fields)}${more}\r\n`;
};

/** The first line of a response, with its end and the standard reason for its status. */
export const responseLine = (status: number): string => status === 200 ? 'HTTP/1.1 200 OK\r\n' : `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`;

/** The same as `requestHead` for a response. */
export const responseHead = (status: number, fields: Fields, more: string): string => `${responseLine(status)}${lines(fields)}${more}\r\n`;

/** What stands before the data of a chunk; after it a line end. */
export const chunkHead = (size: number): string => `${size.toString(16)}\r\n`;

/** What ends a chunked body, without trailers. */
export const lastChunk = '0\r\n\r\n';

/**
Text, bytes and text again (one byte a character) as one buffer. Sockets take text too, but writing a string that was put together
of many costs more than twice as much as writing bytes.
*/
export const joined = (before: string, bytes: Uint8Array | undefined, after: string): Buffer => {
	const size = bytes?.length ?? 0;
	const whole = Buffer.allocUnsafe(before.length + size + after.length);
	whole.write(before, 'latin1');
	if (bytes) {
		whole.set(bytes, before.length);
	}

	if (after !== '') {
		whole.write(after, before.length + size, 'latin1');
	}

	return whole;
};
