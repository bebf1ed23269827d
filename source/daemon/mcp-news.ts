import {clearTimeout, setTimeout} from 'node:timers';
import type {ReportAction} from '../core/action.ts';
import type {McpCall} from '../core/call.ts';
import {callsKept} from '../core/state.ts';
import type {SessionInfo} from '../core/session.ts';

/** What the sessions tell of themselves, gathered: requests pay for a push, the store hears ten times a second. */
export type McpNews = Readonly<{
	/** A request is over. */
	onCall: (call: McpCall) => void;
	/** Something of the session with this short id changed, or it is gone. */
	onSession: (id: string) => void;
	/** Report what is gathered now. */
	flush: () => void;
	/** Report what is left, and nothing after. */
	stop: () => void;
}>;

type Options = Readonly<{
	dispatch: (action: ReportAction) => void;
	/** The session with that short id as it is now; undefined when it is closed. */
	find: (id: string) => SessionInfo | undefined;
	/** How many sessions there are. */
	getCount?: () => number;
	/** Milliseconds between two reports. */
	interval?: number;
}>;

/** Each change of sessions copies the list of all, 1 ms for each thousand: so many milliseconds a session lie between two, which keeps that below 1 % of a core. */
const perSession = 0.1;

/** Turns calls and sessions into actions, at most one of each per interval; of sessions less often where there are many. Calls over `callsKept` in one interval are only counted. */
export const createMcpNews = ({dispatch, find, getCount = () => 0, interval = 100}: Options): McpNews => {
	let calls: McpCall[] = [];
	let dropped = 0;
	let sessions = new Set<string>();
	let timer: NodeJS.Timeout | undefined;
	let isStopped = false;
	let sessionsToldAt = Number.NEGATIVE_INFINITY;

	const tellCalls = (): void => {
		if (calls.length + dropped > 0) {
			const action: ReportAction = {type: 'calls', calls, dropped};
			for (const {session} of calls) {
				if (session !== undefined) {
					sessions.add(session); // It has one call more, and was used just now.
				}
			}

			calls = [];
			dropped = 0;
			dispatch(action);
		}
	};

	const tellSessions = (): void => {
		if (sessions.size > 0) {
			const ids = [...sessions];
			sessions = new Set();
			sessionsToldAt = performance.now();
			const found = ids.map(id => find(id));
			dispatch({type: 'sessions', changed: found.filter(session => session !== undefined), closed: ids.filter((_, index) => found[index] === undefined)});
		}
	};

	const flush = (): void => {
		clearTimeout(timer);
		timer = undefined;
		tellCalls();
		tellSessions();
	};

	const tell = (): void => {
		timer = undefined;
		tellCalls();
		if (performance.now() - sessionsToldAt >= getCount() * perSession) {
			tellSessions();
		} else if (sessions.size > 0) {
			wake();
		}
	};

	const wake = (): void => {
		if (!isStopped) {
			timer ??= setTimeout(tell, interval);
		}
	};

	return {
		onCall(call) {
			if (calls.length < callsKept) {
				calls.push(call);
			} else {
				dropped++;
			}

			wake();
		},
		onSession(id) {
			sessions.add(id);
			wake();
		},
		flush,
		stop() {
			isStopped = true;
			flush();
		},
	};
};
