import {Buffer} from 'node:buffer';
import {redact} from '../core/redact.ts';
import {printable} from '../core/text.ts';
import type {Request, Response} from '../mcp/message.ts';

/** Of a body in a record, in bytes. */
const longest = 4096;
/** Of a name in a record, in characters: a client may call its tools as it likes, and hundreds of records are kept. */
const longestName = 300;

/** Fields whose values are kept out of records. */
const secret = /pass(?:word|phrase|wd)?$|secret|token|authorization|cookie|api.?key|credential|private|session.?id|request.?state/iv;

/** Numbers under such a name (`maxTokens`) are none, nor is what pairs progress with its request. */
const isSecret = (key: string, value: unknown): boolean => secret.test(key) && typeof value !== 'number' && typeof value !== 'boolean' && key !== 'progressToken';

/** A body as a record may hold it: without secrets by name, place or shape; cut; harmless on a terminal. What will be cut off is not looked at: bodies may have megabytes. */
export const recorded = (body: Request | Response | undefined): string => {
	let room = longest;
	const text = JSON.stringify(body, (key, value: unknown) => {
		room -= key.length + 3;
		if (room <= 0) {
			return undefined;
		}

		if (isSecret(key, value)) {
			return '‹redacted›';
		}

		if (typeof value === 'string') {
			const start = value.slice(0, room);
			room -= start.length;
			return redact(start) + (start.length < value.length ? '…' : '');
		}

		return Array.isArray(value) ? value.slice(0, room) as unknown[] : value;
	}) ?? '';
	return printable(Buffer.byteLength(text) > longest ? `${Buffer.from(text).subarray(0, longest).toString()}…` : text, longest);
};

/** A name from outside, cut to a length that records may keep. */
export const shortened = <Text extends string | undefined>(text: Text): Text | string => text !== undefined && text.length > longestName ? `${text.slice(0, longestName)}…` : text;
