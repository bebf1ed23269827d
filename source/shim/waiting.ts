import type {Id, Request} from '../mcp/message.ts';
import type {Call} from '../transport/channel.ts';

/** A request that the client waits for. `size`: bytes of its line. */
export type Waiting = {readonly request: Request; readonly size: number; attempts: number; isCancelled: boolean; call: Call | undefined};

/** All of them. */
export type WaitingRoom = Readonly<{
	get: (id: Id) => Waiting | undefined;
	/** Has one wait; undefined when its id is in use. */
	add: (request: Request, size: number) => Waiting | undefined;
	/** It waits no more. */
	settle: (item: Waiting) => void;
	all: () => readonly Waiting[];
	/** Bytes of all of them. */
	size: () => number;
	/** Resolves when this holds; asked each time that one settles. */
	until: (isDone: () => boolean) => Promise<void>;
}>;

export const createWaitingRoom = (): WaitingRoom => {
	const items = new Map<Id, Waiting>();
	const watchers = new Set<() => void>();
	let size = 0;
	return {
		get: id => items.get(id),
		add(request, bytes) {
			if (items.has(request.id)) {
				return undefined;
			}

			const item: Waiting = {request, size: bytes, attempts: 0, isCancelled: false, call: undefined};
			items.set(request.id, item);
			size += bytes;
			return item;
		},
		settle(item) {
			if (items.get(item.request.id) !== item) {
				return;
			}

			items.delete(item.request.id);
			size -= item.size;
			for (const watch of watchers) {
				watch();
			}
		},
		all: () => [...items.values()],
		size: () => size,
		until: async isDone => new Promise(resolve => {
			const watch = (): void => {
				if (isDone()) {
					watchers.delete(watch);
					resolve();
				}
			};

			watchers.add(watch);
			watch();
		}),
	};
};
