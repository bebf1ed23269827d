import {claimedVersion, type GetHeader} from './era.ts';
import {codes, failure} from './errors.ts';
import {isRequest, type Failure, type Notification, type Request} from './message.ts';
import {headerNameOf} from './methods.ts';
import {modernVersions} from './versions.ts';

const sentinel = /^=\?base64\?((?:[A-Za-z0-9+\/]{4})*(?:[A-Za-z0-9+\/]{2}==|[A-Za-z0-9+\/]{3}=)?)\?=$/v;

/** The text a header field carries: itself, or what its Base64 holds when it is wrapped as `=?base64?…?=`. Undefined when that is broken. (SEP-2243.) */
export const decodeValue = (value: string): string | undefined => {
	if (!value.startsWith('=?base64?') || !value.endsWith('?=')) {
		return value;
	}

	const [, base64] = sentinel.exec(value) ?? [];
	try {
		return base64 === undefined ? undefined : new TextDecoder('utf-8', {fatal: true}).decode(Buffer.from(base64, 'base64'));
	} catch {
		return undefined;
	}
};

/** Wraps a text for a header field where it could not stand there by itself. */
export const encodeValue = (text: string): string => {
	if (/^[\u0021-\u007E](?:[\u0020-\u007E]*[\u0021-\u007E])?$/v.test(text) && !text.startsWith('=?base64?')) {
		return text;
	}

	return `=?base64?${Buffer.from(text).toString('base64')}?=`;
};

/** What the fields of a request's names disagree on with its body, in words. */
const nameFault = ({method, params}: Request, getHeader: GetHeader): string | undefined => {
	const expected = headerNameOf(method, params);
	const value = getHeader('mcp-name')?.trim();
	if (expected === undefined || (value === undefined && expected.value === undefined)) {
		return undefined;
	}

	if (value === undefined) {
		return 'Mcp-Name is missing';
	}

	const name = decodeValue(value);
	if (name === undefined) {
		return 'Mcp-Name holds broken Base64';
	}

	return expected.value === undefined || name === expected.value ? undefined : `Mcp-Name and params.${expected.field} differ`;
};

const faultOf = (message: Request | Notification, getHeader: GetHeader): string | undefined => {
	const method = getHeader('mcp-method')?.trim();
	if (method !== undefined && method !== message.method) {
		return 'Mcp-Method and the method of the body differ';
	}

	if (!isRequest(message)) {
		return undefined;
	}

	if (getHeader('mcp-protocol-version') === undefined) {
		return 'MCP-Protocol-Version is missing';
	}

	return method === undefined ? 'Mcp-Method is missing' : nameFault(message, getHeader);
};

/**
What is wrong with the header fields of a message of the stateless era: −32020 when they disagree with its body or are missing,
−32022 when its version is not spoken here (`data.supported`). Both are answered with status 400. Undefined when all is well.
`Mcp-Param-*` are the target's to check: only it knows which argument each repeats. A body without a claimed version is the
target's to refuse too. (MCP 2026-07-28, transports; SEP-2243.)
*/
export const refuseHeaders = (message: Request | Notification, getHeader: GetHeader): Failure | undefined => {
	const id = isRequest(message) ? message.id : undefined;
	const mismatch = (fault: string): Failure => failure(id, codes.headerMismatch, `Bad Request: header and body disagree: ${fault}`);
	const claim = claimedVersion(message);
	const header = getHeader('mcp-protocol-version')?.trim();
	if (header !== undefined && claim !== undefined && header !== claim) {
		return mismatch('MCP-Protocol-Version and the version in _meta differ');
	}

	const requested = claim ?? header;
	if (typeof requested !== 'string' || !modernVersions.includes(requested)) {
		return failure(id, codes.unsupportedVersion, 'Unsupported protocol version', {supported: modernVersions, requested});
	}

	const fault = faultOf(message, getHeader);
	return fault === undefined ? undefined : mismatch(fault);
};
