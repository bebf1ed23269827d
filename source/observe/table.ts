import process from 'node:process';
import {isServing, stateWord, type State, type TargetState} from '../core/state.ts';
import type {Counters, TargetCounters} from '../http/counters.ts';

type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number];

/** What the metrics are read from, at the moment someone asks. */
export type Source = Readonly<{
	state: State;
	counters: Counters;
	/** Counted from the stream of events: switches by cause, probes by target and result. */
	switches: readonly Sample[];
	probes: readonly Sample[];
	/** MCP requests by verdict. */
	calls: readonly Sample[];
	droppedRecords: number;
	version: string;
}>;

/** One metric: its name and meaning (Prometheus naming rules: base units, `_total` for counters), and how it is read. */
export type Metric = Readonly<{
	name: string;
	help: string;
	type: 'counter' | 'gauge';
	labels: readonly string[];
	read: (source: Source) => readonly Sample[] | Promise<readonly Sample[]>;
}>;

const classes = ['1xx', '2xx', '3xx', '4xx', '5xx'];

const one = (read: (source: Source) => number): Metric['read'] => source => [[{}, read(source)]];

/** One sample for each target of the state; none where `read` says undefined. */
const eachTarget = (read: (target: TargetState, state: State) => number | undefined): Metric['read'] => ({state}) => Object.values(state.targets).flatMap((row): Sample[] => {
	const value = read(row, state);
	return value === undefined ? [] : [[{target: row.target.id}, value]];
});

/** One sample for each target that ever counted anything. */
const eachCounter = (read: (counters: TargetCounters) => number): Metric['read'] => ({counters}) => Object.entries(counters.targets).map(([target, row]): Sample => [{target}, read(row)]);

const sessionsByTarget = ({sessions, targets}: State): Sample[] => {
	const counts = new Map(Object.keys(targets).map(id => [id, 0]));
	for (const {target = ''} of Object.values(sessions)) {
		counts.set(target, (counts.get(target) ?? 0) + 1);
	}

	return [...counts].map(([target, count]) => [{target}, count]);
};

export const durationName = 'proxy_mcp_request_duration_seconds';
export const durationHelp = 'Time until the response head, by target.';

/** Every metric of the proxy itself but the histogram of durations. docs/metrics.md holds the same table. */
export const proxyMetrics: readonly Metric[] = [
	{
		name: 'proxy_mcp_requests_total',
		help: 'Finished requests by target and class of the status sent; an empty target: the proxy answered by itself.',
		type: 'counter',
		labels: ['target', 'code_class'],
		read: ({counters}) => Object.entries(counters.targets).flatMap(([target, {statuses}]) => statuses.map((count, index): Sample => [{target, code_class: classes[index] ?? ''}, count])),
	},
	{name: 'proxy_mcp_requests_aborted_total', help: 'Requests whose client left before the reply was complete.', type: 'counter', labels: ['target'], read: eachCounter(({aborts}) => aborts)},
	{name: 'proxy_mcp_retries_total', help: 'Attempts that failed on this target and were made again on another one.', type: 'counter', labels: ['target'], read: eachCounter(({retries}) => retries)},
	{name: 'proxy_mcp_received_bytes_total', help: 'Body bytes from clients.', type: 'counter', labels: ['target'], read: eachCounter(({bytesIn}) => bytesIn)},
	{name: 'proxy_mcp_sent_bytes_total', help: 'Body bytes to clients.', type: 'counter', labels: ['target'], read: eachCounter(({bytesOut}) => bytesOut)},
	{name: 'proxy_mcp_requests_in_flight', help: 'Requests going on, as of the last second.', type: 'gauge', labels: ['target'], read: eachTarget(({traffic}) => traffic.inFlight)},
	{name: 'proxy_mcp_request_rate', help: 'Requests a second, over the last second.', type: 'gauge', labels: ['target'], read: eachTarget(({traffic}) => traffic.rate)},
	{name: 'proxy_mcp_client_connections', help: 'Client connections open now.', type: 'gauge', labels: [], read: one(({counters}) => counters.connections.reduce((sum, count) => sum + count, 0))},
	{
		name: 'proxy_mcp_worker_connections',
		help: 'Client connections open now by worker, where there are several; 0 is the daemon\'s own thread.',
		type: 'gauge',
		labels: ['worker'],
		read: ({counters: {connections}}) => connections.length > 1 ? connections.map((count, worker): Sample => [{worker: String(worker)}, count]) : [],
	},
	{name: 'proxy_mcp_serving', help: '1 when the active target can take traffic.', type: 'gauge', labels: [], read: one(({state}) => Number(isServing(state)))},
	{name: 'proxy_mcp_active', help: '1 for the active target, 0 for the others.', type: 'gauge', labels: ['target'], read: eachTarget(({target}, {active}) => Number(target.id === active))},
	{name: 'proxy_mcp_target_up', help: '1 when the target is up; 0 when down or not probed yet.', type: 'gauge', labels: ['target'], read: eachTarget(({health}) => Number(health.status === 'up'))},
	{
		name: 'proxy_mcp_target_state',
		help: '1 for the state the target is in: up, down, check (not probed yet), maint or drain.',
		type: 'gauge',
		labels: ['target', 'state'],
		read: ({state}) => Object.values(state.targets).map((row): Sample => [{target: row.target.id, state: stateWord(row).toLowerCase()}, 1]),
	},
	{name: 'proxy_mcp_target_priority', help: 'Priority of the target; lower is preferred.', type: 'gauge', labels: ['target'], read: eachTarget(({target}) => target.priority)},
	{name: 'proxy_mcp_probes_total', help: 'Active probes by target and result.', type: 'counter', labels: ['target', 'result'], read: ({probes}) => probes},
	{
		name: 'proxy_mcp_probe_duration_seconds',
		help: 'How long the last probe took, when it passed.',
		type: 'gauge',
		labels: ['target'],
		read: eachTarget(({probe}) => probe?.isPassed === true ? probe.ms / 1000 : undefined),
	},
	{name: 'proxy_mcp_switches_total', help: 'Changes of the active target by cause.', type: 'counter', labels: ['cause'], read: ({switches}) => switches},
	{
		name: 'proxy_mcp_calls_total',
		help: 'MCP requests by how they ended: ok, tool, rpc, time, net, gone; unseen: too many at once to look at each.',
		type: 'counter',
		labels: ['verdict'],
		read: ({calls}) => calls,
	},
	{
		name: 'proxy_mcp_sessions',
		help: 'Open MCP sessions by the target that holds their other end; an empty target: none yet.',
		type: 'gauge',
		labels: ['target'],
		read: ({state}) => sessionsByTarget(state),
	},
	{name: 'proxy_mcp_epoch', help: 'Number of the last switch of this run.', type: 'gauge', labels: [], read: one(({state}) => state.epoch)},
	{name: 'proxy_mcp_automatic', help: '1 when automatic failover is on.', type: 'gauge', labels: [], read: one(({state}) => Number(state.isAutomatic))},
	{name: 'proxy_mcp_settings_faults', help: 'Faults of the settings on disk; 0 when they are in force.', type: 'gauge', labels: [], read: one(({state}) => state.faults.length)},
	{name: 'proxy_mcp_log_records_dropped_total', help: 'Log records that could not be written (full disk).', type: 'counter', labels: [], read: one(({droppedRecords}) => droppedRecords)},
	{name: 'proxy_mcp_start_time_seconds', help: 'When the proxy started, seconds since 1970.', type: 'gauge', labels: [], read: one(({state}) => state.startedAt / 1000)},
	{name: 'proxy_mcp_build_info', help: 'Always 1; the versions are its labels.', type: 'gauge', labels: ['version', 'node'], read: ({version}) => [[{version, node: process.versions.node}, 1]]},
];
