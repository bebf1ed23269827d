import process from 'node:process';
import type {Contender, Job, Peer} from '../contenders/contender.ts';
import type {Result, Table, Values} from '../report/result.ts';

/** How a run is to be. */
export type Run = Readonly<{
	/** A few seconds a suite, to show that it works. */
	isShort: boolean;
	/** Rounds in place of the suite's own number. */
	rounds: number | undefined;
	/** Only peers whose names hold one of these, in lower case; all when there are none. */
	only: readonly string[];
}>;

/** One page of figures. */
export type Suite = Readonly<{
	name: string;
	summary: string;
	run: (run: Run) => Promise<Findings>;
}>;

/** What a suite finds; `wrong` are answers that were not what they had to be, of this proxy or of the target alone. */
export type Findings = Pick<Result, 'versions' | 'missing' | 'notes' | 'tables'> & Readonly<{wrong: number}>;

type Roll = Readonly<{peers: readonly Peer[]; versions: Readonly<Record<string, string>>; missing: Record<string, string>}>;

/** Which peers are there, in which version, and why the others are not. A short run has enough of two. */
export const callRoll = (peers: readonly Peer[], {isShort, only}: Run): Roll => {
	const versions: Record<string, string> = {};
	const missing: Record<string, string> = {};
	const present = peers.filter(({name, version}) => {
		if (only.length > 0 && !only.some(word => name.toLowerCase().includes(word))) {
			return false;
		}

		try {
			versions[name] = version();
			return true;
		} catch (error) {
			missing[name] = error instanceof Error ? error.message : String(error);
			return false;
		}
	});
	return {peers: isShort ? present.slice(0, 2) : present, versions, missing};
};

/** The peer that ratios are taken against: HAProxy, or the first there is. */
export const baselineOf = (names: readonly string[]): string => names.find(name => name.startsWith('HAProxy')) ?? names.at(-1) ?? '';

export type Measure = Readonly<Record<string, number>>;

/** Each contender once a round, in another order each time; `measure` gives what it finds by key. */
export const inRounds = async <T extends Readonly<{name: string}>>(rounds: number, contenders: readonly T[], measure: (contender: T, round: number) => Promise<Measure>): Promise<Table['rows']> => {
	const rows = new Map<string, Record<string, number[]>>(contenders.map(({name}) => [name, {}]));
	for (let round = 0; round < rounds; round++) {
		const first = round % contenders.length;
		for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
			const found = await measure(contender, round); // eslint-disable-line no-await-in-loop -- one at a time is the point
			const row = rows.get(contender.name) ?? {};
			for (const [key, value] of Object.entries(found)) {
				row[key] ??= [];
				row[key].push(value);
			}
		}
	}

	return [...rows].map(([name, values]): {name: string; values: Values} => ({name, values}));
};

/** What stands between: p50 less that of the target alone in the same round. */
export const withAdded = (rows: Table['rows']): Table['rows'] => {
	const direct = rows.find(({name}) => name === 'direct')?.values.p50 ?? [];
	return rows.map(({name, values}) => ({name, values: {...values, added: (values.p50 ?? []).map((value, round) => (value ?? Number.NaN) - (direct[round] ?? Number.NaN))}}));
};

type Start = Readonly<{
	/** Those without whom there is nothing to measure. */
	needed: ReadonlyArray<() => Promise<Contender>>;
	peers: readonly Peer[];
	job: Job;
	/** Where peers that do not start are noted, with why. */
	missing: Record<string, string>;
}>;

/** Start all one after the other, use them, and stop them whatever happens. */
export const withContenders = async <T>({needed, peers, job, missing}: Start, use: (contenders: readonly Contender[]) => Promise<T>): Promise<T> => {
	const contenders: Contender[] = [];
	try {
		for (const start of needed) {
			contenders.push(await start()); // eslint-disable-line no-await-in-loop -- later ones would disturb
		}

		for (const {name, start} of peers) {
			try {
				contenders.push(await start(job)); // eslint-disable-line no-await-in-loop
			} catch (error) {
				missing[name] = `did not start: ${(error instanceof Error ? error.message : String(error)).slice(0, 300).replaceAll(/\s+/gv, ' ')}`;
			}
		}

		return await use(contenders);
	} finally {
		await Promise.all(contenders.map(async ({stop}) => stop()));
	}
};

/** Progress, for whoever waits. */
export const say = (text: string): void => {
	process.stderr.write(`${text}\n`);
};
