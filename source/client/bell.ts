import {setImmediate} from 'node:timers';

/** Tells listeners that something changed: once a turn of the event loop, however much happened. */
export type Bell = Readonly<{
	ring: () => void;
	subscribe: (listener: () => void) => () => void;
}>;

export const createBell = (): Bell => {
	const listeners = new Set<() => void>();
	let isScheduled = false;
	return {
		ring() {
			if (isScheduled) {
				return;
			}

			isScheduled = true;
			setImmediate(() => {
				isScheduled = false;
				for (const listener of listeners) {
					listener();
				}
			});
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
	};
};
