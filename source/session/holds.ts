/** Requests that wait for a target. Whoever knows of a change calls `wake`; a slow look of its own covers the rest. */
export type Holds = Readonly<{
	/** What `find` finds, as soon as it does; undefined after `limit` ms (at once when that is over already; Infinity: never) or when the client leaves. */
	wait: <Found>(find: () => Found | undefined, limit: number, signal: AbortSignal) => Promise<Found | undefined>;
	wake: () => void;
}>;

/** Between two looks, in ms. */
const interval = 100;

/** Its timer runs only while somebody waits. */
export const createHolds = (): Holds => {
	const looks = new Set<() => void>();
	let timer: NodeJS.Timeout | undefined;
	const wake = (): void => {
		for (const look of looks) {
			look();
		}
	};

	const leave = (look: () => void): void => {
		looks.delete(look);
		if (looks.size === 0) {
			clearInterval(timer);
			timer = undefined;
		}
	};

	return {
		wake,
		async wait(find, limit, signal) {
			const found = limit > 0 && !signal.aborted ? find() : undefined;
			if (found !== undefined || limit <= 0 || signal.aborted) {
				return found;
			}

			const end = performance.now() + limit;
			return new Promise(resolve => {
				const look = (): void => {
					const value = find();
					if (value !== undefined || signal.aborted || performance.now() >= end) {
						leave(look);
						signal.removeEventListener('abort', look);
						resolve(signal.aborted ? undefined : value);
					}
				};

				looks.add(look);
				timer ??= setInterval(wake, interval);
				signal.addEventListener('abort', look, {once: true});
			});
		},
	};
};
