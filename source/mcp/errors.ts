import type {Failure, Id} from './message.ts';

/** Codes of JSON-RPC 2.0 ("Error object"), of the SDKs, and of MCP 2026-07-28 (−32020…−32099 are the specification's). */
export const codes = {
	/** The body is no JSON. */
	parse: -32_700,
	/** JSON, but no message. */
	invalidRequest: -32_600,
	methodNotFound: -32_601,
	/** Also: a cursor nobody knows; from 2026-07-28 on a resource nobody knows. */
	invalidParams: -32_602,
	internal: -32_603,
	/** The proxy's own troubles (−32000…−32019 are free for implementations). */
	proxy: -32_000,
	/** No such session, as the SDKs say it. */
	session: -32_001,
	/** A resource nobody knows, before 2026-07-28. */
	resourceNotFound: -32_002,
	/** Header fields and body disagree (SEP-2243). */
	headerMismatch: -32_020,
	/** `data.supported` lists the versions that are spoken. */
	unsupportedVersion: -32_022,
} as const;

/** An error answer. Without an id when the request could not be read (MCP 2025-11-25, "Sending Messages to the Server"). */
export const failure = (id: Id | undefined, code: number, message: string, data?: unknown): Failure => ({
	jsonrpc: '2.0',
	...(id !== undefined && {id}),
	error: {code, message, ...(data !== undefined && {data})},
});

/** A body that is no message. Carries the answer it deserves. */
export class MessageError extends Error {
	override readonly name = 'MessageError';
	readonly failure: Failure;

	constructor(answer: Failure) {
		super(answer.error.message);
		this.failure = answer;
	}
}
