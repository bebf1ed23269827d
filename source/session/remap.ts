import {Buffer} from 'node:buffer';
import {isRequest, type Id, type Message, type Notification, type Response} from '../mcp/message.ts';
import {objectIn} from '../mcp/parse.ts';
import type {Binding} from './binding.ts';
import type {ClientCall, Session} from './session.ts';

/** Room for the ids of one binding's requests: servers count from 0, each its own, and a client must never see one twice. */
const perGeneration = 1_000_000;

const isId = (value: unknown): value is Id => typeof value === 'string' || typeof value === 'number';

/** A message as one line of an event: as it came, unless it came on several lines. */
export const oneLine = (message: Message, bytes: Uint8Array): Uint8Array => bytes.includes(10) || bytes.includes(13) ? Buffer.from(JSON.stringify(message)) : bytes;

/** Our id for the target's request of that id. */
const ourId = ({asked}: Session, binding: Binding, id: unknown): number | undefined => {
	for (const [ours, found] of asked) {
		if (found.binding === binding && found.id === id) {
			return ours;
		}
	}

	return undefined;
};

/**
A message of the target's as the client may see it: its requests get ids (and progress tokens) of our own, which never repeat
over targets. Undefined: nothing the client could use. `call`: the request it belongs to, if any.
*/
export const toClient = (binding: Binding, message: Message, bytes: Uint8Array, {session, call}: Readonly<{session: Session; call?: ClientCall}>): Uint8Array | undefined => {
	if (isRequest(message)) {
		const ours = (binding.generation * perGeneration) + binding.asks++;
		const meta = objectIn(message.params, '_meta');
		const token = meta?.progressToken;
		session.asked.set(ours, {binding, id: message.id, token: isId(token) ? token : undefined});
		if (call) {
			call.asked.add(ours);
			call.wasAsked = true;
		}

		const parameters = isId(token) ? {...message.params, _meta: {...meta, progressToken: ours}} : message.params;
		return Buffer.from(JSON.stringify({...message, id: ours, ...(parameters && {params: parameters})}));
	}

	if ('method' in message && message.method === 'notifications/cancelled') {
		const ours = ourId(session, binding, message.params?.requestId);
		if (ours === undefined) {
			return undefined;
		}

		session.asked.delete(ours);
		call?.asked.delete(ours);
		return Buffer.from(JSON.stringify({...message, params: {...message.params, requestId: ours}}));
	}

	return oneLine(message, bytes);
};

/** The client's answer to a target's request: for whom, and with the id it knows. Undefined: that target's session is gone, nobody waits. */
export const answerFor = (session: Session, response: Response): Readonly<{binding: Binding; response: Response}> | undefined => {
	const {id} = response;
	const found = typeof id === 'number' ? session.asked.get(id) : undefined;
	if (!found || typeof id !== 'number') {
		return undefined;
	}

	session.asked.delete(id);
	for (const call of session.calls.values()) {
		call.asked.delete(id);
	}

	return found.binding.isClosed ? undefined : {binding: found.binding, response: {...response, id: found.id}};
};

/** The client's word on a target's request: for whom, and with the token or id it knows. */
export const wordFor = (session: Session, notification: Notification, field: 'progressToken' | 'requestId'): Readonly<{binding: Binding; notification: Notification}> | undefined => {
	const ours = notification.params?.[field];
	const found = typeof ours === 'number' ? session.asked.get(ours) : undefined;
	const theirs = field === 'progressToken' ? found?.token : found?.id;
	return found && !found.binding.isClosed && theirs !== undefined ? {binding: found.binding, notification: {...notification, params: {...notification.params, [field]: theirs}}} : undefined;
};

/** The client need not answer these any more: the target that asked is gone. One notification each. */
export const cancellations = (session: Session, asked: Iterable<number>): Uint8Array[] => [...asked].filter(ours => session.asked.delete(ours)).map(requestId => Buffer.from(JSON.stringify({
	jsonrpc: '2.0',
	method: 'notifications/cancelled',
	params: {requestId, reason: 'The target that asked is gone.'},
})));
