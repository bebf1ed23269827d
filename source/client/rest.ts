import type {RequestError, TimeoutError} from 'got';
import {AppError, catalogue, toAppError, type ErrorCode} from '../core/errors.ts';
import {printable} from '../core/text.ts';

type ErrorTypes = Readonly<{RequestError: typeof RequestError; TimeoutError: typeof TimeoutError}>;

/** Where a daemon is and what opens it. */
export type Address = Readonly<{url: string; token?: string | undefined}>;

type Call = Readonly<{
	/** Sent as JSON. */
	body?: unknown;
	/** Milliseconds for everything. */
	timeout?: number;
	/** Repeats after a lost or refused connection; for GET alone. */
	retries?: number;
	signal?: AbortSignal | undefined;
	/** Statuses that are an answer, not an error. */
	isBadNews?: (status: number) => boolean;
}>;

/** The `Authorization` field for an address, when it has a token. */
export const authorization = ({token}: Address): Record<string, string> => token === undefined ? {} : {authorization: `Bearer ${token}`};

/** A text that should be an absolute http or https URL → its origin and path without a trailing slash; throws `USAGE`. */
export const parseAddress = (text: string): string => {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
		throw new AppError('USAGE', `"${printable(text, 200)}" is not the address of a proxy.`, {hint: 'An address looks like http://localhost:4000.'});
	}

	return `${url.origin}${url.pathname.replace(/\/+$/v, '')}`;
};

/** An error answer (docs/api.md: `{"error","code","hint"}`) → the same `AppError` as in the daemon. */
export const errorOf = (status: number, body: unknown, url: string): AppError => {
	const isObject = typeof body === 'object' && body !== null;
	const sentence = isObject && 'error' in body && typeof body.error === 'string' ? printable(body.error) : `${url} answered ${status}.`;
	const hint = isObject && 'hint' in body && typeof body.hint === 'string' ? {hint: printable(body.hint)} : undefined;
	if (isObject && 'code' in body && isCode(body.code)) {
		return new AppError(body.code, sentence, hint);
	}

	const fallback = new Map<number, ErrorCode>([[401, 'TOKEN_NEEDED'], [403, 'ORIGIN_REFUSED'], [404, 'NOT_FOUND'], [421, 'HOST_REFUSED']]).get(status);
	return new AppError(fallback ?? 'FAILED', sentence);
};

const isCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(catalogue, code);

/** A failed connection as a person says it. */
export const reasonOf = (error: unknown): string => {
	const code = error instanceof Error && 'code' in error ? error.code : undefined;
	const words = new Map<unknown, string>([
		['ECONNREFUSED', 'nothing listens there'],
		['ENOTFOUND', 'no such host'],
		['ECONNRESET', 'the connection was cut'],
		['ETIMEDOUT', 'no answer in time'],
	]);
	return words.get(code) ?? printable(error instanceof Error && error.message !== '' ? error.message : String(code ?? error), 200);
};

const parse = (text: string): unknown => {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
};

/**
One call of the REST API, such as `('GET', '/api/proxy/status')`; resolves with the parsed JSON document.
Throws what the daemon refused, by its own code; `DAEMON_UNREACHABLE` without a connection; `TIMED_OUT` without an answer.
*/
export const callRest = async (address: Address, method: 'GET' | 'POST', path: string, {body, timeout = 10_000, retries = 0, signal, isBadNews = () => false}: Call = {}): Promise<unknown> => {
	const {url} = address;
	const {default: got, RequestError, TimeoutError} = await import('got'); // Not with this file: the proxy itself never calls, and it takes ten megabytes.
	const response = await got(`${url}${path}`, {
		method,
		headers: {...authorization(address), accept: 'application/json'},
		timeout: {request: timeout, connect: Math.min(timeout, 2000)},
		retry: {limit: method === 'GET' ? retries : 0},
		throwHttpErrors: false,
		followRedirect: false,
		...(body === undefined ? {} : {json: body}),
		...(signal && {signal}),
	}).catch((error: unknown) => {
		throw failure(error, url, {RequestError, TimeoutError});
	});
	const document = parse(response.body);
	if (document === undefined || (response.statusCode >= 300 && !isBadNews(response.statusCode))) {
		throw errorOf(response.statusCode, document, url);
	}

	return document;
};

const failure = (error: unknown, url: string, {RequestError, TimeoutError}: ErrorTypes): AppError => {
	if (error instanceof TimeoutError && !['lookup', 'connect', 'secureConnect', 'socket'].includes(error.event)) {
		return new AppError('TIMED_OUT', `The proxy at ${url} did not answer in time.`, {cause: error});
	}

	return error instanceof RequestError && error.code !== 'ERR_ABORTED'
		? new AppError('DAEMON_UNREACHABLE', `No proxy answers at ${url}: ${reasonOf(error)}.`, {cause: error})
		: toAppError(error);
};
