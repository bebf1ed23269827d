import type {KeyPath} from './fault.ts';

type Leaf = Readonly<{path: KeyPath; value: unknown}>;

const isSection = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every value that is no object, with its path; lists count as one value, undefined is left out. */
export const leavesOf = (value: unknown, path: KeyPath = []): Leaf[] => {
	if (isSection(value)) {
		return Object.entries(value).flatMap(([key, child]) => leavesOf(child, [...path, key]));
	}

	return value === undefined ? [] : [{path, value}];
};
