import {performance} from 'node:perf_hooks';
import type {Action} from '../core/action.ts';
import {decide} from '../core/decide.ts';
import type {Clock, Stamped} from '../core/event.ts';
import {evolve} from '../core/evolve.ts';
import {initialState, type State} from '../core/state.ts';

export type Listener = (stamped: Stamped, state: State) => void;

/** The one mutable cell. Everything that changes goes through `dispatch`; everyone who looks uses `getState` or `subscribe`. */
export type Store = Readonly<{
	getState: () => State;
	getSeq: () => number;
	/** Decide, keep, fold, tell. Throws what `decide` refuses. A listener that dispatches waits its turn: every listener sees one order. */
	dispatch: (action: Action) => void;
	/** Listeners are called in the order they came, after the state has changed. Returns the unsubscribe. */
	subscribe: (listener: Listener) => () => void;
}>;

type Options = Readonly<{
	/** Called with each event before it counts (the lock file is written here: persisted before announced). It must not throw. */
	persist?: (stamped: Stamped) => void;
	clock?: () => Clock;
	startedAt?: number;
}>;

const systemClock = (): Clock => ({at: Date.now(), now: performance.now()});

export const createStore = ({persist, clock = systemClock, startedAt = clock().at}: Options = {}): Store => {
	let state = initialState(startedAt);
	let seq = startedAt;
	let isDraining = false;
	const pending: Stamped[] = [];
	const listeners = new Set<Listener>();

	const tellAll = (): void => {
		if (isDraining) {
			return;
		}

		isDraining = true;
		try {
			for (let stamped = pending.shift(); stamped; stamped = pending.shift()) {
				for (const listener of listeners) {
					listener(stamped, state);
				}
			}
		} finally {
			isDraining = false;
		}
	};

	return {
		getState: () => state,
		getSeq: () => seq,
		dispatch(action) {
			const {at, now} = clock();
			for (const event of decide(state, action, {at, now})) {
				const stamped: Stamped = {seq: ++seq, at, now, event};
				persist?.(stamped);
				state = evolve(state, event, stamped);
				pending.push(stamped);
			}

			tellAll();
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
	};
};
