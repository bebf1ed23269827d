import {Counter, Gauge, Histogram, Registry} from 'prom-client';
import type {Counters, TargetCounters} from '../http/counters.ts';
import {processMetrics} from './process.ts';
import {durationHelp, durationName, proxyMetrics, type Metric, type Source} from './table.ts';

/** A metric of the table in prom-client's form: its values are set anew each time it is read. */
const toCollector = ({type, name, help, labels, read}: Metric, getSource: () => Source): Counter | Gauge => {
	const options = {name, help, labelNames: labels, registers: []};
	return type === 'counter'
		? new Counter({
			...options,
			async collect() {
				const samples = await read(getSource());
				this.reset();
				for (const [labels, value] of samples) {
					this.inc(labels, value);
				}
			},
		})
		: new Gauge({
			...options,
			async collect() {
				const samples = await read(getSource());
				this.reset();
				for (const [labels, value] of samples) {
					this.set(labels, value);
				}
			},
		});
};

type HistogramValue = {metricName: string; labels: Record<string, string | number | undefined>; value: number};

const histogramValues = (target: string, {durations, durationSum}: TargetCounters, bounds: readonly number[]): HistogramValue[] => {
	let count = 0;
	const buckets = durations.map((inBucket, index): HistogramValue => {
		count += inBucket;
		const bound = bounds[index];
		return {metricName: `${durationName}_bucket`, labels: {target, le: bound === undefined ? '+Inf' : bound / 1000}, value: count};
	});
	return [
		...buckets,
		{metricName: `${durationName}_sum`, labels: {target}, value: durationSum / 1000},
		{metricName: `${durationName}_count`, labels: {target}, value: count},
	];
};

/** A histogram of times that the data plane has sorted into buckets already; prom-client itself can only take them one by one. */
const registerDurations = (registry: Registry, getCounters: () => Counters): void => {
	const create = (): Histogram => new Histogram({name: durationName, help: durationHelp, labelNames: ['target'], registers: []});
	const empty = create();
	const get: Histogram['get'] = async () => {
		const {targets, durationBounds} = getCounters();
		return {...await empty.get(), values: Object.entries(targets).flatMap(([target, row]) => histogramValues(target, row, durationBounds))};
	};

	registry.registerMetric(Object.assign(create(), {get, getForPromString: get}));
};

/** All metrics in prom-client's form. */
export const createRegistry = (getSource: () => Source, getCounters: () => Counters): Registry => {
	const registry = new Registry();
	for (const metric of [...proxyMetrics, ...processMetrics]) {
		registry.registerMetric(toCollector(metric, getSource));
	}

	registerDurations(registry, getCounters);
	return registry;
};
