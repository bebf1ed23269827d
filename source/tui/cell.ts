/** A value that can be watched; the screen's own state lives in one. Setting what is there already tells nobody. */
export type Cell<Value> = Readonly<{
	get: () => Value;
	/** Replace some fields. */
	patch: (change: Partial<Value>) => void;
	subscribe: (listener: () => void) => () => void;
}>;

export const createCell = <Value extends Readonly<Record<string, unknown>>>(first: Value): Cell<Value> => {
	let value = first;
	const listeners = new Set<() => void>();
	return {
		get: () => value,
		patch(change) {
			const isSame = Object.entries(change).every(([key, part]) => Object.is(value[key], part));
			if (isSame) {
				return;
			}

			value = {...value, ...change};
			for (const listener of listeners) {
				listener();
			}
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
	};
};
