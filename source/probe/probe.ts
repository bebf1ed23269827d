import {AppError} from '../core/errors.ts';
import type {Endpoint} from '../http/endpoint.ts';
import type {ProbePlan} from '../http/probe-plan.ts';
import type {McpWatch} from './mcp.ts';

/** A way to find out whether a target is well. */
export type Probe = Readonly<{
	kind: ProbePlan['kind'];
	summary: string;
	/** Resolves when the target is well, to a note when it is, but …; throws when it is not. The signal ends it when its time is up. */
	run: (watched: Watched, signal: AbortSignal) => Promise<string | undefined>;
}>;

/** A target as its probe needs it. A program has no endpoint. */
export type Watched = Readonly<{plan: ProbePlan; endpoint: Endpoint | undefined; mcp: McpWatch | undefined}>;

/** The endpoint, for probes that need one. */
export const demandEndpoint = ({endpoint, plan: {kind}}: Watched): Endpoint => {
	if (!endpoint) {
		throw new AppError('TARGET_REFUSED', `a program can not be probed by ${kind}`);
	}

	return endpoint;
};
