import type {Event} from '../core/event.ts';
import type {TargetId} from '../core/target.ts';
import type {Exchange} from '../http/exchange.ts';
import {valueOf} from '../http/headers.ts';
import {send, sendJson} from '../http/reply.ts';
import {codes, failure} from '../mcp/errors.ts';
import {refuseHeaders} from '../mcp/headers.ts';
import {isRequest, isResponse, type Message} from '../mcp/message.ts';
import {createAffinity} from './affinity.ts';
import {createHolds} from './holds.ts';
import {carryRequest} from './stateless-call.ts';
import {carryListen} from './stateless-listen.ts';
import {createStatelessReply} from './stateless-reply.ts';
import {forwardedFields, type Passage, type Room, type StatelessOptions} from './stateless-room.ts';
import {createToolHints} from './tool-hints.ts';

/** A message of the stateless era, read and found to be one. */
export type Posted = Readonly<{
	/** Undefined for GET and DELETE. */
	message: Message | undefined;
	/** The body as it came. */
	bytes: Uint8Array;
	/** The target named by `/targets/NAME/mcp`; undefined: the active one. */
	scope: TargetId | undefined;
}>;

export type Stateless = Readonly<{
	handle: (exchange: Exchange, posted: Posted) => void;
	/** Every event, once it is in force. */
	react: (event: Event) => void;
	/** Ends the streams of clients that listen, as their targets would. */
	stop: () => void;
}>;

/** How often streams look whether they should move, in ms, where nobody calls `wake`. */
const lookInterval = 500;

/**
The era without sessions (MCP 2026-07-28): each request goes for itself to the active target, and again to the next one as far
as the rules of `mcp/replay.ts` allow. Streams of `subscriptions/listen` stay open over the deaths of targets.
*/
export const createStateless = (options: StatelessOptions): Stateless => {
	const room: Room = {options, holds: createHolds(), affinity: createAffinity(), hints: createToolHints(options.getState), runs: new Set(), listens: new Set()};
	const follow = (): void => {
		for (const {follow} of room.listens) {
			follow();
		}
	};

	const timer = setInterval(follow, lookInterval).unref();
	return {
		handle(exchange, {message, bytes, scope}) {
			const {headers} = exchange.head;
			if (message === undefined) {
				sendJson(exchange, 405, failure(undefined, codes.proxy, 'Method not allowed: this version knows POST only'), ['Allow', 'POST']);
				return;
			}

			if (isResponse(message)) {
				sendJson(exchange, 400, failure(undefined, codes.invalidRequest, 'Invalid Request: this version knows no answers of clients'));
				return;
			}

			const refusal = refuseHeaders(message, name => valueOf(headers, name));
			if (refusal) {
				sendJson(exchange, 400, refusal);
				return;
			}

			if (!isRequest(message)) {
				send(exchange, 202, [], ''); // Nothing of this era is for targets.
				return;
			}

			const passage: Passage = {room, exchange, request: message, headers: forwardedFields(headers), scope, reply: createStatelessReply(exchange)};
			const carry = message.method === 'subscriptions/listen' ? carryListen : carryRequest;
			carry(passage, bytes.length);
		},
		react({type}) {
			room.holds.wake();
			follow();
			if (type === 'active.switched' || type === 'target.down') {
				for (const forsake of room.runs) {
					forsake();
				}
			}
		},
		stop() {
			clearInterval(timer);
			for (const {end} of room.listens) {
				end();
			}
		},
	};
};
