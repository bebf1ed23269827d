import type {McpCall} from '../core/call.ts';
import {findTarget, isCandidate, type State} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import type {Exchange, RawHeaders} from '../http/exchange.ts';
import type {Failure as Fault} from '../http/failure.ts';
import type {Id, Params, Request} from '../mcp/message.ts';
import {objectIn, textIn} from '../mcp/parse.ts';
import type {Transport} from '../transport/channel.ts';
import type {Affinity} from './affinity.ts';
import type {Holds} from './holds.ts';
import type {SessionSettings} from './options.ts';
import type {StatelessReply} from './stateless-reply.ts';
import type {ToolHints} from './tool-hints.ts';

/** What requests of the stateless era (MCP 2026-07-28) need of the rest. */
export type StatelessOptions = Readonly<{
	getState: () => State;
	/** The way to a target's MCP server; the same object as long as nothing changed. Undefined: it has none. */
	getTransport: (id: TargetId) => Transport | undefined;
	getSettings: () => Pick<SessionSettings, 'hold' | 'listHold' | 'bodies'>;
	/** Once a request, when it is over. */
	onCall: (call: McpCall) => void;
	/** The next number of a call's record. */
	nextCallId: () => number;
	/** What traffic shows of a target, for the health machine. */
	passive: Readonly<{failed: (id: TargetId, failure: Fault) => void; passed: (id: TargetId, ms: number) => void}>;
}>;

/** What all those requests share. */
export type Room = Readonly<{
	options: StatelessOptions;
	holds: Holds;
	affinity: Affinity;
	hints: ToolHints;
	/** Requests under way: called when their target may be down. */
	runs: Set<() => void>;
	/** Streams that follow the active target: told when it may be another one. */
	listens: Set<Readonly<{follow: () => void; end: () => void}>>;
}>;

/** A request on its way. */
export type Passage = Readonly<{
	room: Room;
	exchange: Exchange;
	request: Request;
	/** Fields that a target may see; of credentials the transport strips what its plan does not allow. */
	headers: RawHeaders;
	scope: TargetId | undefined;
	reply: StatelessReply;
}>;

/** Where a request goes now; undefined: nowhere, wait. */
export const placeFor = ({options: {getState, getTransport}}: Room, scope: TargetId | undefined): Transport | undefined => {
	const state = getState();
	const found = findTarget(state, scope ?? state.active);
	return found && (scope !== undefined || isCandidate(found) || state.isHeld) ? getTransport(found.target.id) : undefined;
};

/** A target by name, if it may be used although it is not the active one. */
export const candidate = ({options: {getState, getTransport}}: Room, id: TargetId): Transport | undefined => {
	const found = findTarget(getState(), id);
	return found && isCandidate(found) ? getTransport(id) : undefined;
};

/** The fields of a request that its target is to see. Unknown `Mcp-Param-*` go through untouched (SEP-2243); session ids and event ids mean nothing in this era. */
export const forwardedFields = (headers: RawHeaders): string[] => {
	const kept: string[] = [];
	for (let index = 0; index < headers.length; index += 2) {
		const name = headers[index]?.toLowerCase() ?? '';
		if ((name.startsWith('mcp-') && name !== 'mcp-session-id') || name === 'authorization') {
			kept.push(name, headers[index + 1] ?? '');
		}
	}

	return kept;
};

/** The pauses between attempts to reach a target that refuses, in ms: the first ones quick, since they make the failover. */
const pauses = [0, 25, 50, 100, 200, 500, 1000];

export const pauseAfter = (failures: number): number => pauses[Math.min(failures, pauses.length - 1)] ?? 0;

/** The client's own name, as each request of this era says it. */
export const clientOf = (parameters: Params | undefined): string | undefined => textIn(objectIn(objectIn(parameters, '_meta'), 'io.modelcontextprotocol/clientInfo'), 'name');

/** The key under which messages of a `subscriptions/listen` stream name it. */
const subscriptionKey = 'io.modelcontextprotocol/subscriptionId';

/** Part of a notice or result on such a stream. */
export const ofSubscription = (id: Id): Params => ({_meta: {[subscriptionKey]: id}});
