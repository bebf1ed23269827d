import process from 'node:process';
import {servers} from '../contenders/servers.ts';
import {packages} from '../contenders/packages.ts';
import type {Contender} from '../contenders/contender.ts';
import {startTarget} from '../contenders/direct.ts';
import {ours, startOurs, untilServing} from '../contenders/ours.ts';
import {cpuTime, endedTime, residentKilobytes} from '../kit/process.ts';
import {quantile} from '../kit/statistics.ts';
import {openLoop} from '../load/open.ts';
import {requestBytes, type Kind} from '../load/request.ts';
import {generator, heavyLoad} from '../load/wrk.ts';
import type {Table} from '../report/result.ts';
import {baselineOf, callRoll, inRounds, say, withAdded, withContenders, type Findings, type Measure, type Run, type Suite} from './suite.ts';

const titles: Readonly<Record<Kind, string>> = {GET: 'GET, 200 bytes back', POST: 'POST, 1 KB there and back'};
const kinds: readonly Kind[] = ['GET', 'POST'];

const planOf = ({isShort, rounds}: Run) => isShort
	? {rounds: 1, duration: 250, connections: [16], warmUp: 100, rate: 200}
	: {rounds: rounds ?? 5, duration: 2000, connections: [1, 16, 64], warmUp: 1000, rate: 1000};

type Plan = ReturnType<typeof planOf>;

/** Answers that were wrong, by contender, and how busy the load's side was at most: what makes a run good or bad. */
type Checks = {wrong: Record<string, number>; busiest: number};

type Session = Readonly<{
	contenders: readonly Contender[];
	/** Processes beside the contenders: the target and the benchmark itself. */
	others: readonly number[];
	plan: Plan;
	checks: Checks;
}>;

const count = (checks: Checks, name: string, wrong: number): void => {
	if (wrong > 0) {
		checks.wrong[name] = (checks.wrong[name] ?? 0) + wrong;
	}
};

const closed = (kind: Kind, connections: number, {others, plan: {duration}, checks}: Session) => async ({name, port, pids}: Contender): Promise<Measure> => {
	const cpuBefore = cpuTime(pids);
	const othersBefore = cpuTime(others) + endedTime();
	const startedAt = performance.now();
	const {requests, errors, seconds, p50, p99} = await heavyLoad({port, kind, connections, duration});
	const cpu = cpuTime(pids) - cpuBefore;
	if (pids.length > 0) {
		checks.busiest = Math.max(checks.busiest, (cpuTime(others) + endedTime() - othersBefore) / 1000 / (performance.now() - startedAt));
	}

	count(checks, name, errors);
	return {cpu: pids.length > 0 ? cpu / requests : Number.NaN, rate: requests / seconds, p50, p99};
};

const latencyColumns: Table['columns'] = [
	{key: 'added', title: 'added p50, ms', digits: 3, isRatio: true},
	{key: 'p50', title: 'p50, ms', digits: 3},
	{key: 'p99', title: 'p99, ms', digits: 2, isRatio: true},
];

const closedTable = async (session: Session, kind: Kind, connections: number): Promise<Table> => {
	const {contenders, plan} = session;
	const rows = withAdded(await inRounds(plan.rounds, contenders, closed(kind, connections, session)));
	say(`http: ${kind}, ${connections} connections`);
	return {
		id: `http-${kind.toLowerCase()}-${connections}`,
		title: `${titles[kind]}, ${connections === 1 ? '1 connection' : `${connections} connections`}`,
		baseline: baselineOf(rows.map(({name}) => name)),
		columns: [{key: 'cpu', title: 'CPU, µs a request', digits: 1, isRatio: true}, ...latencyColumns, {key: 'rate', title: 'requests/s', digits: 0}],
		picture: 'cpu',
		rows,
	};
};

const open = ({plan: {duration, rate}, checks}: Session) => async ({name, port, pids}: Contender): Promise<Measure> => {
	const before = cpuTime(pids);
	const bytes = requestBytes('GET', port);
	const outcomes = await openLoop({port, rate, connections: 16, duration, request: () => bytes});
	const cpu = cpuTime(pids) - before;
	const times = outcomes.map(({dueAt, endedAt}) => endedAt - dueAt);
	count(checks, name, outcomes.filter(({status}) => status !== 200).length);
	return {cpu: pids.length > 0 ? cpu / outcomes.length : Number.NaN, p50: quantile(times, 0.5), p99: quantile(times, 0.99)};
};

const openTable = async (session: Session): Promise<Table> => {
	const {contenders, plan} = session;
	const rows = withAdded(await inRounds(plan.rounds, contenders, open(session)));
	say('http: open loop');
	return {
		id: 'http-open',
		title: `GET, 200 bytes back, ${plan.rate} a second over 16 connections`,
		text: 'Open loop: requests fall due at a constant rate, and their time counts from then, so that nobody is spared what queues up.',
		baseline: baselineOf(rows.map(({name}) => name)),
		columns: [...latencyColumns, {key: 'cpu', title: 'CPU, µs a request', digits: 1, isRatio: true}],
		picture: 'p99',
		rows,
	};
};

const memoryTable = (contenders: readonly Contender[], idle: ReadonlyMap<string, number>): Table => ({
	id: 'http-memory',
	title: 'Memory, idle and after that load',
	baseline: baselineOf(contenders.map(({name}) => name)),
	columns: [{key: 'idle', title: 'idle, MB', digits: 0}, {key: 'after', title: 'after, MB', digits: 0}],
	picture: 'after',
	rows: contenders.filter(({pids}) => pids.length > 0).map(({name, pids}) => ({name, values: {idle: [(idle.get(name) ?? 0) / 1024], after: [residentKilobytes(pids) / 1024]}})),
});

const measure = async (session: Session): Promise<readonly Table[]> => {
	const {contenders, plan, checks} = session;
	const idle = new Map(contenders.map(({name, pids}) => [name, residentKilobytes(pids)]));
	for (const {name, port} of contenders) {
		for (const kind of kinds) {
			const {errors} = await heavyLoad({port, kind, connections: 16, duration: plan.warmUp}); // eslint-disable-line no-await-in-loop
			count(checks, name, errors);
		}
	}

	const tables: Table[] = [];
	for (const kind of kinds) {
		for (const connections of plan.connections) {
			tables.push(await closedTable(session, kind, connections)); // eslint-disable-line no-await-in-loop -- one at a time is the point
		}
	}

	tables.push(await openTable(session));
	return [...tables, memoryTable(contenders, idle)];
};

const run = async (run: Run): Promise<Findings> => {
	const plan = planOf(run);
	const {peers, versions, missing} = callRoll([...servers, ...packages], run);
	const checks: Checks = {wrong: {}, busiest: 0};
	const target = await startTarget('http');
	const job = {targets: [target.port], setting: 'plain'} as const;
	const tables = await withContenders({needed: [async () => target, async () => startOurs(job)], peers, job, missing}, async contenders => {
		await Promise.all(contenders.map(async ({port}) => untilServing(port)));
		return measure({contenders, others: [target.process.pid, process.pid], plan, checks});
	});
	const wrong = Object.entries(checks.wrong);
	return {
		versions,
		missing,
		tables,
		notes: [
			`Closed loop by ${generator}; ${plan.rounds} rounds of ${plan.duration / 1000} s each.`,
			`Load and target used ${Math.round(checks.busiest * 100)} % of their processor at most while a proxy was measured.`,
			wrong.length === 0 ? 'Every answer was right.' : `Answers that were wrong or never came: ${wrong.map(([name, number]) => `${name} ${number}`).join(', ')}.`,
		],
		wrong: (checks.wrong[ours] ?? 0) + (checks.wrong.direct ?? 0),
	};
};

export const http: Suite = {name: 'http', summary: 'cost and delay of plain requests', run};
