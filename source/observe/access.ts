import type {AccessRecord} from '../http/access.ts';
import {loggable} from '../core/redact.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const pad = (number: number): string => String(number).padStart(2, '0');

const zone = (minutes: number): string => `${minutes < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(minutes) / 60))}${pad(Math.abs(minutes) % 60)}`;

/** Wall time (ms) as Apache writes it, `22/Nov/2026:14:02:31 +0100`: in local time. */
const apacheTime = (at: number): string => {
	const date = new Date(at);
	const day = `${pad(date.getDate())}/${months[date.getMonth()]}/${date.getFullYear()}`;
	return `${day}:${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())} ${zone(-date.getTimezoneOffset())}`;
};

/** Remember the last answer: neighbours in a log share their second and mostly their client. */
const remember = <Key, Value>(compute: (key: Key) => Value): (key: Key) => Value => {
	let last: {key: Key; value: Value} | undefined;
	return key => {
		if (!last || last.key !== key) { // The first key may be undefined.
			last = {key, value: compute(key)};
		}

		return last.value;
	};
};

const pathLimit = 2000;
const fieldLimit = 500;

const quotable = (text: string, limit: number): string => loggable(text.replaceAll(/["\\]/gv, String.raw`\$&`), limit);

const field = (text: string | undefined): string => text === undefined || text === '' ? '-' : quotable(text, fieldLimit);

// Most paths are plain: nothing to hide (a token is longer than such a segment), nothing to escape.
const plain = /^(?:\/[\w\-.~]{0,17}){1,40}$/v;

const createCombined = (): AccessWriter => {
	const timeOfSecond = remember((second: number) => apacheTime(second * 1000));
	const userAgentOf = remember(field);
	const methodOf = remember((method: string) => quotable(method, 20));
	return ({at, peer, method, path, httpVersion, status, bytesOut, referer, userAgent}) => {
		const request = `${methodOf(method)} ${plain.test(path) ? path : quotable(path, pathLimit)} HTTP/${httpVersion}`;
		const fields = `"${field(referer)}" "${userAgentOf(userAgent)}"`;
		return `${peer} - - [${timeOfSecond(Math.floor(at / 1000))}] "${request}" ${status} ${bytesOut === 0 ? '-' : bytesOut} ${fields}\n`;
	};
};

const level = 30; // Info, as pino counts.

const jsonLine: AccessWriter = ({at, ...record}) => {
	const path = loggable(record.path, pathLimit);
	const request = {...record, path, method: loggable(record.method, 20), referer: record.referer && loggable(record.referer), userAgent: record.userAgent && loggable(record.userAgent)};
	return `${JSON.stringify({level, time: new Date(at).toISOString(), request, msg: `${request.method} ${path} ${record.status}`})}\n`;
};

/** How proxied requests are logged (`logging.format`): Apache combined lines, pino's JSON with the target and the time taken, or not at all. */
export type AccessFormat = 'combined' | 'json' | 'none';

/** One request → one line with its line end; secrets hidden, text printable. */
export type AccessWriter = (record: AccessRecord) => string;

const writers: Readonly<Record<AccessFormat, () => AccessWriter>> = {combined: createCombined, json: () => jsonLine, none: () => () => ''};

/** Make the writer of a format. It remembers the last few texts, so use one for each stream of records. */
export const createAccessWriter = (format: AccessFormat): AccessWriter => writers[format]();
