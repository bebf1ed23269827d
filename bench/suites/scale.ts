import {readFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import type {Contender} from '../contenders/contender.ts';
import {startTarget} from '../contenders/direct.ts';
import {ours, startOurs, untilServing} from '../contenders/ours.ts';
import {cpuTime, residentKilobytes, until} from '../kit/process.ts';
import {callLoop, createCaller, type Caller} from '../load/callers.ts';
import {openStreams} from '../load/streams.ts';
import {heavyLoad} from '../load/wrk.ts';
import type {Table, Values} from '../report/result.ts';
import {inRounds, say, withContenders, type Findings, type Measure, type Run, type Suite} from './suite.ts';

const planOf = ({isShort, rounds}: Run) => isShort
	? {rounds: 1, streams: 40, sessions: 10, rest: 200, idle: 300, duration: 250}
	: {rounds: rounds ?? 3, streams: Math.min(9000, streamsThatFit(1000)), sessions: 1000, rest: 3000, idle: 5000, duration: 2000};

type Plan = ReturnType<typeof planOf>;

/** A stream has two connections here, one to each side, a session one; the rest is for logs, probes and the load. */
const streamsThatFit = (sessions: number): number => {
	const [, soft = '1024', hard = soft] = /^Max open files\s+(\d+)\s+(\d+)/mv.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
	return Math.floor((Number(hard) - sessions - 500) / 2);
};

/** Streams and sessions are at targets of their own: what is measured beside them is not theirs. */
const streamsAt = '/targets/target-2/idle';
const sessionsAt = '/targets/target-3/mcp';
const settings = {server: {limits: {connections: 20_000, inFlight: 20_000}}, sessions: {limitPerClient: 20_000}};

type Found = Readonly<{measure: Measure; wrong: number}>;

/** How long a document takes, in ms. */
const timeOf = async (port: number, at: string): Promise<number> => {
	const start = performance.now();
	const response = await fetch(`http://127.0.0.1:${port}${at}`);
	await response.arrayBuffer();
	return performance.now() - start;
};

const switchTo = async (port: number, system: string): Promise<number> => {
	const start = performance.now();
	await fetch(`http://127.0.0.1:${port}/api/proxy/switch`, {method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify({system, force: true})});
	return performance.now() - start;
};

/** What the proxy costs now, and how it does its other work. */
const look = async ({port, pids}: Contender, {rest, idle, duration}: Plan): Promise<Found> => {
	await delay(rest);
	const memory = residentKilobytes(pids) / 1024;
	const before = cpuTime(pids);
	await delay(idle);
	const atRest = (cpuTime(pids) - before) / idle / 10;
	const loadBefore = cpuTime(pids);
	const {requests, errors, p50, p99} = await heavyLoad({port, kind: 'GET', connections: 16, duration});
	const cpu = (cpuTime(pids) - loadBefore) / requests;
	const metrics = await timeOf(port, '/metrics');
	const state = await timeOf(port, '/api/proxy/state');
	const there = await switchTo(port, 'target-2');
	const back = await switchTo(port, 'target-1');
	return {measure: {memory, atRest, cpu, p50, p99, metrics, state, switch: (there + back) / 2}, wrong: errors};
};

const openSessions = async (port: number, count: number): Promise<Readonly<{callers: Caller[]; close: () => void}>> => {
	const callers: Caller[] = [];
	const closes: Array<() => void> = [];
	while (callers.length < count) {
		const caller = await createCaller(port, sessionsAt); // eslint-disable-line no-await-in-loop -- one after the other
		await callLoop([caller], 0.01); // eslint-disable-line no-await-in-loop -- one call
		const socket = await caller.listen(); // eslint-disable-line no-await-in-loop
		callers.push(caller);
		closes.push(() => {
			socket.destroy();
		});
	}

	return {
		callers,
		close() {
			for (const close of closes) {
				close();
			}
		},
	};
};

type Stages = Record<'nothing' | 'streams' | 'both' | 'after', Measure>;

type Climb = Readonly<{stages: Stages; steps: Measure; wrong: number}>;

/** A fresh proxy: nothing, then the streams, then the sessions too, then nothing again. */
const climb = async (targets: readonly number[], plan: Plan): Promise<Climb> => {
	const contender = await startOurs({targets}, settings);
	const {port, pids, stop} = contender;
	try {
		await untilServing(port);
		await until('it opens a session', async () => createCaller(port, sessionsAt).catch(() => undefined));
		await heavyLoad({port, kind: 'GET', connections: 16, duration: plan.duration});
		const nothing = await look(contender, plan);

		const streamsFrom = cpuTime(pids);
		const streams = await openStreams(port, streamsAt, plan.streams, 1);
		const streamsCost = cpuTime(pids) - streamsFrom;
		const some = await look(contender, plan);
		say(`scale: ${plan.streams} streams`);

		const sessionsFrom = cpuTime(pids);
		const sessions = await openSessions(port, plan.sessions);
		const sessionsCost = cpuTime(pids) - sessionsFrom;
		const both = await look(contender, plan);
		const calls = await callLoop(sessions.callers.slice(0, 16), plan.duration);
		say(`scale: ${plan.sessions} sessions`);

		const broken = streams.broken();
		sessions.close();
		await streams.close();
		const after = await look(contender, plan);
		const memoryOf = ({measure: {memory = Number.NaN}}: Found): number => memory;
		const found = [nothing, some, both, after];
		return {
			stages: {nothing: nothing.measure, streams: some.measure, both: both.measure, after: after.measure},
			steps: {
				stream: (memoryOf(some) - memoryOf(nothing)) * 1024 / plan.streams,
				session: (memoryOf(both) - memoryOf(some)) * 1024 / plan.sessions,
				streamCost: streamsCost / plan.streams,
				sessionCost: sessionsCost / plan.sessions,
				callP50: calls.p50,
				callP99: calls.p99,
			},
			wrong: broken + calls.errors + found.reduce((sum, {wrong}) => sum + wrong, 0),
		};
	} finally {
		await stop();
	}
};

const stageColumns: Table['columns'] = [
	{key: 'memory', title: 'RSS, MB', digits: 0},
	{key: 'atRest', title: 'CPU at rest, % of a core', digits: 2},
	{key: 'cpu', title: 'CPU, µs a GET', digits: 1, isRatio: true},
	{key: 'p50', title: 'p50, ms', digits: 2},
	{key: 'p99', title: 'p99, ms', digits: 2},
	{key: 'switch', title: 'a switch, ms', digits: 1},
	{key: 'metrics', title: '/metrics, ms', digits: 1},
	{key: 'state', title: 'the state, ms', digits: 1},
];

/** Rounds of one measure each → lists by key. */
const gather = (rounds: readonly Measure[]): Values => {
	const keys = Object.keys(rounds[0] ?? {});
	return Object.fromEntries(keys.map(key => [key, rounds.map(measure => measure[key] ?? Number.NaN)]));
};

const run = async (run: Run): Promise<Findings> => {
	const plan = planOf(run);
	const climbs: Climb[] = [];
	const needed = [async () => startTarget('http'), async () => startTarget('events'), async () => startTarget('mcp', 'deaf')];
	await withContenders({needed, peers: [], job: {targets: [], setting: 'plain'}, missing: {}}, async targets => inRounds(plan.rounds, [{name: ours}], async () => {
		climbs.push(await climb(targets.map(({port}) => port), plan));
		return {};
	}));
	const total = plan.streams + plan.sessions;
	const names: Record<keyof Stages, string> = {
		nothing: 'nothing open',
		streams: `${plan.streams} idle event streams`,
		both: `and ${plan.sessions} MCP sessions that listen`,
		after: 'all closed again',
	};
	const stages: Table = {
		id: 'scale-stages',
		title: `${total} idle streams, ${plan.sessions} of them of MCP sessions`,
		text: 'The same process all the time. A GET has 200 bytes back and goes to another target, on 16 connections; a switch goes there and back.',
		baseline: names.nothing,
		columns: stageColumns,
		picture: 'memory',
		rows: (Object.keys(names) as Array<keyof Stages>).map(stage => ({name: names[stage], values: gather(climbs.map(({stages}) => stages[stage]))})),
	};
	const steps: Table = {
		id: 'scale-steps',
		title: 'What one more takes, at that number',
		text: 'Opened one after the other by a single client; a session is initialized, makes a call and listens. Calls are those of 16 sessions while everything is open.',
		baseline: ours,
		columns: [
			{key: 'stream', title: 'RSS, KB a stream', digits: 1},
			{key: 'session', title: 'RSS, KB a session', digits: 1},
			{key: 'streamCost', title: 'CPU, µs to open a stream', digits: 0},
			{key: 'sessionCost', title: 'CPU, µs to open a session', digits: 0},
			{key: 'callP50', title: 'p50 of a call, ms', digits: 2},
			{key: 'callP99', title: 'p99 of a call, ms', digits: 2},
		],
		picture: 'stream',
		rows: [{name: ours, values: gather(climbs.map(({steps}) => steps))}],
	};
	return {
		versions: {},
		missing: {},
		tables: [stages, steps],
		notes: [`${plan.rounds} rounds, each with a fresh process.`],
		wrong: climbs.reduce((sum, {wrong}) => sum + wrong, 0),
	};
};

export const scale: Suite = {name: 'scale', summary: 'ten thousand streams and a thousand sessions at a time', run};
