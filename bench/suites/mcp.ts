import type {Contender} from '../contenders/contender.ts';
import {startTarget} from '../contenders/direct.ts';
import {mcpGateways} from '../contenders/gateways.ts';
import {ours, startOurs} from '../contenders/ours.ts';
import {packages} from '../contenders/packages.ts';
import {servers} from '../contenders/servers.ts';
import {cpuTime, residentKilobytes, until} from '../kit/process.ts';
import {callLoop, createCaller, type Caller} from '../load/callers.ts';
import {createSseCaller} from '../load/sse-caller.ts';
import type {Table} from '../report/result.ts';
import {baselineOf, callRoll, inRounds, say, withAdded, withContenders, type Findings, type Measure, type Run, type Suite} from './suite.ts';

const planOf = ({isShort, rounds}: Run) => isShort
	? {rounds: 1, duration: 300, callers: 4}
	: {rounds: rounds ?? 5, duration: 2000, callers: 16};

type Plan = ReturnType<typeof planOf>;

/** A contender with its callers; each has a session. */
type Office = Contender & Readonly<{callers: readonly Caller[]}>;

/** Sessions as soon as the target is known to be well; throws why there are none. */
const openSessions = async (contender: Contender, count: number): Promise<Office> => {
	const create = contender.transport === 'sse' ? createSseCaller : createCaller;
	let why: unknown;
	const first = await until('it opens a session', async () => {
		try {
			return await create(contender.port);
		} catch (error) {
			why = error;
			return undefined;
		}
	}, 10_000).catch(() => {
		throw why instanceof Error ? why : new Error(String(why));
	});
	const others = await Promise.all(Array.from({length: count - 1}, async () => create(contender.port)));
	return {...contender, callers: [first, ...others]};
};

const call = (count: number, duration: number, wrong: Map<string, number>) => async ({name, pids, callers}: Office): Promise<Measure> => {
	const before = cpuTime(pids);
	const {requests, errors, seconds, p50, p99} = await callLoop(callers.slice(0, count), duration);
	const cpu = cpuTime(pids) - before;
	wrong.set(name, (wrong.get(name) ?? 0) + errors);
	const cost = pids.length > 0 ? {cpu: cpu / requests, memory: residentKilobytes(pids) / 1024} : {cpu: Number.NaN, memory: Number.NaN};
	return {...cost, rate: requests / seconds, p50, p99};
};

const callTable = async (offices: readonly Office[], count: number, {rounds, duration}: Plan, wrong: Map<string, number>): Promise<Table> => {
	const rows = withAdded(await inRounds(rounds, offices, call(count, duration, wrong)));
	say(`mcp: ${count} callers`);
	return {
		id: `mcp-${count === 1 ? 'one' : 'many'}`,
		title: `tools/call, ${count === 1 ? 'one caller' : `${count} callers`}`,
		baseline: baselineOf(rows.map(({name}) => name)),
		columns: [
			{key: 'cpu', title: 'CPU, µs a call', digits: 0, isRatio: true},
			{key: 'added', title: 'added p50, ms', digits: 3},
			{key: 'p50', title: 'p50, ms', digits: 3},
			{key: 'p99', title: 'p99, ms', digits: 2},
			{key: 'rate', title: 'calls/s', digits: 0, isRatio: true},
			{key: 'memory', title: 'RSS, MB', digits: 0},
		],
		picture: count === 1 ? 'added' : 'cpu',
		rows,
	};
};

const measure = async (contenders: readonly Contender[], plan: Plan, missing: Record<string, string>, wrong: Map<string, number>): Promise<readonly Table[]> => {
	const offices: Office[] = [];
	for (const contender of contenders) {
		try {
			const office = await openSessions(contender, plan.callers); // eslint-disable-line no-await-in-loop
			await callLoop(office.callers, plan.duration / 2); // eslint-disable-line no-await-in-loop -- a warm-up, one at a time
			offices.push(office);
		} catch (error) {
			if (contender.name === ours || contender.name === 'direct') {
				throw error;
			}

			missing[contender.name] = `opened no sessions: ${String(error).slice(0, 300).replaceAll(/\s+/gv, ' ')}`;
		}
	}

	return [await callTable(offices, plan.callers, plan, wrong), await callTable(offices, 1, plan, wrong)];
};

const run = async (run: Run): Promise<Findings> => {
	const plan = planOf(run);
	const bytes = [...servers, ...packages].filter(({name}) => ['HAProxy', 'nginx', 'http-proxy, kept connections'].includes(name));
	const {peers, versions, missing} = callRoll([...bytes, ...mcpGateways], run);
	const wrong = new Map<string, number>();
	const target = await startTarget('mcp');
	const job = {targets: [target.port], setting: 'plain'} as const;
	const needed = [async () => target, async () => startOurs(job)];
	const tables = await withContenders({needed, peers, job, missing}, async contenders => measure(contenders, plan, missing, wrong));
	const failed = [...wrong].filter(([, count]) => count > 0);
	return {
		versions,
		missing,
		tables,
		notes: [
			`${plan.rounds} rounds of ${plan.duration / 1000} s each. Each caller has a session of its own, one connection, and calls again as soon as it is answered.`,
			'Answers are event streams, as the servers of the SDK write them.',
			'HAProxy, nginx and http-proxy pass the same bytes and know nothing of sessions.',
			'The gateways mcp-proxy and supergateway start the same server over stdio, and its cost is not counted; mcp-hub speaks the older transport.',
			failed.length === 0 ? 'Every answer was right.' : `Answers that were wrong or never came: ${failed.map(([name, count]) => `${name} ${count}`).join(', ')}.`,
		],
		wrong: (wrong.get(ours) ?? 0) + (wrong.get('direct') ?? 0),
	};
};

export const mcp: Suite = {name: 'mcp', summary: 'calls of tools over sessions', run};
