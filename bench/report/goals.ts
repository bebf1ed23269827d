import {ours} from '../contenders/ours.ts';
import {figureOf, ratioOf} from './figures.ts';
import type {Result, Table} from './result.ts';

/** One line under a goal. `value` is undefined when it was not measured. */
type Check = Readonly<{text: string; value: number | undefined; limit: number | undefined; digits: number}>;

type Goal = Readonly<{title: string; checks: readonly Check[]}>;

type Find = (id: string) => Table | undefined;

const figure = (table: Table | undefined, key: string, name = ours): number | undefined => table && figureOf(table, name, key)?.middle;
/** For promises that no round may break. */
const worst = (table: Table | undefined, key: string): number | undefined => table && figureOf(table, ours, key)?.most;
const ratio = (table: Table | undefined, key: string, base?: string): number | undefined => table && ratioOf(table, ours, key, base)?.middle;

const haproxy = 'HAProxy';
const caddy = 'Caddy';
const httpProxy = 'http-proxy, kept connections';

const cpu = (find: Find): Goal => ({
	title: 'CPU of a request, 64 connections',
	checks: ([['GET', 'http-get-64'], ['POST', 'http-post-64']] as const).flatMap(([kind, id]) => [[haproxy, 1.3], [caddy, 0.3], [httpProxy, 0.2]].map(([base, limit]): Check => (
		{text: `${kind}, × ${base}`, value: ratio(find(id), 'cpu', String(base)), limit: Number(limit), digits: 2}
	))),
});

const delay = (find: Find): Goal => ({
	title: 'Delay of a GET',
	checks: [1, 16].flatMap((connections): Check[] => {
		const table = find(`http-get-${connections}`);
		const where = connections === 1 ? '1 connection' : `${connections} connections`;
		return [
			{text: `added p50 at ${where}, ms, against HAProxy's`, value: figure(table, 'added'), limit: figure(table, 'added', haproxy), digits: 3},
			{text: `p99 at ${where}, × HAProxy`, value: ratio(table, 'p99', haproxy), limit: 1.5, digits: 2},
		];
	}),
});

const streams = (find: Find): Goal => {
	const relay = find('streams-relay');
	return {
		title: 'Event streams',
		checks: [
			{text: 'KB of an idle stream', value: figure(find('streams-idle'), 'memory'), limit: 12, digits: 1},
			{text: 'event p50, µs, against nginx\'s', value: figure(relay, 'p50'), limit: figure(relay, 'p50', 'nginx'), digits: 0},
			{text: 'event p99, µs, against nginx\'s', value: figure(relay, 'p99'), limit: figure(relay, 'p99', 'nginx'), digits: 0},
		],
	};
};

const failover = (find: Find): Goal => {
	const hung = find('failover-get-hang');
	return {
		title: 'Failover',
		checks: [
			...([['kill', 'kill -9', 50], ['storm', '503', 50], ['hang', 'SIGSTOP', 400]] as const).flatMap(([id, name, limit]): Check[] => {
				const table = find(`failover-get-${id}`);
				return [
					{text: `GET, ${name}: failed`, value: worst(table, 'failed'), limit: 0, digits: 0},
					{text: `GET, ${name}: longest gap, ms`, value: figure(table, 'gap'), limit, digits: 0},
				];
			}),
			{text: 'GET, SIGSTOP: longest gap, ms, against an equally eager HAProxy\'s', value: figure(hung, 'gap'), limit: figure(hung, 'gap', haproxy), digits: 0},
			...([['kill', 'kill -9'], ['hang', 'SIGSTOP']] as const).flatMap(([id, name]): Check[] => {
				const table = find(`failover-post-${id}`);
				return [
					{text: `POST, ${name}: last explicit error after, ms`, value: worst(table, 'error'), limit: 450, digits: 0},
					{text: `POST, ${name}: delivered twice`, value: worst(table, 'twice'), limit: 0, digits: 0},
				];
			}),
		],
	};
};

const gateways = ['mcp-proxy', 'supergateway', 'mcp-hub'];

const mcp = (find: Find): Goal => {
	const many = find('mcp-many');
	const best = many && gateways.map(name => ({name, cpu: figure(many, 'cpu', name) ?? Number.POSITIVE_INFINITY})).toSorted((a, b) => a.cpu - b.cpu)[0];
	return {
		title: 'MCP tools/call',
		checks: [
			{text: 'CPU of a call, 16 callers, × HAProxy passing the same bytes', value: ratio(many, 'cpu', haproxy), limit: 2.5, digits: 2},
			{text: `CPU of a call, 16 callers, × the best gateway (${best?.name ?? '–'})`, value: ratio(many, 'cpu', best?.name), limit: 0.1, digits: 3},
			{text: 'added p50, one caller, ms', value: figure(find('mcp-one'), 'added'), limit: 0.3, digits: 3},
		],
	};
};

const dashboard = (find: Find): Goal => {
	const idle = find('dashboard-idle');
	const load = find('dashboard-load');
	return {
		title: 'Dashboard, start, idle',
		checks: [
			{text: 'p99 with the dashboard open, × headless', value: load && ratioOf(load, `${ours}, dashboard open`, 'p99', ours)?.middle, limit: 1.05, digits: 2},
			{text: 'runtime up to listening, ms', value: figure(find('dashboard-start'), 'start'), limit: 150, digits: 0},
			{text: 'idle CPU headless, % of a processor', value: figure(idle, 'cpu'), limit: 0.5, digits: 2},
			{text: 'idle RSS headless, MB', value: figure(idle, 'memory'), limit: 80, digits: 0},
		],
	};
};

const growth = (find: Find): Goal => {
	const connections = find('growth-connections');
	const targets = find('growth-targets');
	const sessions = find('growth-sessions');
	return {
		title: 'Cost as work grows',
		checks: [
			{text: 'CPU of a request at 1000 connections, × at 16', value: connections && ratioOf(connections, `${ours}, 1000 connections`, 'cpu')?.middle, limit: 1.2, digits: 2},
			{text: 'CPU of a request at 100 targets, × at 2', value: targets && ratioOf(targets, `${ours}, 100 targets`, 'cpu')?.middle, limit: 1.05, digits: 2},
			{text: 'memory of a session, the last quarter of 1000 × the first', value: sessions && ratioOf(sessions, sessions.rows.at(-1)?.name ?? '', 'memory')?.middle, limit: 1.2, digits: 2},
		],
	};
};

const verdict = ({value, limit}: Check): string => {
	if (value === undefined || limit === undefined) {
		return 'not measured';
	}

	return value <= limit ? 'met' : '**not met**';
};

const show = (value: number | undefined, digits: number): string | undefined => value?.toFixed(digits);

/** A goal is met when all of it is. */
const summary = (checks: readonly Check[]): string => {
	const verdicts = checks.map(check => verdict(check));
	return verdicts.find(one => one !== 'met' && one !== 'not measured') ?? verdicts.find(one => one !== 'met') ?? 'met';
};

/** The goals, each with what was measured and whether it is met, as rows of a table. */
export const goalRows = (results: readonly Result[]): ReadonlyArray<readonly string[]> => {
	const tables = results.flatMap(({tables}) => tables);
	const find: Find = id => tables.find(table => table.id === id);
	return [cpu, delay, streams, failover, mcp, dashboard, growth].map(goal => goal(find)).flatMap(({title, checks}, index) => [
		[`**${index + 1}. ${title}**`, '', '', '', summary(checks)],
		...checks.map(check => ['', check.text, show(check.value, check.digits) ?? '–', check.limit === undefined ? '–' : `≤ ${show(check.limit, check.digits) ?? ''}`, verdict(check)]),
	]);
};
