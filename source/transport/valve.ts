/** Holds back what a slow receiver does not want yet, in order. */
export type Valve = Readonly<{
	/** Do it now, or when the valve opens; a deed that answers false shuts it. Returns whether more may come. */
	pass: (deed: () => boolean) => boolean;
	/** Do what waits. Returns whether more may come. */
	open: () => boolean;
	isOpen: () => boolean;
	/** Forget what waits, and all that comes. */
	drop: () => void;
}>;

export const createValve = (): Valve => {
	const waiting: Array<() => boolean> = [];
	let isOpen = true;
	let isDropped = false;
	const flow = (): boolean => {
		while (isOpen && waiting.length > 0) {
			isOpen = waiting.shift()?.() ?? true;
		}

		return isOpen;
	};

	return {
		pass(deed) {
			if (isDropped) {
				return true;
			}

			waiting.push(deed);
			return flow();
		},
		open() {
			isOpen = true;
			return flow();
		},
		isOpen: () => isOpen,
		drop() {
			isDropped = true;
			waiting.length = 0;
		},
	};
};
