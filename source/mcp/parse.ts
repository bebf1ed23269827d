import {codes, failure, MessageError} from './errors.ts';
import type {Id, Message, Params, RpcError} from './message.ts';

/** Messages in a batch; the SDKs' own limit. */
const mostMessages = 100;
/** Deeper than any schema in use, shallow enough for every recursive reader behind us. */
const mostLevels = 200;

const quote = 0x22;
const backslash = 0x5C;

/** `{` and `[` are `0x7B` and `0x5B`, `}` and `]` two more: one bit (`0x20`) tells braces from brackets. */
const opening = 0x5B;
const closing = 0x5D;

/** Whether brackets stand in each other deeper than allowed, seen without building anything. */
const isTooDeep = (bytes: Uint8Array): boolean => {
	let depth = 0;
	let isText = false;
	for (let index = 0; index < bytes.length; index++) {
		const byte = bytes[index] ?? 0;
		if (isText) {
			if (byte === backslash) {
				index++;
			} else if (byte === quote) {
				isText = false;
			}
		} else if (byte === quote) {
			isText = true;
		} else if ((byte & ~0x20) === opening) { // eslint-disable-line no-bitwise -- see above
			depth++;
			if (depth > mostLevels) {
				return true;
			}
		} else if ((byte & ~0x20) === closing) { // eslint-disable-line no-bitwise
			depth--;
		}
	}

	return false;
};

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isId = (value: unknown): value is Id => typeof value === 'string' || Number.isSafeInteger(value);
const isError = (value: unknown): value is RpcError => isObject(value) && Number.isSafeInteger(value.code) && typeof value.message === 'string';

const refuse = (id: unknown, reason: string): MessageError => new MessageError(failure(isId(id) ? id : undefined, codes.invalidRequest, `Invalid Request: ${reason}`));

/** What keeps a value from being a message; undefined when nothing does. */
const faultOf = (value: Fields): string | undefined => {
	const has = (name: string): boolean => Object.hasOwn(value, name);
	if (value.jsonrpc !== '2.0') {
		return '"jsonrpc" must be "2.0"';
	}

	if (has('method')) {
		if (typeof value.method !== 'string') {
			return '"method" must be a string';
		}

		if (has('id') && !isId(value.id)) {
			return '"id" must be a string or an integer';
		}

		return has('params') && !isObject(value.params) ? '"params" must be an object' : undefined;
	}

	if (has('result')) {
		return isId(value.id) && isObject(value.result) && !has('error') ? undefined : 'a result needs an "id" and an object';
	}

	if (has('error')) {
		const {id} = value;
		return isError(value.error) && (id === undefined || id === null || isId(id)) ? undefined : 'an error needs a "code" and a "message"';
	}

	return 'neither "method" nor "result" nor "error"';
};

/** One message out of a parsed JSON value. Throws `MessageError` (−32600). Fields MCP does not know are kept. */
export const toMessage = (value: unknown): Message => {
	if (!isObject(value)) {
		throw refuse(undefined, 'a message is a JSON object');
	}

	const fault = faultOf(value);
	if (fault !== undefined) {
		throw refuse(Object.hasOwn(value, 'method') ? value.id : undefined, fault);
	}

	return value as unknown as Message; // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- faultOf looked at every field of it
};

/** `isBatch`: an array, as MCP 2025-03-26 alone allows. */
export type Parsed = Readonly<{messages: readonly Message[]; isBatch: boolean}>;

const decoder = new TextDecoder('utf-8', {fatal: true});

const parseJson = (bytes: Uint8Array): unknown => {
	try {
		return JSON.parse(decoder.decode(bytes));
	} catch {
		throw new MessageError(failure(undefined, codes.parse, 'Parse error: the body is not JSON in UTF-8'));
	}
};

/**
The messages in a body. Throws `MessageError`: −32700 for what is no JSON, −32600 for what is no message, for an empty or overlong
batch and for nesting beyond 200 levels. A member called `__proto__` is data like any other. (JSON-RPC 2.0; MCP 2025-03-26 "Batching".)
*/
export const parseBody = (bytes: Uint8Array): Parsed => {
	if (isTooDeep(bytes)) {
		throw refuse(undefined, `nested deeper than ${mostLevels} levels`);
	}

	const value = parseJson(bytes);
	if (!Array.isArray(value)) {
		return {messages: [toMessage(value)], isBatch: false};
	}

	if (value.length === 0 || value.length > mostMessages) {
		throw refuse(undefined, `a batch holds 1 to ${mostMessages} messages`);
	}

	return {messages: value.map(element => toMessage(element)), isBatch: true};
};

/** An object among a message's params, such as `_meta`; undefined when it is absent or something else. */
export const objectIn = (parameters: Params | undefined, name: string): Params | undefined => {
	const value = parameters !== undefined && Object.hasOwn(parameters, name) ? parameters[name] : undefined;
	return isObject(value) ? value : undefined;
};

/** A string among a message's params. */
export const textIn = (parameters: Params | undefined, name: string): string | undefined => {
	const value = parameters !== undefined && Object.hasOwn(parameters, name) ? parameters[name] : undefined;
	return typeof value === 'string' ? value : undefined;
};
