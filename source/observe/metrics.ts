import type {Registry} from 'prom-client';
import {verdicts, type Verdict} from '../core/call.ts';
import type {Stamped} from '../core/event.ts';
import type {Cause} from '../core/rules.ts';
import type {State} from '../core/state.ts';
import type {Counters} from '../http/counters.ts';
import type {Sample, Source} from './table.ts';

type Listener = (stamped: Stamped) => void;

export type MetricsOptions = Readonly<{
	getState: () => State;
	getCounters: () => Counters;
	/** Log records that found no room (`Log.getDropped`). */
	getDroppedRecords: () => number;
	version: string;
}>;

/** The counters for machines, read when someone asks; nothing here is touched by a request. */
export type Metrics = Readonly<{
	/** Count switches and probes from a stream of events (`store.subscribe`), until `close`. */
	attach: (subscribe: (listener: Listener) => () => void) => void;
	/** Prometheus text. */
	text: () => Promise<string>;
	/** The same numbers as one JSON object. */
	json: () => Promise<MetricsDocument>;
	close: () => void;
}>;

/** `GET /api/proxy/metrics`. Keys of `metrics` are the sample names of the Prometheus text. */
type MetricsDocument = Readonly<{
	schema: 'pmcp.metrics/v1';
	generatedAt: string;
	metrics: Readonly<Record<string, Readonly<{help: string; values: ReadonlyArray<Readonly<{labels: Readonly<Record<string, string | number | undefined>>; value: number}>>}>>>;
}>;

const causes: readonly Cause[] = ['failover', 'manual', 'failback', 'lockfile', 'startup'];

const toDocument = async (registry: Registry): Promise<MetricsDocument> => {
	const metrics: Record<string, {help: string; values: Array<{labels: Record<string, string | number | undefined>; value: number}>}> = {};
	for (const {name, help, values} of await registry.getMetricsAsJSON()) {
		if (values.length === 0) {
			metrics[name] = {help, values: []};
		}

		for (const sample of values) {
			const key = 'metricName' in sample ? String(sample.metricName) : name;
			metrics[key] ??= {help, values: []};
			metrics[key].values.push({labels: {...sample.labels}, value: sample.value});
		}
	}

	return {schema: 'pmcp.metrics/v1', generatedAt: new Date().toISOString(), metrics};
};

export const createMetrics = ({getState, getCounters, getDroppedRecords, version}: MetricsOptions): Metrics => {
	const switches = new Map(causes.map(cause => [cause, 0]));
	const probes = new Map<string, {passed: number; failed: number}>();
	const calls = new Map<Verdict | 'unseen', number>([...verdicts, 'unseen' as const].map(verdict => [verdict, 0]));
	const unsubscribes: Array<() => void> = [];

	const getSource = (): Source => ({
		state: getState(),
		counters: getCounters(),
		switches: [...switches].map(([cause, count]) => [{cause}, count]),
		probes: [...probes].flatMap(([target, {passed, failed}]): Sample[] => [[{target, result: 'passed'}, passed], [{target, result: 'failed'}, failed]]),
		calls: [...calls].map(([verdict, count]) => [{verdict}, count]),
		droppedRecords: getDroppedRecords(),
		version,
	});

	const add = <Key>(map: Map<Key, number>, key: Key, more = 1): void => {
		map.set(key, (map.get(key) ?? 0) + more);
	};

	const countCalls = ({calls: over, dropped}: Extract<Stamped['event'], {type: 'mcp.called'}>): void => {
		add(calls, 'unseen', dropped);
		for (const {verdict} of over) {
			add(calls, verdict);
		}
	};

	const count = ({event}: Stamped): void => {
		if (event.type === 'mcp.called') {
			countCalls(event);
		}

		if (event.type === 'active.switched') {
			add(switches, event.cause);
		} else if (event.type === 'probe.passed' || event.type === 'probe.failed') {
			const {passed, failed} = probes.get(event.id) ?? {passed: 0, failed: 0};
			probes.set(event.id, event.type === 'probe.passed' ? {passed: passed + 1, failed} : {passed, failed: failed + 1});
		}
	};

	let registry: Promise<Registry> | undefined;

	// Loaded by the first who asks: many never do, and it takes ten megabytes.
	const getRegistry = async (): Promise<Registry> => {
		registry ??= import('./registry.ts').then(({createRegistry}) => createRegistry(getSource, getCounters));
		return registry;
	};

	return {
		attach(subscribe) {
			unsubscribes.push(subscribe(count));
		},
		async text() {
			const all = await getRegistry();
			return all.metrics();
		},
		json: async () => toDocument(await getRegistry()),
		close() {
			for (const unsubscribe of unsubscribes.splice(0)) {
				unsubscribe();
			}
		},
	};
};
