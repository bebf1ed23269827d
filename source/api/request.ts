import {createHash, timingSafeEqual} from 'node:crypto';
import {clearTimeout, setTimeout} from 'node:timers';
import * as z from 'zod';
import {AppError} from '../core/errors.ts';
import {printable} from '../core/text.ts';
import type {Body, Exchange} from '../http/exchange.ts';
import {valueOf, valuesOf} from '../http/headers.ts';
import {sendError} from '../http/reply.ts';

/** Answer with an error. Its sentence may repeat what the client sent, so it is made printable here, at the one way out. */
export const refuse = (exchange: Exchange, {code, message, hint}: AppError, status?: number, headers: readonly string[] = []): void => {
	sendError(exchange, new AppError(code, printable(message, 300), {hint}), headers, status);
};

/** Whether a peer's address is this machine's own. */
export const isLoopback = (peer: string): boolean => peer === '::1' || peer.startsWith('127.') || peer.startsWith('::ffff:127.');

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Changes from another machine need the token; without one set, nobody there may change anything. Throws `TOKEN_NEEDED`. */
export const demandToken = ({head}: Exchange, token: string | undefined): void => {
	if (isLoopback(head.peer)) {
		return;
	}

	const [, given] = /^bearer +(\S+)$/iv.exec(valueOf(head.headers, 'authorization') ?? '') ?? [];
	// Hashes have one length, and comparing them takes the same time whatever the guess.
	if (token === undefined || given === undefined || !timingSafeEqual(hash(given), hash(token))) {
		throw new AppError('TOKEN_NEEDED', 'Changes from another machine need the token of this proxy.');
	}
};

/** Throws `MEDIA_TYPE_REFUSED` unless the body is declared as JSON: a page of another site can not do that without asking first. */
export const demandJson = ({head}: Exchange): void => {
	const types = valuesOf(head.headers, 'content-type');
	if (types.length !== 1 || !/^application\/json *(?:;|$)/iv.test(types[0] ?? '')) {
		throw new AppError('MEDIA_TYPE_REFUSED', 'The body must be application/json.');
	}
};

type BodyLimits = Readonly<{body: number; bodyTimeout: number}>;

const collect = async (body: Body, limit: number): Promise<Buffer> => {
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of body) {
		size += chunk.length;
		if (size > limit) {
			throw tooLarge(limit);
		}

		chunks.push(chunk);
	}

	return Buffer.concat(chunks);
};

const tooLarge = (limit: number): AppError => new AppError('BODY_TOO_LARGE', `The body is over ${limit} bytes.`, {hint: 'Send less.'});

/** The whole body as one JSON value. Throws `BODY_TOO_LARGE`, `BODY_TIMEOUT`, and `BAD_REQUEST` for anything that is not JSON in UTF-8. */
export const readJson = async ({head, body}: Exchange, {body: limit, bodyTimeout}: BodyLimits): Promise<unknown> => {
	if (Number(valueOf(head.headers, 'content-length') ?? 0) > limit) {
		throw tooLarge(limit);
	}

	const late = Promise.withResolvers<never>();
	const timer = setTimeout(late.reject, bodyTimeout, new AppError('BODY_TIMEOUT', 'The body of the request did not come in time.'));
	const bytes = await Promise.race([collect(body, limit), late.promise]).finally(() => {
		clearTimeout(timer);
	});
	try {
		return JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(bytes));
	} catch {
		throw new AppError('BAD_REQUEST', 'The body is not JSON.');
	}
};

/** `parse` with its faults as one `BAD_REQUEST` sentence. */
export const parsed = <Value>(parse: (value: unknown) => Value, value: unknown): Value => {
	try {
		return parse(value);
	} catch (error) {
		if (!(error instanceof z.ZodError)) {
			throw error;
		}

		const [issue] = error.issues;
		const path = issue?.path.join('.') ?? '';
		const what = path === '' ? 'The body' : `"${path}"`;
		const fault = issue?.message ?? 'unknown fault';
		throw new AppError('BAD_REQUEST', printable(fault.endsWith('received undefined') ? `${what} is missing.` : `${what} is not accepted: ${fault}.`, 300));
	}
};
