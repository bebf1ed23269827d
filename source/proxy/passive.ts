import type {Action} from '../core/action.ts';
import {findTarget, type State} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import type {Failure} from '../http/failure.ts';

type Options = Readonly<{getState: () => State; dispatch: (action: Action) => void; now?: () => number}>;

/** Verdicts drawn from real traffic. */
export type Passive = Readonly<{
	/** Whether it has failed a request and served none since. */
	isSuspect: (id: TargetId) => boolean;
	failed: (id: TargetId, failure: Failure) => void;
	/** Only the first success after a failure is worth a word; asking costs nothing for the others. */
	passed: (id: TargetId, ms: number) => void;
	/** A request found no target: have all looked at, so that one that is back is found by being needed. At most once a second. */
	missed: () => void;
}>;

/** How often a missing target may cause a look at all of them, in ms. */
const lookInterval = 1000;

/** Reports what the traffic shows, as seldom as possible: the hot path dispatches nothing. */
export const createPassive = ({getState, dispatch, now = () => performance.now()}: Options): Passive => {
	const suspects = new Set<TargetId>();
	let lookedAt = Number.NEGATIVE_INFINITY;
	return {
		isSuspect: id => suspects.has(id),
		failed(id, {code, message}) {
			suspects.add(id);
			// What is down already can not fall further by traffic (core/decide.ts).
			if (findTarget(getState(), id)?.health.status !== 'down') {
				dispatch({type: 'failed', id, code, message, isPassive: true});
			}
		},
		passed(id, ms) {
			if (suspects.size > 0 && suspects.delete(id)) {
				dispatch({type: 'passed', id, ms, isPassive: true});
			}
		},
		missed() {
			if (now() - lookedAt >= lookInterval) {
				lookedAt = now();
				dispatch({type: 'check'});
			}
		},
	};
};
