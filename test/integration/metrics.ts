import {readFileSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {defaultRules} from '../../source/core/rules.ts';
import type {Counters} from '../../source/http/counters.ts';
import {createMetrics, type Metrics} from '../../source/observe/metrics.ts';
import {processMetrics} from '../../source/observe/process.ts';
import {durationHelp, durationName, proxyMetrics} from '../../source/observe/table.ts';
import {createStore, type Store} from '../../source/store/store.ts';
import {target} from '../helpers/core.ts';

const counters: Counters = {
	connections: [3, 4],
	durationBounds: [1, 10, 100],
	targets: {
		a: {statuses: [0, 90, 0, 5, 2], aborts: 3, retries: 1, bytesIn: 1000, bytesOut: 2000, durations: [50, 40, 5, 2], durationSum: 1500},
		'': {statuses: [0, 0, 0, 0, 4], aborts: 0, retries: 0, bytesIn: 0, bytesOut: 0, durations: [0, 0, 0, 0], durationSum: 0},
	},
};

type Rig = Readonly<{metrics: Metrics; store: Store}>;

const start = (t: ExecutionContext, ids: readonly string[] = ['a', 'b']): Rig => {
	const store = createStore();
	const metrics = createMetrics({getState: store.getState, getCounters: () => counters, getDroppedRecords: () => 11, version: '1.2.3'});
	metrics.attach(store.subscribe);
	t.teardown(metrics.close);
	store.dispatch({type: 'configure', targets: ids.map((id, index) => target(id, index + 1)), rules: defaultRules, changes: []});
	return {metrics, store};
};

/** Samples of a Prometheus text by their whole left side; throws on a line that is none. */
const parse = (text: string): Map<string, number> => {
	const samples = new Map<string, number>();
	for (const line of text.split('\n')) {
		if (line === '' || /^# (?:HELP|TYPE) [a-z_]+ \S/v.test(line)) {
			continue;
		}

		const [, name, value] = /^([a-z_]+(?:\{(?:[a-z_]+="(?:[^"\\]|\\.)*",?)*\})?) (\S+)$/v.exec(line) ?? [];
		if (name === undefined || samples.has(name)) {
			throw new Error(`No sample, or one twice: ${line}`);
		}

		samples.set(name, Number(value));
	}

	return samples;
};

test('shows what the data plane counted', async t => {
	const samples = parse(await start(t).metrics.text());
	t.is(samples.get('proxy_mcp_requests_total{target="a",code_class="2xx"}'), 90);
	t.is(samples.get('proxy_mcp_requests_total{target="",code_class="5xx"}'), 4);
	t.is(samples.get('proxy_mcp_requests_aborted_total{target="a"}'), 3);
	t.is(samples.get('proxy_mcp_retries_total{target="a"}'), 1);
	t.is(samples.get('proxy_mcp_received_bytes_total{target="a"}'), 1000);
	t.is(samples.get('proxy_mcp_sent_bytes_total{target="a"}'), 2000);
	t.is(samples.get('proxy_mcp_client_connections'), 7);
	t.is(samples.get('proxy_mcp_worker_connections{worker="1"}'), 4);
	t.is(samples.get('proxy_mcp_log_records_dropped_total'), 11);
});

test('shows durations as a cumulative histogram in seconds', async t => {
	const samples = parse(await start(t).metrics.text());
	const buckets = ['0.001', '0.01', '0.1', '+Inf'].map(bound => samples.get(`${durationName}_bucket{target="a",le="${bound}"}`));
	t.deepEqual(buckets, [50, 90, 95, 97]);
	t.is(samples.get(`${durationName}_count{target="a"}`), 97);
	t.is(samples.get(`${durationName}_sum{target="a"}`), 1.5);
});

test('follows a failover: health, the active target, the switch by its cause', async t => {
	const {metrics, store} = start(t);
	store.dispatch({type: 'passed', id: 'a', ms: 40, isPassive: false});
	store.dispatch({type: 'passed', id: 'b', ms: 20, isPassive: false});
	const before = parse(await metrics.text());
	t.is(before.get('proxy_mcp_active{target="a"}'), 1);
	t.is(before.get('proxy_mcp_target_up{target="a"}'), 1);
	t.is(before.get('proxy_mcp_switches_total{cause="failover"}'), 0);

	for (let probe = 0; probe < 3; probe++) {
		store.dispatch({type: 'failed', id: 'a', code: 'ECONNREFUSED', message: 'connection refused', isPassive: false});
	}

	const after = parse(await metrics.text());
	t.is(after.get('proxy_mcp_active{target="a"}'), 0);
	t.is(after.get('proxy_mcp_active{target="b"}'), 1);
	t.is(after.get('proxy_mcp_target_up{target="a"}'), 0);
	t.is(after.get('proxy_mcp_target_state{target="a",state="down"}'), 1);
	t.false(after.has('proxy_mcp_target_state{target="a",state="up"}'));
	t.is(after.get('proxy_mcp_switches_total{cause="failover"}'), 1);
	t.is(after.get('proxy_mcp_probes_total{target="a",result="failed"}'), 3);
	t.is(after.get('proxy_mcp_probe_duration_seconds{target="b"}'), 0.02);
	t.is(after.get('proxy_mcp_serving'), 1);
	t.is(after.get('proxy_mcp_epoch'), store.getState().epoch);
});

test('follows what an operator chose', async t => {
	const {metrics, store} = start(t);
	store.dispatch({type: 'admin', id: 'b', admin: 'maintenance'});
	store.dispatch({type: 'automatic', isAutomatic: false});
	store.dispatch({type: 'refuse', faults: ['x', 'y']});
	const samples = parse(await metrics.text());
	t.is(samples.get('proxy_mcp_target_state{target="b",state="maint"}'), 1);
	t.is(samples.get('proxy_mcp_automatic'), 0);
	t.is(samples.get('proxy_mcp_settings_faults'), 2);
});

test('forgets a target that was taken away', async t => {
	const {metrics, store} = start(t);
	store.dispatch({type: 'configure', targets: [target('a')], rules: defaultRules, changes: []});
	const text = await metrics.text();
	t.false(text.includes('target="b"'));
});

test('names no target in a way that breaks the text', async t => {
	const id = 'a"} 1\n\\b';
	const {metrics} = start(t, [id]);
	t.is(parse(await metrics.text()).get(String.raw`proxy_mcp_active{target="a\"} 1\n\\b"}`), 1);
});

test('shows the process', async t => {
	const samples = parse(await start(t).metrics.text());
	t.true((samples.get('process_cpu_user_seconds_total') ?? 0) > 0);
	t.true((samples.get('process_resident_memory_bytes') ?? 0) > 10_000_000);
	t.true((samples.get('nodejs_eventloop_lag_seconds') ?? -1) >= 0);
	t.is(samples.get(`proxy_mcp_build_info{version="1.2.3",node="${process.versions.node}"}`), 1);
});

test('answers many at once with whole numbers', async t => {
	const {metrics} = start(t);
	const texts = await Promise.all(Array.from({length: 20}, async () => metrics.text()));
	for (const text of texts) {
		t.is(parse(text).get('proxy_mcp_requests_total{target="a",code_class="2xx"}'), 90);
	}
});

test('shows the same numbers as JSON', async t => {
	const {metrics} = start(t);
	const samples = parse(await metrics.text());
	const document = await metrics.json();
	t.is(document.schema, 'pmcp.metrics/v1');
	t.deepEqual(JSON.parse(JSON.stringify(document)), document);
	let compared = 0;
	for (const [name, {values}] of Object.entries(document.metrics)) {
		for (const {labels, value} of values) {
			const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`).join(',');
			const sample = samples.get(pairs === '' ? name : `${name}{${pairs}}`);
			// The process goes on between the two looks.
			t.is(name.startsWith('proxy_mcp_') ? sample : typeof sample, name.startsWith('proxy_mcp_') ? value : 'number', name);
			compared++;
		}
	}

	t.is(compared, samples.size);
});

test('two proxies in one process keep their numbers apart', async t => {
	const [first, second] = [start(t), start(t)];
	first.store.dispatch({type: 'switch', id: 'b'});
	t.is(parse(await first.metrics.text()).get('proxy_mcp_switches_total{cause="manual"}'), 1);
	t.is(parse(await second.metrics.text()).get('proxy_mcp_switches_total{cause="manual"}'), 0);
});

test('stops counting when it is closed', async t => {
	const {metrics, store} = start(t);
	metrics.close();
	store.dispatch({type: 'switch', id: 'b'});
	t.is(parse(await metrics.text()).get('proxy_mcp_switches_total{cause="manual"}'), 0);
});

test('docs/metrics.md holds every metric, and no other', t => {
	const rows = [
		...proxyMetrics,
		{name: durationName, type: 'histogram', labels: ['target', 'le'], help: durationHelp},
		...processMetrics,
	].map(({name, type, labels, help}) => `| \`${name}\` | ${type} | ${labels.map(label => `\`${label}\``).join(', ')} | ${help} |`);
	const documented = readFileSync('docs/metrics.md', 'utf8').split('\n').filter(line => line.startsWith('| `'));
	t.deepEqual(documented, rows);
});
