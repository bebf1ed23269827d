import type {OperatorAction} from '../core/action.ts';
import type {Stamped} from '../core/event.ts';
import type {State} from '../core/state.ts';

/** Whether what this client shows is live. `since`: wall time of the last sign of life. `retryAt`: when the next attempt is due. */
export type Link =
	| Readonly<{status: 'live'}>
	| Readonly<{status: 'lost'; since: number; reason: string; attempt: number; retryAt: number}>;

/**
The one way to look at the proxy and to ask it for something, the same in the process (`local`), across a thread (`port`)
and across the network (`remote`). Surfaces know this and nothing else.
*/
export type Client = Readonly<{
	/** Where the proxy listens, such as `http://localhost:4000`. */
	url: string;
	getState: () => State;
	/** The newest events that are news (no routine probes and samples), oldest first; at most 500. */
	getNews: () => readonly Stamped[];
	getLink: () => Link;
	/** Called after state, news or link changed. Returns the unsubscribe. */
	subscribe: (listener: () => void) => () => void;
	/** Ask for something. Resolves when it is done and this client's state shows it; rejects with an `AppError` when refused. */
	run: (action: OperatorAction) => Promise<void>;
	/** Look again at once, when the link is lost. */
	retry: () => void;
	close: () => void;
}>;
