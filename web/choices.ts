import {newestCalls, type Model} from '../source/api/page/model.ts';
import type {McpCall} from '../source/core/call.ts';
import {parseCallFilter} from '../source/core/call-filter.ts';
import type {TargetId} from '../source/core/target.ts';
import {keepOrder, listTargets, type SortKey} from '../source/core/listing.ts';
import type {Line} from './link.ts';

/** What the reader has chosen on this page; changed in place. */
export type Choices = {
	sort: SortKey;
	isReversed: boolean;
	filter: string;
	callFilter: string;
	isPaused: boolean;
	selected: TargetId | undefined;
	/** When a key or the pointer was last used on the rows, by `performance.now`. */
	touchedAt: number;
};

export const firstChoices = (selected: TargetId | undefined): Choices => ({sort: 'order', isReversed: false, filter: '', callFilter: '', isPaused: false, selected, touchedAt: -Infinity});

/** While someone is at the rows, they keep their places for this long after the last key or click, in ms. */
const calm = 2000;

/** The calls to show; the same ones as long as nothing changes. */
const createCallList = (): ((calls: readonly McpCall[], filter: string) => readonly McpCall[]) => {
	let last: Readonly<{calls: readonly McpCall[]; filter: string; shown: readonly McpCall[]}> | undefined;
	return (calls, filter) => {
		if (last?.calls !== calls || last.filter !== filter) {
			const matches = parseCallFilter(filter);
			last = {calls, filter, shown: newestCalls(calls.filter(call => matches(call)))};
		}

		return last.shown;
	};
};

/** Makes the model from what the line knows and what the reader chose. */
export const createModeller = (line: Line, choices: Choices): (() => Model) => {
	let order: TargetId[] = [];
	const getCalls = createCallList();
	let frozen: Model | undefined;

	const make = (): Model => {
		const {state, news} = line.getMirror();
		const {status, seenAt, retryAt} = line.getStatus();
		const listed = listTargets(state, {...choices, isFilterOn: true});
		const rows = performance.now() - choices.touchedAt < calm ? keepOrder(listed, order) : listed;
		order = rows.map(({target}) => target.id);
		return {
			state,
			news,
			now: Date.now() + line.getSkew(),
			link: status,
			seenAt: seenAt + line.getSkew(),
			retryIn: retryAt === undefined ? undefined : Math.max(0, Math.ceil((retryAt - Date.now()) / 1000)),
			isPaused: choices.isPaused,
			rows,
			sort: choices.sort,
			isReversed: choices.isReversed,
			filter: choices.filter,
			calls: getCalls(state.calls, choices.callFilter),
			callFilter: choices.callFilter,
			selected: choices.selected !== undefined && order.includes(choices.selected) ? choices.selected : order[0],
		};
	};

	return () => {
		const model = make();
		if (!choices.isPaused) {
			frozen = undefined;
			return model;
		}

		// Nothing moves while paused; only whether the page can be trusted is still told, and the reader's own row.
		frozen ??= model;
		const {link, seenAt, retryIn, selected} = model;
		return {...frozen, link, seenAt, retryIn, selected, now: link === 'stale' ? model.now : frozen.now};
	};
};
