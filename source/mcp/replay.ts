import type {Hints} from './hints.ts';
import type {Request} from './message.ts';
import {hasCursor, isSafe} from './methods.ts';

/** A request that got no answer, and all that decides what becomes of it. */
export type Unanswered = Readonly<{
	request: Request;
	/** As the transport told it: how far the request came. */
	trouble: 'unsent' | 'lost' | 'cut' | 'paused' | 'refused' | 'timeout';
	/** How often it was sent, 1 or more. */
	attempts: number;
	/** What the tool says of itself; undefined when it is unknown or no tool. */
	hints: Hints | undefined;
	/** What the target it was at allows. */
	plan: Readonly<{replay: 'none' | 'safe' | 'hinted'; trustsHints: boolean}>;
	/** A request of the target's that belongs to this one has reached the client: somebody may have answered it. */
	wasServerRequestShown: boolean;
	isCancelled: boolean;
}>;

/**
`replay`: send it again on the next target. `resume`: ask the same target for the rest of its stream. `error`: tell the client.
`bad-cursor`: tell it −32602, so that it begins the list anew. `silent`: nobody waits for it any more.
*/
export type Remedy = 'replay' | 'resume' | 'error' | 'bad-cursor' | 'silent';

/** How often a request is sent at most. */
export const mostAttempts = 3;

/** Whether a request that may have been run may be run again. */
const isRepeatable = ({request: {method, params}, hints, plan, wasServerRequestShown}: Unanswered): boolean => {
	if (plan.replay === 'none') {
		return false;
	}

	if (isSafe(method, params)) {
		return true;
	}

	const isHinted = method === 'tools/call' && hints !== undefined && (hints.isReadOnly || hints.isIdempotent);
	return isHinted && plan.replay === 'hinted' && plan.trustsHints && !wasServerRequestShown && (params === undefined || !Object.hasOwn(params, 'task'));
};

/**
What becomes of a request that got no answer. No tool is ever run twice unless it says that this does no harm and its target is
trusted to say so. What was never sent, or was turned away for a session nobody knows, was never run and may always be sent again.
*/
export const remedyFor = (unanswered: Unanswered): Remedy => {
	const {request: {method, params}, trouble, attempts, isCancelled} = unanswered;
	if (isCancelled) {
		return 'silent';
	}

	if (trouble === 'paused') {
		return 'resume';
	}

	if (trouble === 'refused' || attempts >= mostAttempts) {
		return 'error';
	}

	const wasNeverRun = trouble === 'unsent' || trouble === 'lost';
	if (!wasNeverRun && !isRepeatable(unanswered)) {
		return 'error';
	}

	return hasCursor(method, params) ? 'bad-cursor' : 'replay';
};
