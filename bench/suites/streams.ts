import {setTimeout as delay} from 'node:timers/promises';
import type {Contender, Job, Peer} from '../contenders/contender.ts';
import {startTarget} from '../contenders/direct.ts';
import {ours, startOurs, untilServing} from '../contenders/ours.ts';
import {packages} from '../contenders/packages.ts';
import {servers} from '../contenders/servers.ts';
import {cpuTime, residentKilobytes} from '../kit/process.ts';
import {quantile} from '../kit/statistics.ts';
import {openStreams} from '../load/streams.ts';
import type {Table} from '../report/result.ts';
import {baselineOf, callRoll, inRounds, say, withContenders, type Findings, type Measure, type Run, type Suite} from './suite.ts';

const planOf = ({isShort, rounds}: Run) => isShort
	? {rounds: 1, idle: 50, talking: 50, time: 1200, settle: 100}
	: {rounds: rounds ?? 3, idle: 2000, talking: 500, time: 5000, settle: 2000};

type Plan = ReturnType<typeof planOf>;

/** Each open stream is a request in flight; by default 1024 of them may go to one target. */
const wide = {server: {limits: {inFlight: 10_000}}};

/** Streams that broke, by contender. */
type Broken = Map<string, number>;

const note = (broken: Broken, name: string, count: number): void => {
	if (count > 0) {
		broken.set(name, (broken.get(name) ?? 0) + count);
	}
};

/** A process of its own each time, since memory that is once taken is seldom given back. */
const idleMemory = async (start: () => Promise<Contender>, {idle, settle}: Plan, broken: Broken): Promise<Measure> => {
	const {name, port, pids, stop} = await start();
	try {
		await untilServing(port);
		const first = await openStreams(port, '/idle', Math.round(idle / 20), 1);
		await first.close();
		await delay(settle);
		const before = residentKilobytes(pids);
		const streams = await openStreams(port, '/idle', idle, 1);
		await delay(settle);
		const memory = residentKilobytes(pids) - before;
		note(broken, name, streams.broken());
		await streams.close();
		return {memory: streams.broken() > 0 ? Number.NaN : memory / idle};
	} finally {
		await stop();
	}
};

const idleTable = async (plan: Plan, peers: readonly Peer[], job: Job, broken: Broken): Promise<Table> => {
	const starts = [{name: ours, start: async () => startOurs(job, wide)}, ...peers.map(({name, start}) => ({name, start: async () => start(job)}))];
	const rows = await inRounds(plan.rounds, starts, async ({start}) => idleMemory(start, plan, broken));
	say(`streams: ${plan.idle} idle`);
	return {
		id: 'streams-idle',
		title: `Memory of an idle event stream, with ${plan.idle}`,
		text: 'What a process grows by, from a few streams that came and went to all of them, a stream; a fresh process each round.',
		baseline: baselineOf(rows.map(({name}) => name)),
		columns: [{key: 'memory', title: 'RSS, KB a stream', digits: 1, isRatio: true}],
		picture: 'memory',
		rows,
	};
};

const relay = ({talking, time}: Plan, broken: Broken) => async ({name, port, pids}: Contender): Promise<Measure> => {
	const streams = await openStreams(port, '/events', talking, 1000 / talking);
	await delay(500);
	streams.takeDelays();
	const before = cpuTime(pids);
	await delay(time);
	const cpu = cpuTime(pids) - before;
	const delays = streams.takeDelays();
	note(broken, name, streams.broken());
	await streams.close();
	return {cpu: pids.length > 0 ? cpu / delays.length : Number.NaN, p50: quantile(delays, 0.5) * 1000, p99: quantile(delays, 0.99) * 1000};
};

const relayTable = async (contenders: readonly Contender[], plan: Plan, broken: Broken): Promise<Table> => {
	const rows = await inRounds(plan.rounds, contenders, relay(plan, broken));
	say(`streams: ${plan.talking} with an event a second`);
	return {
		id: 'streams-relay',
		title: `${plan.talking} event streams, an event a second each`,
		text: 'From the target\'s write to the client\'s read.',
		baseline: baselineOf(rows.map(({name}) => name)),
		columns: [
			{key: 'p50', title: 'p50, µs', digits: 0, isRatio: true},
			{key: 'p99', title: 'p99, µs', digits: 0, isRatio: true},
			{key: 'cpu', title: 'CPU, µs an event', digits: 0, isRatio: true},
		],
		picture: 'p99',
		rows,
	};
};

const run = async (run: Run): Promise<Findings> => {
	const plan = planOf(run);
	const {peers, versions, missing} = callRoll([...servers, ...packages.filter(({name}) => !name.includes('README'))], run);
	const broken: Broken = new Map();
	const target = await startTarget('events');
	const job = {targets: [target.port], setting: 'plain'} as const;
	const started: Peer[] = [];
	const talk = await withContenders({needed: [async () => target, async () => startOurs(job, wide)], peers, job, missing}, async contenders => {
		await Promise.all(contenders.map(async ({port}) => untilServing(port)));
		started.push(...peers.filter(({name}) => contenders.some(contender => contender.name === name)));
		const relayed = await relayTable(contenders, plan, broken);
		return [await idleTable(plan, started, job, broken), relayed];
	});
	return {
		versions,
		missing,
		tables: talk,
		notes: [
			`${plan.rounds} rounds.`,
			broken.size === 0 ? 'No stream broke.' : `Streams that broke: ${[...broken].map(([name, count]) => `${name} ${count}`).join(', ')}.`,
		],
		wrong: (broken.get(ours) ?? 0) + (broken.get('direct') ?? 0),
	};
};

export const streams: Suite = {name: 'streams', summary: 'event streams, idle and talking', run};
