import {WireFault} from './fault.ts';
import {requestRules, responseRules, ruleOf, type Rules} from './rules.ts';

/** Names and values in turn, order and repeats kept. */
export type Fields = readonly string[];

/** What the fields say that concerns the connection, the way, and the log. */
export type Signals = {
	hosts: number;
	host: string;
	lengths: number;
	/** Of the last Content-Length. */
	length: string;
	codings: number;
	/** Of the last Transfer-Encoding. */
	coding: string;
	/** All `Connection` fields, joined by commas; '' when there are none. */
	connection: string;
	keepAlive: string;
	/** In lower case; '' = none. */
	upgrade: string;
	/** All `Expect` fields, joined by commas; '' = none. */
	expect: string;
	hasDate: boolean;
	origins: number;
	origin: string;
	/** `Sec-Fetch-Site`; '' = none. */
	site: string;
	/** All `X-Forwarded-For` fields, joined by commas; '' = none. */
	forwardedFor: string;
	referer: string | undefined;
	userAgent: string | undefined;
};

const newSignals = (): Signals => ({
	hosts: 0, host: '', lengths: 0, length: '', codings: 0, coding: '', connection: '', keepAlive: '', upgrade: '', expect: '', hasDate: false,
	origins: 0, origin: '', site: '', forwardedFor: '', referer: undefined, userAgent: undefined,
});

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

/** A field's value between two places, without the blanks around it (RFC 9110 §5.5: SP and HTAB, nothing else). */
const trimmed = (text: string, start: number, end: number): string => {
	let from = start;
	let to = end;
	while (from < to && isBlank(text.charCodeAt(from))) { // eslint-disable-line unicorn/prefer-code-point -- one byte a character
		from++;
	}

	while (to > from && isBlank(text.charCodeAt(to - 1))) { // eslint-disable-line unicorn/prefer-code-point -- one byte a character
		to--;
	}

	return text.slice(from, to);
};

const joined = (before: string, value: string): string => before === '' ? value : `${before}, ${value}`;

const note = (signals: Signals, name: string, value: string): void => {
	switch (name) {
		case 'host': {
			signals.hosts++;
			signals.host = value;
			break;
		}

		case 'user-agent': {
			signals.userAgent ??= value;
			break;
		}

		case 'connection': {
			signals.connection = joined(signals.connection, value);
			break;
		}

		case 'content-length': {
			signals.lengths++;
			signals.length = value;
			break;
		}

		case 'transfer-encoding': {
			signals.codings++;
			signals.coding = value;
			break;
		}

		case 'keep-alive': {
			signals.keepAlive = value;
			break;
		}

		case 'date': {
			signals.hasDate = true;
			break;
		}

		case 'expect': {
			signals.expect = joined(signals.expect, value);
			break;
		}

		case 'upgrade': {
			signals.upgrade = joined(signals.upgrade, value.toLowerCase());
			break;
		}

		case 'origin': {
			signals.origins++;
			signals.origin = value;
			break;
		}

		case 'sec-fetch-site': {
			signals.site = value;
			break;
		}

		case 'referer': {
			signals.referer ??= value;
			break;
		}

		case 'x-forwarded-for': {
			signals.forwardedFor = joined(signals.forwardedFor, value);
			break;
		}

		default:
	}
};

/** What is found in a head's fields. */
export type Found = Readonly<{
	signals: Readonly<Signals>;
	/** The fields that go on to the other side, as the lines they came in, each with its line end. */
	lines: string;
}>;

const lineEnd = '\r\n';

/** One line between two places, as we write it. */
const written = (text: string, start: number, colon: number, stop: number): string => `${text.slice(start, colon)}: ${trimmed(text, colon + 1, stop)}\r\n`;

/* eslint-disable unicorn/prefer-code-point -- one byte a character */
/** Whether a line has one space after its colon and none at its end, as nearly all have and we write them. */
const isPlain = (text: string, colon: number, stop: number): boolean => text.charCodeAt(colon + 1) === 0x20 && !isBlank(text.charCodeAt(colon + 2)) && !isBlank(text.charCodeAt(stop - 1));
/* eslint-enable unicorn/prefer-code-point */

/**
Goes once over the lines after the first of a head whose grammar has been checked. Lines that go on are not taken apart: runs of them
are copied as they are, but for blanks that we would not write. Throws `WireFault` (`head`) for more than `most` fields.
*/
const scan = (text: string, rules: Rules, most: number): Found => {
	const signals = newSignals();
	let lines = '';
	let count = 0;
	let end = text.indexOf(lineEnd);
	let run = end + 2;
	while (end !== -1) {
		const start = end + 2;
		const colon = text.indexOf(':', start);
		end = text.indexOf(lineEnd, colon);
		count++;
		const stop = end === -1 ? text.length : end;
		const rule = ruleOf(rules, text, start, colon);
		if (rule) {
			note(signals, rule.name, trimmed(text, colon + 1, stop));
		}

		if (rule?.isDropped) {
			lines += text.slice(run, start);
			run = stop + 2;
		} else if (!isPlain(text, colon, stop)) {
			lines += text.slice(run, start) + written(text, start, colon, stop);
			run = stop + 2;
		}
	}

	if (count > most) {
		throw new WireFault('head', `it has more than ${most} header fields`);
	}

	return {signals, lines: count === 0 || run >= text.length ? lines : `${lines}${text.slice(run)}\r\n`};
};

/** The fields of a request (RFC 9110 §7.6.1 says which end here). */
export const scanRequest = (text: string, most: number): Found => scan(text, requestRules, most);

/** The fields of a response. */
export const scanResponse = (text: string, most: number): Found => scan(text, responseRules, most);

/** Takes lines apart, each of which has its line end. */
export const fieldsOf = (lines: string): Fields => {
	const fields: string[] = [];
	for (let start = 0; start < lines.length;) {
		const colon = lines.indexOf(':', start);
		const end = lines.indexOf(lineEnd, colon);
		fields.push(lines.slice(start, colon), trimmed(lines, colon + 1, end));
		start = end + 2;
	}

	return fields;
};

const plainConnection = /^[\t ]*(?:close|keep-alive)?[\t ]*$/iv;

/** The names that `Connection` adds to the fields that end here (RFC 9110 §7.6.1), in lower case; undefined when it adds none, as nearly always. */
export const namedBy = ({connection}: Readonly<Signals>): ReadonlySet<string> | undefined => connection === '' || plainConnection.test(connection)
	? undefined
	: new Set(connection.split(',').map(name => name.trim().toLowerCase()));

/** The lines but those of the names, which are in lower case. */
export const linesWithout = (lines: string, names: ReadonlySet<string> | undefined): string => {
	if (names === undefined) {
		return lines;
	}

	let kept = '';
	for (let start = 0; start < lines.length;) {
		const next = lines.indexOf(lineEnd, start) + 2;
		if (!names.has(lines.slice(start, lines.indexOf(':', start)).toLowerCase())) {
			kept += lines.slice(start, next);
		}

		start = next;
	}

	return kept;
};

const close = /(?:^|,)[\t ]*close[\t ]*(?:,|$)/iv;
const keepAlive = /(?:^|,)[\t ]*keep-alive[\t ]*(?:,|$)/iv;
const upgrade = /(?:^|,)[\t ]*upgrade[\t ]*(?:,|$)/iv;

/** Whether another message may follow on the connection (RFC 9112 §9.3). */
export const isKept = ({connection}: Readonly<Signals>, version: string): boolean => version === '1.0'
	? keepAlive.test(connection) && !close.test(connection)
	: connection === '' || !close.test(connection);

/** Whether the message asks for the protocol `name`, or agrees to it: both fields are needed (RFC 9110 §7.8). */
export const isUpgradeTo = (signals: Readonly<Signals>, name: string): boolean => signals.upgrade === name && upgrade.test(signals.connection);
