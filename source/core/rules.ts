import type {TargetId} from './target.ts';

/** Why the active target changed. The first four are the older clients' words (docs/api.md, "The live feed"). */
export type Cause = 'failover' | 'manual' | 'failback' | 'lockfile' | 'startup';

/** Who is chosen when a new active target is needed; each is one file in `policies/`. */
export type PolicyName = 'priority' | 'latency' | 'next';

/** How the decider decides. Times are milliseconds. */
export type Rules = Readonly<{
	rise: number;
	fall: number;
	policy: PolicyName;
	/** The target that is active when nothing else says so. */
	defaultTarget: TargetId | undefined;
	/** `manual`: only when asked. `automatic`: after `failbackDelay`, when the active target was reached by a failover. */
	failback: 'manual' | 'automatic';
	/** How long a preferred target must have been up without a break; doubled with each flap. */
	failbackDelay: number;
	/** Hold-down: least time on a target before a move that is not forced by its failure. */
	holdDown: number;
	/** Upper end of the doubled `failbackDelay`. */
	maxFailbackDelay: number;
	/** More than `flapLimit` changes of health within `flapWindow` and a target counts as flapping. */
	flapLimit: number;
	flapWindow: number;
	/**
	What a move to a target means that lacks or changes what the active one offers. `ignore`: nothing; `warn`: it is said;
	`require`: no automatic move, and none by hand unless forced.
	*/
	gate: 'ignore' | 'warn' | 'require';
}>;

/** The defaults of reliability.md 1.1. */
export const defaultRules: Rules = {
	rise: 2,
	fall: 3,
	policy: 'priority',
	defaultTarget: undefined,
	failback: 'manual',
	failbackDelay: 30_000,
	holdDown: 10_000,
	maxFailbackDelay: 600_000,
	flapLimit: 3,
	flapWindow: 300_000,
	gate: 'warn',
};

/**
An operator's standing wish, apart from automatic mode. `soft`: preferred, but a failover may leave it while it is down.
`hard`: nothing leaves it; while it is down requests get 503.
*/
export type Pin = Readonly<{id: TargetId; mode: 'soft' | 'hard'}>;
