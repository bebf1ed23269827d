import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import type {Contender, Job} from '../contenders/contender.ts';
import {startTarget, type Target} from '../contenders/direct.ts';
import {ours, startOurs, untilServing} from '../contenders/ours.ts';
import {servers} from '../contenders/servers.ts';
import {temporaryFolder} from '../kit/process.ts';
import {now, openLoop, type Outcome} from '../load/open.ts';
import {requestBytes, type Kind} from '../load/request.ts';
import type {Table} from '../report/result.ts';
import {baselineOf, callRoll, inRounds, say, type Findings, type Measure, type Run, type Suite} from './suite.ts';

type Hurt = Readonly<{id: string; title: string; strike: (target: Target) => void}>;

const kill: Hurt = {
	id: 'kill',
	title: 'killed (kill -9)',
	strike({process: {pid}}) {
		process.kill(pid, 'SIGKILL');
	},
};
const hang: Hurt = {
	id: 'hang',
	title: 'hung (SIGSTOP)',
	strike({process: {pid}}) {
		process.kill(pid, 'SIGSTOP');
	},
};
const storm: Hurt = {
	id: 'storm',
	title: 'answers 503',
	strike({process: {child}}) {
		child.send('storm');
	},
};

const cases: ReadonlyArray<Readonly<{kind: Kind; hurt: Hurt}>> = [
	...[kill, hang, storm].map(hurt => ({kind: 'GET', hurt} as const)),
	...[kill, hang].map(hurt => ({kind: 'POST', hurt} as const)),
];

const planOf = ({isShort, rounds}: Run) => isShort
	? {rounds: 1, cases: cases.slice(0, 1), time: 1500, hurtAt: 700, rest: 100}
	: {rounds: rounds ?? 3, cases, time: 7000, hurtAt: 3000, rest: 500};

type Plan = ReturnType<typeof planOf>;

type Start = Readonly<{name: string; start: (job: Job) => Promise<Contender>}>;

/** The longest time without a good answer, from just before the hurt on. */
const longestGap = (outcomes: readonly Outcome[], hurtAt: number, endAt: number): number => {
	const answered = outcomes.filter(({status, endedAt}) => status === 200 && endedAt > hurtAt - 500).map(({endedAt}) => endedAt).toSorted((a, b) => a - b);
	const times = [...answered, Math.max(endAt, answered.at(-1) ?? 0)];
	return Math.max(0, ...times.slice(1).map((time, index) => time - (times[index] ?? time)));
};

/** Of our own requests: this proxy also looks by POST whether a target speaks MCP. */
const deliveredTwice = (journals: readonly string[]): number => {
	const lines = journals.filter(file => existsSync(file)).flatMap(file => readFileSync(file, 'utf8').split('\n').filter(line => line.startsWith('/bench/')));
	return lines.length - new Set(lines).size;
};

const judge = (kind: Kind, outcomes: readonly Outcome[], {hurtAt, endAt, twice}: Readonly<{hurtAt: number; endAt: number; twice: number}>): Measure => {
	const failed = outcomes.filter(({status}) => status !== 200);
	const common = {failed: failed.length, gap: longestGap(outcomes, hurtAt, endAt)};
	return kind === 'GET' ? common : {...common, twice, error: Math.max(0, ...failed.map(({endedAt}) => endedAt - hurtAt))};
};

/** Two fresh targets and a fresh contender, hurt once. */
const survive = async ({start}: Start, kind: Kind, {strike}: Hurt, {time, hurtAt, rest}: Plan): Promise<Measure> => {
	const {folder, remove} = temporaryFolder();
	const journals = ['first', 'second'].map(name => path.join(folder, name));
	const targets = await Promise.all(journals.map(async journal => startTarget('slow', journal)));
	const [first] = targets;
	const contender = await start({targets: targets.map(({port}) => port), setting: 'failover'});
	try {
		await untilServing(contender.port);
		await delay(rest * 2); // So that both targets are known to be well.
		let struckAt = 0;
		const outcomes = await openLoop({
			port: contender.port,
			rate: 200,
			connections: 16,
			duration: time,
			request: index => requestBytes(kind, contender.port, `/bench/${index}`),
			at: {time: hurtAt, act() {
				struckAt = now();
				if (first) {
					strike(first);
				}
			}},
		});
		const endAt = now();
		if (first?.process.child.signalCode === null) {
			process.kill(first.process.pid, 'SIGCONT'); // What was delivered to it while it hung, it does now.
			await delay(rest);
		}

		return judge(kind, outcomes, {hurtAt: struckAt, endAt, twice: deliveredTwice(journals)});
	} finally {
		await Promise.all([contender, ...targets].map(async ({stop}) => stop()));
		remove();
	}
};

const columns: Table['columns'] = [
	{key: 'failed', title: 'failed', digits: 0},
	{key: 'gap', title: 'longest gap, ms', digits: 0, isRatio: true},
];
const postColumns: Table['columns'] = [
	{key: 'failed', title: 'failed', digits: 0},
	{key: 'twice', title: 'delivered twice', digits: 0},
	{key: 'error', title: 'last error after, ms', digits: 0},
	...columns.slice(1),
];

const hurtTable = async (starts: readonly Start[], kind: Kind, hurt: Hurt, plan: Plan): Promise<Table> => {
	const rows = await inRounds(plan.rounds, starts, async start => survive(start, kind, hurt, plan));
	say(`failover: ${kind}, ${hurt.id}`);
	return {
		id: `failover-${kind.toLowerCase()}-${hurt.id}`,
		title: `${kind}, the active target is ${hurt.title}`.replace('is answers', 'answers'),
		baseline: baselineOf(starts.map(({name}) => name)),
		columns: kind === 'GET' ? columns : postColumns,
		picture: kind === 'GET' ? 'gap' : 'failed',
		rows,
	};
};

const ourStart: Start = {name: ours, start: async job => startOurs(job)};

const run = async (run: Run): Promise<Findings> => {
	const plan = planOf(run);
	const {peers, versions, missing} = callRoll(servers, run);
	const starts: readonly Start[] = [ourStart, ...peers];
	const tables: Table[] = [];
	for (const {kind, hurt} of plan.cases) {
		tables.push(await hurtTable(starts, kind, hurt, plan)); // eslint-disable-line no-await-in-loop -- one at a time is the point
	}

	return {
		versions,
		missing,
		tables,
		notes: [
			`${plan.rounds} rounds of 200 requests a second (open loop) over 16 connections, ${plan.time / 1000} s each; the target answers after 20 ms and is hurt at ${plan.hurtAt / 1000} s.`,
			'HAProxy checks each 100 ms with a limit of 150 ms, counts errors of real traffic, and ends the sessions of a target that is down;',
			'nginx and Caddy only leave a target that hangs because of a limit of 1 s for each answer, which would cut long calls. This proxy has its defaults.',
		],
		wrong: 0,
	};
};

export const failover: Suite = {name: 'failover', summary: 'what clients notice when a target breaks', run};
