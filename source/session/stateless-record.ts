import type {Verdict} from '../core/call.ts';
import type {TargetId} from '../core/target.ts';
import type {Response} from '../mcp/message.ts';
import {subjectOf} from '../mcp/methods.ts';
import {recorded, shortened} from './bodies.ts';
import {clientOf, type Passage} from './stateless-room.ts';

/** What only the end of a request can tell of it. */
export type Outcome = Readonly<{verdict: Verdict; target: TargetId | undefined; attempts: number; /** What the client was told; undefined: nothing, it has left. */ response?: Response | undefined}>;

/** The verdict on an answer of a target's. */
export const verdictOn = (response: Response): Pick<Outcome, 'verdict' | 'response'> => {
	if ('error' in response) {
		return {verdict: 'rpc', response};
	}

	return {verdict: response.result.isError === true ? 'tool' : 'ok', response};
};

/** Begins the record of a request; what it returns ends it, once. */
export const beginRecord = ({room: {options: {onCall, nextCallId, getSettings}}, request, reply}: Passage, bytesIn: number): (outcome: Outcome) => void => {
	const at = Date.now();
	const startedAt = performance.now();
	let isOver = false;
	return ({verdict, target, attempts, response}) => {
		if (!isOver) {
			isOver = true;
			onCall({
				id: nextCallId(),
				at,
				ms: performance.now() - startedAt,
				method: shortened(request.method),
				subject: shortened(subjectOf(request)),
				target,
				session: undefined,
				client: shortened(clientOf(request.params)),
				verdict,
				code: response && 'error' in response ? response.error.code : undefined,
				bytesIn,
				bytesOut: reply.getBytes(),
				attempts,
				...(getSettings().bodies && {request: recorded(request), response: recorded(response)}),
			});
		}
	};
};
