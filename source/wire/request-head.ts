import {WireFault} from './fault.ts';
import {fieldsOf, linesWithout, namedBy, scanRequest, type Fields, type Signals} from './fields.ts';
import {requestLength} from './framing.ts';
import type {Span} from './gather.ts';

/*
The whole grammar of a request's head (RFC 9112 §3, §5; RFC 9110 §5.5, §5.6.2), stricter where there is a choice: methods in
capitals, one space between the parts of the line, no folded lines, no bare CR or LF, nothing before a colon but the name, no
control character but HTAB in a value.
*/
const grammar = /^[A-Z][A-Z\-]{0,31} [!-~]+ HTTP\/1\.[01](?:\r\n[!#-'*+\-.^\w`\|~]+:[\t -~\u0080-\u00FF]*)*$/v;

/** A request's head, off the wire. */
export type RequestLines = Readonly<{
	method: string;
	/** As sent. */
	target: string;
	version: '1.0' | '1.1';
	/** All of it, without the empty line. */
	text: string;
	/** The fields that go on to a target, as lines; those that are written anew (`Host`, framing, `X-Forwarded-…`) are not among them. */
	lines: string;
	signals: Readonly<Signals>;
	/** Of the body, in bytes; `chunked` when it comes in chunks. */
	length: number;
}>;

/** Reads a whole head. Throws `WireFault`. */
export const readRequestHead = ({bytes, start, end}: Span, mostFields: number): RequestLines => {
	const text = bytes.toString('latin1', start, end);
	if (!grammar.test(text)) {
		throw new WireFault('syntax', 'its head breaks the grammar');
	}

	const space = text.indexOf(' ');
	const second = text.indexOf(' ', space + 1);
	const version = text[second + 8] === '0' ? '1.0' : '1.1';
	const {signals, lines} = scanRequest(text, mostFields);
	return {
		method: text.slice(0, space),
		target: text.slice(space + 1, second),
		version,
		text,
		lines: linesWithout(lines, namedBy(signals)),
		signals,
		length: requestLength(signals, version),
	};
};

/** All fields of a head, taken apart. */
export const allFields = ({text}: Pick<RequestLines, 'text'>): Fields => {
	const end = text.indexOf('\r\n');
	return end === -1 ? [] : fieldsOf(`${text.slice(end + 2)}\r\n`);
};
