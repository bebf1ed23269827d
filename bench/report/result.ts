import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {root} from '../kit/process.ts';

/** What was measured of one contender, each key with a value a round; null where it could not be. */
export type Values = Readonly<Record<string, ReadonlyArray<number | null>>>;

export type Column = Readonly<{
	/** Of the values it shows. */
	key: string;
	title: string;
	digits: number;
	/** Whether it is shown against the baseline too, round by round. */
	isRatio?: boolean;
}>;

/** One table of the page, with one picture of one of its columns. */
export type Table = Readonly<{
	/** Name of the picture's file, and how the goals find it. */
	id: string;
	title: string;
	text?: string;
	/** The row that ratios are taken against. */
	baseline: string;
	columns: readonly Column[];
	/** Key of the column in the picture. */
	picture: string;
	rows: ReadonlyArray<Readonly<{name: string; values: Values}>>;
}>;

/** What a run of one suite leaves: `bench/results/NAME.json`. */
export type Result = Readonly<{
	suite: string;
	/** Such as 2026-11-25. */
	date: string;
	machine: string;
	/** Of this project's source: the short name of the commit. */
	commit: string;
	versions: Readonly<Record<string, string>>;
	/** Peers that were not there, and why. */
	missing: Readonly<Record<string, string>>;
	/** What to know of this run: rounds, lengths, noise. */
	notes: readonly string[];
	tables: readonly Table[];
}>;

const fileOf = (suite: string): string => path.join(root, 'bench/results', `${suite}.json`);

const round = (_key: string, value: unknown): unknown => typeof value === 'number' ? Number(value.toPrecision(4)) : value;

/** Keep a result for the page. A list of numbers is one line. */
export const saveResult = (result: Result): void => {
	const text = JSON.stringify(result, round, '\t').replaceAll(/\[\s+((?:(?:-?[\d.e+\-]+|null),?\s*)+)\]/gv, (_, list: string) => `[${list.trim().replaceAll(/\s+/gv, ' ')}]`);
	writeFileSync(fileOf(result.suite), `${text}\n`);
};

/** The last result of a suite, if it was ever run. */
export const loadResult = (suite: string): Result | undefined => {
	try {
		return JSON.parse(readFileSync(fileOf(suite), 'utf8')) as Result;
	} catch {
		return undefined;
	}
};
