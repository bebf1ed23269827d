import {Buffer} from 'node:buffer';
import {codes, failure as makeFailure, MessageError} from '../mcp/errors.ts';
import type {Failure, Id} from '../mcp/message.ts';
import {parseBody, type Parsed} from '../mcp/parse.ts';
import type {Exchange, RawHeaders} from '../http/exchange.ts';
import {valueOf} from '../http/headers.ts';

/** For pages of origins that the guard let through (Fetch, "CORS protocol"): they must see the session's id. */
export const corsOf = ({head: {seen: {origins, origin}}}: Exchange): RawHeaders => origins === 0 ? [] : ['Access-Control-Allow-Origin', origin, 'Access-Control-Expose-Headers', 'Mcp-Session-Id', 'Vary', 'Origin'];

/** One JSON message as the whole reply. */
export const sendMessage = (exchange: Exchange, status: number, data: Uint8Array, headers: RawHeaders = []): void => {
	const {reply} = exchange;
	reply.head(status, ['Content-Type', 'application/json', 'Content-Length', String(data.length), ...headers, ...corsOf(exchange)]);
	reply.end(exchange.head.method === 'HEAD' ? undefined : data);
};

/** A message was taken (202), or a deed done (200). */
export const sendEmpty = (exchange: Exchange, status: number, headers: RawHeaders = []): void => {
	exchange.reply.head(status, [...(status === 204 ? [] : ['Content-Length', '0']), ...headers, ...corsOf(exchange)]);
	exchange.reply.end();
};

/** A refusal of ours: errors on an MCP endpoint are JSON-RPC errors, with the request's id or null. */
export const sendFailure = (exchange: Exchange, status: number, code: number, message: string, {id, headers = []}: Readonly<{id?: Id; headers?: RawHeaders}> = {}): void => {
	sendAnswer(exchange, status, makeFailure(id, code, message), headers);
};

const sendAnswer = (exchange: Exchange, status: number, answer: Failure, headers: RawHeaders = []): void => {
	sendMessage(exchange, status, Buffer.from(JSON.stringify({...answer, id: answer.id ?? null})), headers);
};

/** The whole body; undefined when it is longer than `limit` bytes. Rejects when the client leaves. */
const readBody = async ({head, body}: Exchange, limit: number): Promise<Uint8Array | undefined> => {
	if (head.length > limit) {
		return undefined;
	}

	const whole = head.seen.expect === '' ? body.whole() : undefined;
	if (whole) {
		return whole.length <= limit ? whole : undefined;
	}

	const chunks: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of body) {
		length += chunk.length;
		if (length > limit) {
			return undefined;
		}

		chunks.push(chunk);
	}

	return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
};

/** The messages of a POST, and the body they came in. */
export type Posted = Parsed & Readonly<{bytes: Uint8Array}>;

const json = /^application\/json(?:[\t ]*;|$)/iv;

/** What a client posted; undefined when the refusal is sent: 415 for what is not called JSON, 413 over `limit` bytes, 400 for what is no message. Rejects when the client leaves. */
export const readPosted = async (exchange: Exchange, limit: number): Promise<Posted | undefined> => {
	if (!json.test(valueOf(exchange.head.headers, 'content-type') ?? '')) {
		sendFailure(exchange, 415, codes.proxy, 'Unsupported Media Type: Content-Type must be application/json');
		return undefined;
	}

	const bytes = await readBody(exchange, limit);
	if (!bytes) {
		sendFailure(exchange, 413, codes.proxy, `Payload Too Large: a message may have ${limit} bytes`);
		return undefined;
	}

	try {
		return {...parseBody(bytes), bytes};
	} catch (error) {
		if (!(error instanceof MessageError)) {
			throw error;
		}

		sendAnswer(exchange, 400, error.failure);
		return undefined;
	}
};
