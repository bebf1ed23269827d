import {median} from '../kit/statistics.ts';
import type {Table} from './result.ts';

/** A median with the range it came from. */
export type Figure = Readonly<{middle: number; least: number; most: number}>;

const toFigure = (values: readonly number[]): Figure | undefined => {
	const known = values.filter(value => Number.isFinite(value));
	return known.length === 0 ? undefined : {middle: median(known), least: Math.min(...known), most: Math.max(...known)};
};

const valuesOf = (table: Table, name: string, key: string): ReadonlyArray<number | null> => table.rows.find(row => row.name === name)?.values[key] ?? [];

/** What one contender reached, over all rounds; undefined when it was not there. */
export const figureOf = (table: Table, name: string, key: string): Figure | undefined => toFigure(valuesOf(table, name, key).map(value => value ?? Number.NaN));

/** The same divided by another one's, round by round, since absolute values drift with the machine. */
export const ratioOf = (table: Table, name: string, key: string, base = table.baseline): Figure | undefined => {
	const bases = valuesOf(table, base, key);
	return toFigure(valuesOf(table, name, key).map((value, round) => (value ?? Number.NaN) / (bases[round] ?? Number.NaN)));
};

/** How many times the greatest p50 of the target alone is the least, in the middle of the tables; undefined where it was not asked. */
export const noiseOf = (tables: readonly Table[]): number | undefined => {
	const ranges = tables.flatMap(table => {
		const figure = figureOf(table, 'direct', 'p50');
		return figure && figure.least > 0 ? [figure.most / figure.least] : [];
	});
	return ranges.length === 0 ? undefined : median(ranges);
};
