import {compareCatalogues, type Difference} from './catalogue.ts';
import {findTarget, type State} from './state.ts';
import type {TargetId} from './target.ts';
import {printable} from './text.ts';

/**
What clients would miss after a move from the active target (by its last known catalogue) to that one. Undefined when
nothing, or when either never said what it offers.
*/
export const differenceTo = (state: State, id: TargetId | undefined): Difference | undefined => {
	const from = findTarget(state, state.active)?.catalogue;
	const to = findTarget(state, id)?.catalogue;
	const difference = from && to && compareCatalogues(from, to);
	return difference && difference.missing.length + difference.changed.length > 0 ? difference : undefined;
};

/** Whether the rules keep that target from taking over unless forced. */
export const isBarred = (state: State, id: TargetId): boolean => state.rules.gate === 'require' && differenceTo(state, id) !== undefined;

const shown = 5;

/** A difference in a few words, its first five items by name: `lacks tool add, tool sum; changes prompt greet`. Safe to show. */
export const tellDifference = ({missing, changed}: Difference): string => {
	const lacks = missing.slice(0, shown);
	const changes = changed.slice(0, shown - lacks.length);
	const parts = [['lacks', lacks] as const, ['changes', changes] as const]
		.filter(([, names]) => names.length > 0)
		.map(([verb, names]) => `${verb} ${names.map(name => printable(name, 60)).join(', ')}`);
	const rest = missing.length + changed.length - lacks.length - changes.length;
	return `${parts.join('; ')}${rest > 0 ? ` and ${rest} more` : ''}`;
};
