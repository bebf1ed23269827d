import type {McpCall} from '../core/call.ts';
import {parseCallFilter} from '../core/call-filter.ts';
import type {SessionInfo} from '../core/session.ts';
import {sessionsOf} from '../core/state.ts';
import type {Context} from './context.ts';

type Look = Pick<Context, 'pulse' | 'ui'>;

const kept = new WeakMap<readonly McpCall[], Readonly<{filter: string; shown: readonly McpCall[]}>>();

/** The calls that the filter lets through, newest first. */
export const callsOf = ({pulse, ui}: Look): readonly McpCall[] => {
	const {calls} = pulse.get().state;
	const {callFilter, isFilterOn} = ui.get();
	const filter = isFilterOn ? callFilter : '';
	const known = kept.get(calls);
	if (known?.filter === filter) {
		return known.shown;
	}

	const matches = parseCallFilter(filter);
	const shown = calls.filter(call => matches(call)).toReversed();
	kept.set(calls, {filter, shown});
	return shown;
};

/** Where the cursor stands in the list of calls; a call that is gone leaves it on the oldest one. While it follows, on the newest. */
export const callIndex = (look: Look): number => {
	const {call} = look.ui.get();
	const calls = callsOf(look);
	if (call === undefined || calls.length === 0) {
		return 0;
	}

	// Ids fall along the list.
	const index = calls.findIndex(({id}) => id <= call);
	return index === -1 ? calls.length - 1 : index;
};

/** The call that the cursor is on. */
export const selectedCall = (look: Look): McpCall | undefined => callsOf(look)[callIndex(look)];

/** The open sessions, oldest first. */
export const sessionsIn = ({pulse}: Look): readonly SessionInfo[] => sessionsOf(pulse.get().state).toSorted((a, b) => a.openedAt - b.openedAt || a.id.localeCompare(b.id));

/** The session that the cursor is on. */
export const selectedSession = (look: Look): SessionInfo | undefined => {
	const sessions = sessionsIn(look);
	return sessions.find(({id}) => id === look.ui.get().session) ?? sessions[0];
};

/** Moves the cursor among the calls: from the newest on it stands still and follows no more; at the newest it follows again. */
export const moveCall = (look: Look, step: number): void => {
	const calls = callsOf(look);
	const next = Math.max(0, Math.min(calls.length - 1, callIndex(look) + step));
	look.ui.patch({call: next === 0 ? undefined : calls[next]?.id});
};

/** To the next older (1) or newer (-1) call that did not end well; false when there is none. */
export const moveToError = (look: Look, step: 1 | -1): boolean => {
	const calls = callsOf(look);
	for (let index = callIndex(look) + step; index >= 0 && index < calls.length; index += step) {
		const call = calls[index];
		if (call && call.verdict !== 'ok') {
			look.ui.patch({call: call.id});
			return true;
		}
	}

	return false;
};

export const moveSession = (look: Look, step: number): void => {
	const sessions = sessionsIn(look);
	const index = sessions.findIndex(({id}) => id === selectedSession(look)?.id);
	look.ui.patch({session: sessions[Math.max(0, Math.min(sessions.length - 1, index + step))]?.id});
};
