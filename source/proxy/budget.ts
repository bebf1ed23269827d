/** Replays allowed for each request, on average: more would turn a slow target's trouble into a flood (Envoy's retry budget, 20 %). */
const share = 0.2;
/** Replays allowed without any requests before, so that a quiet proxy too can move what is in flight. */
const least = 100;
/** What one second leaves of the count: half in ten seconds. */
const decay = 0.5 ** 0.1;

export type Budget = Readonly<{
	/** Count one request. */
	earn: () => void;
	/** Whether one more replay is affordable; it is taken then. */
	spend: () => boolean;
	/** Once a second. */
	tick: () => void;
}>;

/** Bounds how many requests are sent twice. */
export const createBudget = (): Budget => {
	let requests = 0;
	let replays = 0;
	return {
		earn() {
			requests++;
		},
		spend() {
			if (replays >= least + (requests * share)) {
				return false;
			}

			replays++;
			return true;
		},
		tick() {
			requests *= decay;
			replays *= decay;
		},
	};
};
