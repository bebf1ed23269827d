import {Buffer} from 'node:buffer';
import {codes, failure} from '../mcp/errors.ts';
import type {Message, Response} from '../mcp/message.ts';
import {hasCursor, isList} from '../mcp/methods.ts';
import {textIn} from '../mcp/parse.ts';
import type {Trouble} from '../transport/channel.ts';
import type {Hub} from './hub.ts';
import {record} from './records.ts';
import {cancellations} from './remap.ts';
import type {ClientCall} from './session.ts';

const encode = (message: Message): Uint8Array => Buffer.from(JSON.stringify(message));

/** Ends a call in the books; its outlet has been told. */
export const over = (hub: Hub, call: ClientCall, response: Response | undefined, {bytesOut = 0, kind}: Readonly<{bytesOut?: number; kind?: Trouble['kind'] | undefined}> = {}): void => {
	const {session} = call;
	call.isOver = true;
	session.calls.delete(call.request.id);
	for (const ours of call.asked) {
		session.asked.delete(ours);
	}

	session.usedAt = Date.now();
	hub.options.onCall(record(hub, call, {response, bytesOut, kind}));
};

/** Cursors remembered of a session, to tell those of an earlier target. */
const mostCursors = 100;

/** What the target's answer tells beside the client: log level and subscriptions to restore, hints of tools, whose cursor is whose. */
const learn = (hub: Hub, {session, request: {method, params}, binding}: ClientCall, response: Response): void => {
	if (!('result' in response) || !binding) {
		return;
	}

	const {target, transport} = binding;
	if (method === 'tools/list') {
		hub.hints.take(transport, response.result, hasCursor(method, params));
	}

	const cursor = isList(method) ? textIn(response.result, 'nextCursor') : undefined;
	if (cursor !== undefined) {
		session.cursors.set(cursor, target);
		if (session.cursors.size > mostCursors) {
			session.cursors.delete([...session.cursors.keys()][0] ?? '');
		}
	}

	if (method === 'logging/setLevel') {
		session.level = textIn(params, 'level');
		binding.level = session.level;
		hub.save(session);
	}

	if (method === 'resources/subscribe' || method === 'resources/unsubscribe') {
		const uri = textIn(params, 'uri') ?? '';
		for (const uris of [session.uris, binding.uris]) {
			if (method === 'resources/subscribe') {
				uris.add(uri);
			} else {
				uris.delete(uri);
			}
		}

		hub.save(session);
	}
};

/** Gives the client its answer. `data`: the same as bytes. `kind`: the trouble that ended the call. */
export const finish = (hub: Hub, call: ClientCall, response: Response, {data = encode(response), kind}: Readonly<{data?: Uint8Array; kind?: Trouble['kind'] | undefined}> = {}): void => {
	if (call.isOver) {
		return;
	}

	learn(hub, call, response);
	call.outlet.answer(data);
	over(hub, call, response, {bytesOut: data.length, kind});
};

/** Answers with an error of our own. */
export const fail = (hub: Hub, call: ClientCall, error: Readonly<{code: number; message: string; data?: unknown}>, kind?: Trouble['kind']): void => {
	finish(hub, call, failure(call.request.id, error.code, error.message, error.data), {kind});
};

/** Requests that the lost target made within a call are taken back, so that no person answers them for nothing. */
export const takeBack = (call: ClientCall): void => {
	for (const data of cancellations(call.session, call.asked)) {
		call.outlet.send(data);
	}

	call.asked.clear();
};

const words: Record<Trouble['kind'], (target: string, words: string) => string> = {
	unsent: (target, words) => `"${target}" could not be reached: ${words}.`,
	lost: target => `"${target}" keeps losing the session.`,
	cut: (target, words) => `The connection to "${target}" ended before its answer (${words}). Whether the request was carried out is unknown.`,
	paused: (target, words) => `"${target}" ended its stream: ${words}.`,
	refused: (target, words) => `"${target}" refused: ${words}.`,
	timeout: target => `"${target}" did not answer in time. Whether the request was carried out is unknown.`,
};

/** Tells the client what became of its request at a target that did not answer. A refusal's own words go through. */
export const failOf = (hub: Hub, call: ClientCall, target: string, trouble: Trouble): void => {
	const {kind, response} = trouble;
	if (response && 'error' in response) {
		finish(hub, call, {...response, id: call.request.id});
		return;
	}

	const isUnknown = kind === 'cut' || kind === 'timeout' || kind === 'paused';
	fail(hub, call, {
		code: codes.proxy,
		message: words[kind](target, trouble.failure.message),
		data: {outcome: isUnknown ? 'unknown' : 'not-run', retryable: !isUnknown},
	}, kind);
};

