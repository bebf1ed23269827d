import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import type {Contender} from '../contenders/contender.ts';
import {startTarget} from '../contenders/direct.ts';
import {ours, prepareOurs, startDashboard, startOurs, untilItSays, untilServing} from '../contenders/ours.ts';
import {cpuTime, launch, residentKilobytes} from '../kit/process.ts';
import {quantile, total} from '../kit/statistics.ts';
import {openLoop} from '../load/open.ts';
import {requestBytes} from '../load/request.ts';
import type {Table} from '../report/result.ts';
import {inRounds, say, withContenders, type Findings, type Measure, type Run, type Suite} from './suite.ts';

const planOf = ({isShort, rounds}: Run) => isShort
	? {rounds: 1, starts: 1, rate: 100, time: 500, settle: 100, idle: 300}
	: {rounds: rounds ?? 7, starts: 10, rate: 1000, time: 5000, settle: 5000, idle: 10_000};

type Plan = ReturnType<typeof planOf>;

const underLoad = ({rate, time}: Plan, wrong: Map<string, number>) => async ({name, port, pids}: Contender): Promise<Measure> => {
	const bytes = requestBytes('GET', port);
	const before = cpuTime(pids);
	const outcomes = await openLoop({port, rate, connections: 16, duration: time, request: () => bytes});
	const cpu = (cpuTime(pids) - before) / outcomes.length;
	wrong.set(name, (wrong.get(name) ?? 0) + outcomes.filter(({status}) => status !== 200).length);
	const times = outcomes.map(({dueAt, endedAt}) => endedAt - dueAt);
	return {p50: quantile(times, 0.5), p99: quantile(times, 0.99), cpu};
};

const loadTable = async (contenders: readonly Contender[], plan: Plan, wrong: Map<string, number>): Promise<Table> => {
	const rows = await inRounds(plan.rounds, contenders, underLoad(plan, wrong));
	say('dashboard: under load');
	return {
		id: 'dashboard-load',
		title: `GET, ${plan.rate} a second (open loop) over 16 connections`,
		baseline: ours,
		columns: [
			{key: 'p99', title: 'p99, ms', digits: 2, isRatio: true},
			{key: 'p50', title: 'p50, ms', digits: 3, isRatio: true},
			{key: 'cpu', title: 'CPU, µs a request', digits: 0, isRatio: true},
		],
		picture: 'p99',
		rows,
	};
};

const idleTable = async (contenders: readonly Contender[], {settle, idle}: Plan): Promise<Table> => {
	const rows = await inRounds(1, contenders, async ({pids}) => {
		await delay(settle);
		const before = cpuTime(pids);
		await delay(idle);
		return {cpu: (cpuTime(pids) - before) / (idle * 1000) * 100, memory: residentKilobytes(pids) / 1024};
	});
	say('dashboard: idle');
	return {
		id: 'dashboard-idle',
		title: 'Idle, soon after the start',
		baseline: ours,
		columns: [{key: 'cpu', title: 'CPU, % of a processor', digits: 2}, {key: 'memory', title: 'RSS, MB', digits: 0}],
		picture: 'cpu',
		rows,
	};
};

// Run before anything else in the process: when the runtime is up.
const stamp = String.raw`data:text/javascript,process.stderr.write('up '+process.hrtime.bigint()+'\n')`;

/** From the runtime's first instruction of ours to the word that it listens, in ms. */
const startTime = async (target: number): Promise<Measure> => {
	const {command: [node = '', ...rest], env, remove} = prepareOurs([target]);
	const launchedAt = process.hrtime.bigint();
	const launched = launch([node, '--import', stamp, ...rest], {processor: 0, env});
	const heardAt = new Promise<bigint>(resolve => {
		launched.child.stderr?.on('data', () => {
			if (launched.said().includes('http://')) {
				resolve(process.hrtime.bigint());
			}
		});
	});
	try {
		await untilItSays(launched);
		const upAt = BigInt(/up (\d+)/v.exec(launched.said())?.[1] ?? 0);
		return {start: Number(await heardAt - upAt) / 1e6, runtime: Number(upAt - launchedAt) / 1e6};
	} finally {
		await launched.end();
		remove();
	}
};

const startTable = async (target: number, {starts}: Plan): Promise<Table> => {
	const rows = await inRounds(starts, [{name: ours}], async () => startTime(target));
	say('dashboard: starts');
	return {
		id: 'dashboard-start',
		title: 'Start, headless',
		baseline: ours,
		columns: [{key: 'start', title: 'runtime up to listening, ms', digits: 0}, {key: 'runtime', title: 'the runtime itself before, ms', digits: 0}],
		picture: 'start',
		rows,
	};
};

const run = async (run: Run): Promise<Findings> => {
	const plan = planOf(run);
	const wrong = new Map<string, number>();
	const target = await startTarget('http');
	const job = {targets: [target.port]};
	const needed = [async () => target, async () => startOurs(job), async () => startDashboard(job)];
	const tables = await withContenders({needed, peers: [], job: {...job, setting: 'plain'}, missing: {}}, async ([, ...contenders]) => {
		await Promise.all(contenders.map(async ({port}) => untilServing(port)));
		const idle = await idleTable(contenders, plan);
		const load = await loadTable(contenders, plan, wrong);
		return [load, await startTable(target.port, plan), idle];
	});
	return {
		versions: {},
		missing: {},
		tables,
		notes: [
			`${plan.rounds} rounds of ${plan.time / 1000} s under load, ${plan.starts} starts, ${plan.idle / 1000} s idle.`,
			'The dashboard runs in a terminal of 120 × 40, and draws what the load does.',
		],
		wrong: total([...wrong.values()]),
	};
};

export const dashboard: Suite = {name: 'dashboard', summary: 'what the dashboard costs, starting and idling', run};
