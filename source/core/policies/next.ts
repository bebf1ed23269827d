import {inOrder} from '../state.ts';
import type {Policy} from './policy.ts';

export const next: Policy = {
	name: 'next',
	summary: 'the next candidate in failover order after the active target, around the end',
	choose(choices, state) {
		const order = inOrder(state).map(({target}) => target.id);
		const start = state.active === undefined ? -1 : order.indexOf(state.active);
		const distance = (id: string): number => (order.indexOf(id) - start + order.length) % order.length;
		return choices.toSorted((a, b) => distance(a.target.id) - distance(b.target.id))[0] ?? choices[0];
	},
};
