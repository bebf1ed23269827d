import type {Contender} from '../contenders/contender.ts';
import {startTarget} from '../contenders/direct.ts';
import {ours, startOurs, untilServing} from '../contenders/ours.ts';
import {servers} from '../contenders/servers.ts';
import {cpuTime, residentKilobytes, until} from '../kit/process.ts';
import {total} from '../kit/statistics.ts';
import {callLoop, createCaller} from '../load/callers.ts';
import {heavyLoad} from '../load/wrk.ts';
import type {Table} from '../report/result.ts';
import {callRoll, inRounds, say, withContenders, type Findings, type Measure, type Run, type Suite} from './suite.ts';

const planOf = ({isShort, rounds}: Run) => isShort
	? {rounds: 1, duration: 250, few: 4, many: 50, targets: 10, sessions: [5, 10, 15]}
	: {rounds: rounds ?? 5, duration: 2000, few: 16, many: 1000, targets: 100, sessions: [250, 500, 750, 1000]};

type Plan = ReturnType<typeof planOf>;

type Wrong = Record<string, number>;

const load = async ({name, port, pids}: Contender, connections: number, duration: number, wrong: Wrong): Promise<Measure> => {
	const before = cpuTime(pids);
	const {requests, errors, seconds, p50, p99} = await heavyLoad({port, kind: 'GET', connections, duration});
	wrong[name] = (wrong[name] ?? 0) + errors;
	return {cpu: (cpuTime(pids) - before) / requests, rate: requests / seconds, p50, p99};
};

const columns: Table['columns'] = [
	{key: 'cpu', title: 'CPU, µs a request', digits: 1, isRatio: true},
	{key: 'p50', title: 'p50, ms', digits: 2},
	{key: 'p99', title: 'p99, ms', digits: 2},
	{key: 'rate', title: 'requests/s', digits: 0},
];

const connectionsTable = async (contenders: readonly Contender[], {rounds, duration, few, many}: Plan, wrong: Wrong): Promise<Table> => {
	const cases = contenders.flatMap(contender => [few, many].map(connections => ({name: `${contender.name}, ${connections} connections`, contender, connections})));
	const rows = await inRounds(rounds, cases, async ({contender, connections}) => load(contender, connections, duration, wrong));
	say('growth: connections');
	return {id: 'growth-connections', title: 'GET, 200 bytes back, more connections', baseline: `${ours}, ${few} connections`, columns, picture: 'cpu', rows};
};

const targetsTable = async ({rounds, duration, few, targets}: Plan, wrong: Wrong): Promise<Table> => {
	const target = await startTarget('http', String(targets));
	const {ports} = target;
	const start = (count: number) => async (): Promise<Contender> => ({...await startOurs({targets: ports.slice(0, count)}), name: `${ours}, ${count} targets`});
	return withContenders({needed: [async () => target, start(2), start(targets)], peers: [], job: {targets: ports, setting: 'plain'}, missing: {}}, async ([, ...contenders]) => {
		for (const contender of contenders) {
			await untilServing(contender.port); // eslint-disable-line no-await-in-loop
			await load(contender, few, duration, wrong); // eslint-disable-line no-await-in-loop -- a warm-up
		}

		const rows = await inRounds(rounds, contenders, async contender => load(contender, few, duration, wrong));
		say('growth: targets');
		return {id: 'growth-targets', title: `GET, 200 bytes back, more targets, ${few} connections`, baseline: `${ours}, 2 targets`, columns, picture: 'cpu', rows};
	});
};

const sessionsIn = async (port: number, pids: readonly number[], steps: readonly number[]): Promise<Measure> => {
	const measure: Record<string, number> = {};
	let memory = 0;
	let open = 0;
	const first = steps[0] ?? 0;
	for (const count of [Math.round(first / 10), ...steps]) {
		const since = open;
		while (open < count) {
			const caller = await createCaller(port); // eslint-disable-line no-await-in-loop
			await callLoop([caller], 0.01); // eslint-disable-line no-await-in-loop -- one call
			open++;
		}

		const now = residentKilobytes(pids);
		if (since > 0) {
			measure[`to-${count}`] = (now - memory) / (count - since);
		}

		memory = now;
	}

	return measure;
};

/** Each step of more sessions is a row: what a session of that step took. A fresh process each round. */
const sessionsTable = async ({rounds, sessions}: Plan): Promise<Table> => {
	const target = await startTarget('mcp');
	try {
		const [all] = await inRounds(Math.min(3, rounds), [{name: ours}], async () => {
			const {port, pids, stop} = await startOurs({targets: [target.port]}, {sessions: {limitPerClient: 10_000}});
			try {
				await until('it opens a session', async () => createCaller(port).catch(() => undefined));
				return await sessionsIn(port, pids, sessions);
			} finally {
				await stop();
			}
		});
		say('growth: sessions');
		const rows = sessions.map((count, index) => ({
			name: `sessions ${(sessions[index - 1] ?? Math.round(count / 10)) + 1} to ${count}`,
			values: {memory: all?.values[`to-${count}`] ?? []},
		}));
		return {
			id: 'growth-sessions',
			title: 'Memory of an MCP session, more of them',
			text: 'By how much the process grows from one number of open sessions to the next, a session. Each was initialized and made a call.',
			baseline: rows[0]?.name ?? '',
			columns: [{key: 'memory', title: 'RSS, KB a session', digits: 1, isRatio: true}],
			picture: 'memory',
			rows,
		};
	} finally {
		await target.stop();
	}
};

const run = async (run: Run): Promise<Findings> => {
	const plan = planOf(run);
	const {peers, versions, missing} = callRoll(servers.filter(({name}) => name === 'HAProxy'), run);
	const wrong: Wrong = {};
	const target = await startTarget('http');
	const job = {targets: [target.port], setting: 'plain'} as const;
	const connections = await withContenders({needed: [async () => target, async () => startOurs(job)], peers, job, missing}, async ([, ...contenders]) => {
		for (const contender of contenders) {
			await untilServing(contender.port); // eslint-disable-line no-await-in-loop
			await load(contender, plan.few, plan.duration, wrong); // eslint-disable-line no-await-in-loop -- a warm-up
		}

		return connectionsTable(contenders, plan, wrong);
	});
	const tables = [connections, await targetsTable(plan, wrong), await sessionsTable(plan)];
	return {
		versions,
		missing,
		tables,
		notes: [`${plan.rounds} rounds of ${plan.duration / 1000} s each, of sessions ${Math.min(3, plan.rounds)}.`],
		wrong: total(Object.entries(wrong).filter(([name]) => name.startsWith(ours)).map(([, count]) => count)),
	};
};

export const growth: Suite = {name: 'growth', summary: 'cost as work grows', run};
