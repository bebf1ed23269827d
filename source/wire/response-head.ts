import {WireFault} from './fault.ts';
import {linesWithout, namedBy, scanResponse, type Signals} from './fields.ts';
import {responseLength} from './framing.ts';
import type {Span} from './gather.ts';

/* The grammar of a response's head (RFC 9112 §4), as strict as that of requests; the reason, which nobody reads, may be missing with its space. */
const grammar = /^HTTP\/1\.[01] [1-9]\d\d(?: [\t -~\u0080-\u00FF]*)?(?:\r\n[!#-'*+\-.^\w`\|~]+:[\t -~\u0080-\u00FF]*)*$/v;

/** A response's head, off the wire. */
export type ResponseLines = Readonly<{
	status: number;
	version: '1.0' | '1.1';
	/** The fields that go on to the client, as lines; `Content-Length` is written anew. */
	lines: string;
	signals: Readonly<Signals>;
	/** Of the body, in bytes; or `chunked`, or `untilClose`. */
	length: number;
}>;

/** Reads the whole head of a response to `method`. Throws `WireFault`. */
export const readResponseHead = ({bytes, start, end}: Span, method: string, mostFields: number): ResponseLines => {
	const text = bytes.toString('latin1', start, end);
	if (!grammar.test(text)) {
		throw new WireFault('syntax', 'its head breaks the grammar');
	}

	const version = text[7] === '0' ? '1.0' : '1.1';
	const status = Number(text.slice(9, 12));
	const {signals, lines} = scanResponse(text, mostFields);
	return {status, version, lines: linesWithout(lines, namedBy(signals)), signals, length: responseLength(signals, version, status, method)};
};
