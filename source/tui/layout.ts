import {eventEntries, type Entry} from './lines/events.ts';
import {factLines, targetFacts} from './lines/detail.ts';
import {callLines} from './lines/calls.ts';
import {helpLines} from './lines/help.ts';
import {selectedCall} from './lists.ts';
import {selectedTarget, type Context} from './context.ts';
import {createLook, type Look} from './theme.ts';
import type {Ui} from './ui.ts';

/** Lines between the rule under the tabs and the hints. */
export const bodyRows = ({rows}: Pick<Ui, 'rows'>): number => Math.max(1, rows - 4);

const looks = new Map<string, Look>();

/** The look as the person chose it. */
export const lookOf = ({isAscii, isColored}: Pick<Ui, 'isAscii' | 'isColored'>): Look => {
	const key = `${isAscii} ${isColored}`;
	const look = looks.get(key) ?? createLook(isAscii, isColored);
	looks.set(key, look);
	return look;
};

/** How many lines each pane of the list gets. All but the table count their rule. */
export type Panes = Readonly<{table: number; detail: number; traffic: number; events: number}>;

/**
Share the lines out. A low terminal shows targets and events only, unless what stands in the detail's place is urgent;
else every target first, as long as detail and three lines of events still find room. What is left over goes to the traffic, once there
is some, and to the events; where that is little, the traffic takes the detail's place.
*/
export const panesOf = (body: number, {targets, detail, calls, isUrgent}: {targets: number; detail: number; calls: number; isUrgent: boolean}): Panes => {
	const room = body - 1; // The line of titles.
	const wanted = isUrgent || room >= (calls > 0 ? targets + detail + 9 : 14) ? Math.min(detail, room - 1) : 0;
	const table = Math.min(targets, Math.max(1, room - wanted - (isUrgent ? 0 : 4)));
	const left = room - table;
	const shown = Math.min(wanted, left);
	const gap = left - shown >= 4 ? 1 : 0;
	const rest = left - shown - gap;
	const traffic = calls > 0 && !isUrgent && rest >= 6 ? Math.min(calls + 1, rest - Math.min(6, Math.ceil(rest / 3))) : 0;
	return {table, detail: shown, traffic, events: rest - traffic};
};

/** The events pane's entries now. */
export const entriesOf = ({pulse, ui}: Pick<Context, 'pulse' | 'ui'>): Entry[] => eventEntries(pulse.get().news, ui.get().notices, lookOf(ui.get()));

/** Rows of the chart on a target's page. */
export const chartRows = 4;

/** Lines of a target's page: facts, chart, traffic table, its events; each part with its rule. */
export const targetPageRows = (context: Context): number => {
	const ui = context.ui.get();
	const target = selectedTarget(context);
	if (!target) {
		return 1;
	}

	const {state, at} = context.pulse.get();
	const look = lookOf(ui);
	const facts = factLines(look, targetFacts(look, target, state, at), ui.columns).length;
	const events = entriesOf(context).filter(({id}) => id === target.target.id).length;
	return facts + 2 + chartRows + 1 + 4 + 1 + Math.max(1, events);
};

/** How far the page (or the events pane) can be scrolled down. */
export const scrollLimit = (context: Context): number => {
	const ui = context.ui.get();
	const room = bodyRows(ui);
	if (ui.page === 'help') {
		return Math.max(0, helpLines(lookOf(ui), {width: ui.columns, search: ui.search, url: context.client.url}).length - room);
	}

	if (ui.page === 'call') {
		const call = selectedCall(context);
		return call ? Math.max(0, callLines(lookOf(ui), call, ui.columns).length - room) : 0;
	}

	return ui.page === 'target' ? Math.max(0, targetPageRows(context) - room) : Math.max(0, entriesOf(context).length - 1);
};
