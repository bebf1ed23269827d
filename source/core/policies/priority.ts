import type {Policy} from './policy.ts';

export const priority: Policy = {
	name: 'priority',
	summary: 'the candidate with the lowest priority number',
	choose: ([first]) => first,
};
