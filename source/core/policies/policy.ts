import type {PolicyName} from '../rules.ts';
import type {State, TargetState} from '../state.ts';

/** A policy says who takes over. It is asked only when the active target can not stay. */
export type Policy = Readonly<{
	name: PolicyName;
	summary: string;
	/** One of `choices` (never empty; most preferred first). */
	choose: (choices: readonly [TargetState, ...TargetState[]], state: State) => TargetState;
}>;
