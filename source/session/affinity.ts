import {hash} from 'node:crypto';
import type {TargetId} from '../core/target.ts';

/** Which target a question came from, so that the answer goes back there (MCP 2026-07-28, multi-round results). */
export type Affinity = Readonly<{
	remember: (requestState: string, target: TargetId) => void;
	targetOf: (requestState: string) => TargetId | undefined;
}>;

type Options = Readonly<{
	/** How long a person may take to answer, ms. */
	lifetime?: number;
	/** Questions kept. */
	most?: number;
}>;

/**
Keeps hashes only: `requestState` is the target's secret and the client's to alter, so it is neither read nor kept nor logged
(mcp.md 2, rule 15).
*/
export const createAffinity = ({lifetime = 600_000, most = 10_000}: Options = {}): Affinity => {
	const known = new Map<string, Readonly<{target: TargetId; until: number}>>();
	const keyOf = (requestState: string): string => hash('sha256', requestState, 'base64url');
	/** The oldest stand first. */
	const prune = (): void => {
		const now = performance.now();
		for (const [key, {until}] of known) {
			if (until > now && known.size <= most) {
				return;
			}

			known.delete(key);
		}
	};

	return {
		remember(requestState, target) {
			const key = keyOf(requestState);
			known.delete(key);
			known.set(key, {target, until: performance.now() + lifetime});
			prune();
		},
		targetOf(requestState) {
			prune();
			return known.get(keyOf(requestState))?.target;
		},
	};
};
