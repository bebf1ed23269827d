import {AppError} from '../core/errors.ts';
import {printable} from '../core/text.ts';

/** Why a target did not answer: a short code for programs, a few words for people. */
export type Failure = Readonly<{code: string; message: string}>;

const sentences = new Map([
	['ECONNREFUSED', 'connection refused'],
	['ECONNRESET', 'connection reset'],
	['EPIPE', 'connection closed while sending'],
	['ETIMEDOUT', 'connection timed out'],
	['CONNECT_TIMEOUT', 'connection timed out'],
	['RESPONSE_TIMEOUT', 'no response head in time'],
	['BODY_TIMEOUT', 'silent in the middle of a response'],
	['CLOSED', 'connection closed'],
	['EHOSTUNREACH', 'host unreachable'],
	['ENETUNREACH', 'network unreachable'],
	['ENOTFOUND', 'host name not found'],
	['EAI_AGAIN', 'name lookup failed'],
	['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate is self-signed'],
	['SELF_SIGNED_CERT_IN_CHAIN', 'certificate chain is self-signed'],
	['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate is not signed by a known authority'],
	['CERT_HAS_EXPIRED', 'certificate has expired'],
	['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate is for another name'],
]);

const codeOf = (error: unknown): string | undefined => {
	if (typeof error !== 'object' || error === null) {
		return undefined;
	}

	if ('code' in error && typeof error.code === 'string') {
		return error.code;
	}

	return 'cause' in error ? codeOf(error.cause) : undefined;
};

/** Any error of a connection, a probe or a request → code and words. Errors of several addresses (`AggregateError`) have no message of their own. */
export const failureOf = (error: unknown): Failure => {
	if (error instanceof AppError) {
		return {code: error.code, message: error.message};
	}

	const code = codeOf(error) ?? 'FAILED';
	const sentence = sentences.get(code);
	const message = error instanceof Error ? error.message : String(error);
	return {code, message: sentence === undefined ? printable(message === '' ? code : message, 200) : `${sentence} (${code})`};
};
