import type {Dress} from '../http/dress.ts';
import type {RequestHead} from '../http/exchange.ts';
import {linesWithout} from '../wire/fields.ts';

/** The client's fields on their way to a target, as lines, and ours after them: no client can strip those (RFC 9110 §7.6.1). */
export const requestLines = ({lines, seen, peer, isSecure}: RequestHead, {replaced}: Dress): string => {
	const before = seen.forwardedFor === '' ? '' : `${seen.forwardedFor}, `;
	const host = seen.hosts === 0 ? '' : `X-Forwarded-Host: ${seen.host}\r\n`;
	return `${linesWithout(lines, replaced)}X-Forwarded-For: ${before}${peer}\r\nX-Forwarded-Proto: ${isSecure ? 'https' : 'http'}\r\n${host}`;
};
