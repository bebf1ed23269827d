import * as z from 'zod';
import {parseDuration} from '../core/duration.ts';

/*
The kinds of values the settings are made of. Each says in words what it accepts, and its faults use those words:
`"abc" is not a port, 0 to 65535`. A number may be written as a string too, so that `"${PORT}"` and environment
variables work.
*/

const reference = String.raw`|\$\{\w+\}`; // For editors: `${NAME}` is replaced before this schema looks.

/** A value as a fault shows it: short, and without what may be secret in a URL. */
const shown = (value: unknown): string => {
	if (typeof value === 'object' && value !== null) {
		return Array.isArray(value) ? 'a list' : 'an object';
	}

	const text = JSON.stringify(value).replace(/\/\/.*@/v, '//‹redacted›@').replace(/\?.+"$/v, '?‹redacted›"');
	return text.length > 80 ? `${text.slice(0, 80)}…` : text;
};

/** The message of any issue of a value. */
export const accepts = (accepted: string) => ({
	error: ({input}: {input?: unknown}): string => input === undefined ? `is missing; it needs ${accepted}` : `${shown(input)} is not ${accepted}`,
});

/** The same for secrets, whose value is never shown. */
const acceptsSecret = (accepted: string) => ({error: (): string => `is not ${accepted}`});

type Range = Readonly<{min?: number; max?: number}>;

type Notation = Readonly<{pattern: string; parse: (text: string) => number | undefined; example?: string}>;

const quantity = ({pattern, parse, example}: Notation, {min = 0, max = Number.MAX_SAFE_INTEGER}: Range, accepted: string) => {
	const words = accepts(accepted);
	const isIn = (value: number | undefined): boolean => value !== undefined && Number.isSafeInteger(value) && value >= min && value <= max;
	const text = z.string(words).regex(new RegExp(`^(${pattern}${reference})$`, 'v'), words).refine(value => isIn(parse(value)), words);
	const number = z.number(words).refine(value => isIn(value), words).meta({type: 'integer', minimum: min, maximum: max});
	return z.union([number, example === undefined ? text : text.meta({examples: [example]})], words)
		.transform(value => typeof value === 'number' ? value : parse(value) ?? 0);
};

const digits = (text: string): number | undefined => /^\d+$/v.test(text) ? Number(text) : undefined;

/** A whole number. */
export const integer = (range: Range, accepted: string) => quantity({pattern: String.raw`\d+`, parse: digits}, range, accepted);

const longest = 24 * 86_400_000; // Timers of more than 2³¹ ms fire at once.

/** A time in milliseconds, or a string such as `2s`; becomes milliseconds. */
export const duration = ({min = 0, max = longest}: Range = {}) => {
	const accepted = `a time from ${min} ms to ${max === longest ? '24 days' : `${max / 1000} s`}, such as 2000 or "2s"`;
	return quantity({pattern: String.raw`\d+(\.\d+)?\s*(ms|s|m|h|d)?`, parse: parseDuration, example: '2s'}, {min, max}, accepted);
};

const factors = new Map([['', 1], ['B', 1], ['KB', 1024], ['MB', 1024 ** 2], ['GB', 1024 ** 3]]);

const parseSize = (text: string): number | undefined => {
	const [, amount, unit = ''] = /^(\d+)\s*(B|KB|MB|GB)?$/v.exec(text) ?? [];
	const factor = factors.get(unit);
	return amount === undefined || factor === undefined ? undefined : Number(amount) * factor;
};

/** A size in bytes, or a string such as `32KB` (1024 bytes each); becomes bytes. */
export const size = (range: Range = {}) => {
	const accepted = `a size${range.min ? ` of at least ${range.min} bytes` : ''}, such as 32768 or "32KB"`;
	return quantity({pattern: String.raw`\d+\s*(B|KB|MB|GB)?`, parse: parseSize, example: '32KB'}, range, accepted);
};

/** True or false. */
export const flag = () => z.boolean(accepts('true or false'));

/** One of some words. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(...words: Words) => z.enum(words, accepts(words.map(word => JSON.stringify(word)).join(' or ')));

/** Text that is not empty and has no control characters. */
export const text = (accepted = 'a text') => z.string(accepts(accepted)).regex(/^[^\p{Cc}]+$/v, accepts(accepted));

/** The same, never shown. */
export const secret = (accepted: string, pattern: RegExp) => z.string(acceptsSecret(accepted)).refine(value => pattern.test(value), acceptsSecret(accepted));

const isAddress = (value: string): boolean => {
	const url = URL.canParse(value) ? new URL(value) : undefined;
	return url !== undefined && ['http:', 'https:'].includes(url.protocol) && url.hash === '' && /^https?:\/\//iv.test(value);
};

/** An http or https URL. */
export const address = () => z.string(accepts('an http or https address')).refine(value => isAddress(value), accepts('an http or https address, such as "http://localhost:3000"'));

/** The path of a URL. */
export const urlPath = () => z.string(accepts('a path that begins with "/"')).regex(/^\/[\u0021-\u007E]*$/v, accepts('a path that begins with "/", of printable ASCII characters without spaces'));

const framing = new Set(['connection', 'content-length', 'expect', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

const fieldName = accepts('a header field name that may be set (those of the connection and of framing may not)');

/** Field names and values (RFC 9110 §5.1, §5.5). Names become lower-case. */
export const headerFields = () => z.record(
	z.string().regex(/^[\w!#$%\u0026'*+.^`\|~\-]+$/v, fieldName).refine(name => !framing.has(name.toLowerCase()), fieldName),
	secret('a header field value (no line breaks)', /^[\t\u0020-\u007E\u0080-\u00FF]*$/v),
	acceptsSecret('an object of header fields'),
).transform(fields => Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value])));
