import {inOrder, stateWord, type State, type TargetState} from './state.ts';
import type {TargetId} from './target.ts';
import {parseFilter} from './target-filter.ts';

const severity = {DOWN: 0, CHECK: 1, DRAIN: 2, MAINT: 3, UP: 4} as const;

type Compare = (a: TargetState, b: TargetState) => number;

const byNumber = (value: (target: TargetState) => number | undefined): Compare => (a, b) => (value(b) ?? -1) - (value(a) ?? -1);

/** What a list of targets can be sorted by. Ties keep the failover order; numbers begin with the greatest. */
export type SortKey = 'order' | 'name' | 'state' | 'probe' | 'rate' | 'errors' | 'p95' | 'flight';

const comparisons: Readonly<Record<SortKey, Compare>> = {
	order: () => 0,
	name: (a, b) => a.target.id.localeCompare(b.target.id),
	state: (a, b) => severity[stateWord(a)] - severity[stateWord(b)],
	probe: byNumber(({probes}) => probes.at(-1)),
	rate: byNumber(({traffic}) => traffic.rate),
	errors: byNumber(({traffic}) => traffic.errorRate),
	p95: byNumber(({traffic}) => traffic.p95),
	flight: byNumber(({traffic}) => traffic.inFlight),
};

export const isSortKey = (key: string | undefined): key is SortKey => key !== undefined && Object.hasOwn(comparisons, key);

export type ListWish = Readonly<{filter: string; isFilterOn: boolean; sort: SortKey; isReversed: boolean}>;

/** The targets the list shows, in its order. */
export const listTargets = (state: State, {filter, isFilterOn, sort, isReversed}: ListWish): TargetState[] => {
	const lets = parseFilter(isFilterOn ? filter : '');
	const sorted = inOrder(state).filter(target => lets(target)).toSorted(comparisons[sort]);
	return isReversed ? sorted.toReversed() : sorted;
};

/** The same targets in the order they were shown before, new ones last: for while someone is pressing keys. */
export const keepOrder = (targets: readonly TargetState[], before: readonly TargetId[]): TargetState[] => {
	const place = new Map(before.map((id, index) => [id, index]));
	return targets.toSorted((a, b) => (place.get(a.target.id) ?? Infinity) - (place.get(b.target.id) ?? Infinity) || 0);
};
