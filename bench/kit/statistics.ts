/** The middle of some values; NaN of none. */
export const median = (values: readonly number[]): number => {
	const sorted = values.toSorted((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 === 0 ? ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2 : sorted[middle] ?? Number.NaN;
};

/** The value below which `share` (0 to 1) of them are; NaN of none. */
export const quantile = (values: Iterable<number>, share: number): number => {
	const sorted = Float64Array.from(values).toSorted();
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

/** All of them together. */
export const total = (values: readonly number[]): number => {
	let sum = 0;
	for (const value of values) {
		sum += value;
	}

	return sum;
};
