import type {McpCall} from '../core/call.ts';
import {type TargetId, type Traffic, noTraffic} from '../core/target.ts';
import type {Counters, TargetCounters} from '../http/counters.ts';

/** Upper bounds in milliseconds, as Prometheus wants them. */
const bounds: readonly number[] = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000];

/*
For percentiles: eight buckets to each doubling, from 50 µs to over an hour, so that a figure is at most 5 % off. One such row
a second, the last five count.
*/
const smallest = 0.05;
const perDoubling = 8;
const width = 224;
const seconds = 5;

const bucketOf = (ms: number): number => ms <= smallest ? 0 : Math.min(width - 1, Math.ceil(Math.log2(ms / smallest) * perDoubling));
const middleOf = (bucket: number): number => smallest * (2 ** ((bucket - 0.5) / perDoubling));

/** The counts of one target; plain numbers, so that counting a request allocates nothing. */
export type Gauge = {
	inFlight: number;
	requests: number;
	/** Attempts that failed, and answers of 500 and above. */
	errors: number;
	retries: number;
	aborts: number;
	bytesIn: number;
	bytesOut: number;
	durationSum: number;
	readonly statuses: Float64Array;
	readonly durations: Float64Array;
	readonly recent: Uint32Array;
	/** As they were at the last sample. */
	sampledRequests: number;
	sampledErrors: number;
};

const newGauge = (): Gauge => ({
	inFlight: 0,
	requests: 0,
	errors: 0,
	retries: 0,
	aborts: 0,
	bytesIn: 0,
	bytesOut: 0,
	durationSum: 0,
	statuses: new Float64Array(5),
	durations: new Float64Array(bounds.length + 1),
	recent: new Uint32Array(seconds * width),
	sampledRequests: 0,
	sampledErrors: 0,
});

/** The value below which `share` of the recent ones lie; undefined when there are none. */
const percentiles = ({recent}: Gauge, shares: readonly number[]): ReadonlyArray<number | undefined> => {
	const sums = new Float64Array(width);
	let count = 0;
	for (const [index, value] of recent.entries()) {
		if (value > 0) {
			sums[index % width] = (sums[index % width] ?? 0) + value;
			count += value;
		}
	}

	return shares.map(share => {
		let left = count * share;
		for (const [bucket, value] of sums.entries()) {
			left -= value;
			if (value > 0 && left <= 0) {
				return Number(middleOf(bucket).toPrecision(3));
			}
		}

		return undefined;
	});
};

const isSame = (a: Traffic, b: Traffic): boolean => {
	const others = new Map(Object.entries(b));
	return Object.entries(a).every(([key, value]) => others.get(key) === value);
};

const countersOf = ({statuses, aborts, retries, bytesIn, bytesOut, durations, durationSum}: Gauge): TargetCounters => {
	const [one = 0, two = 0, three = 0, four = 0, five = 0] = statuses;
	return {statuses: [one, two, three, four, five], aborts, retries, bytesIn, bytesOut, durations: [...durations], durationSum};
};

/** What another thread has counted for one target since it last told. Plain data. */
export type Tally = Readonly<Omit<Gauge, 'sampledRequests' | 'sampledErrors'> & {id: TargetId}>;

const addAll = (sums: Float64Array | Uint32Array, values: Float64Array | Uint32Array, from = 0): void => {
	for (const [index, value] of values.entries()) {
		sums[from + index] = (sums[from + index] ?? 0) + value;
	}
};

/** Takes out what has been counted; the gauge begins anew, but for what is in flight. */
const takeOut = (id: TargetId, gauge: Gauge): Tally => {
	const {inFlight, requests, errors, retries, aborts, bytesIn, bytesOut, durationSum, statuses, durations, recent} = gauge;
	const tally: Tally = {
		id, inFlight, requests, errors, retries, aborts, bytesIn, bytesOut, durationSum,
		statuses: new Float64Array(statuses),
		durations: new Float64Array(durations),
		recent: recent.slice(0, width), // Nobody turns the rows of a meter that tells another one.
	};
	Object.assign(gauge, {requests: 0, errors: 0, retries: 0, aborts: 0, bytesIn: 0, bytesOut: 0, durationSum: 0});
	for (const row of [statuses, durations, recent]) {
		row.fill(0);
	}

	return tally;
};

/** Anything but what is in flight. */
const isEmpty = ({requests, errors, retries, bytesIn, bytesOut, statuses, durations}: Gauge): boolean => requests + errors + retries + bytesIn + bytesOut === 0
	&& [...statuses, ...durations].every(count => count === 0);

export type Meter = Readonly<{
	/** The counts of a target; `''` for what the proxy answered without any. Keep it as long as the request lasts. */
	gauge: (id: TargetId) => Gauge;
	/** A response head came after `ms`. */
	time: (gauge: Gauge, ms: number) => void;
	/** A call that went another way, over: MCP's sessions reach their targets by themselves. */
	count: (call: McpCall) => void;
	/** Traffic since the last sample; undefined when no figure is another than then. `elsewhere`: what is in flight another way, by target. */
	sample: (elsewhere?: ReadonlyMap<TargetId, number>) => Readonly<Record<TargetId, Traffic>> | undefined;
	counters: () => Omit<Counters, 'connections'>;
	/** Takes out what has been counted, for another thread's meter. What is in flight stays, and is told each time it changed. */
	takeOut: () => Tally[];
	/** Adds what another thread has counted. What is in flight there is not added: it is no sum. */
	add: (tally: Tally) => void;
}>;

/** Counts what the proxy carries. */
export const createMeter = (now: () => number = () => performance.now()): Meter => {
	const gauges = new Map<TargetId, Gauge>();
	let last: Readonly<Record<TargetId, Traffic>> = {};
	let sampledAt = now();
	let row = 0;
	const toldInFlight = new Map<TargetId, number>();

	const trafficOf = (gauge: Gauge, elapsed: number, elsewhere: number): Traffic => {
		const {requests, errors, bytesIn, bytesOut} = gauge;
		const inFlight = gauge.inFlight + elsewhere;
		const fresh = requests - gauge.sampledRequests;
		const failed = errors - gauge.sampledErrors;
		gauge.sampledRequests = requests;
		gauge.sampledErrors = errors;
		const [p50, p95, p99] = percentiles(gauge, [0.5, 0.95, 0.99]);
		return {
			requests, errors, bytesIn, bytesOut, inFlight, p50, p95, p99,
			rate: Math.round(fresh / elapsed * 10_000) / 10,
			errorRate: fresh === 0 ? undefined : Math.min(1, failed / fresh),
		};
	};

	return {
		gauge(id) {
			let gauge = gauges.get(id);
			if (!gauge) {
				gauge = newGauge();
				gauges.set(id, gauge);
			}

			return gauge;
		},
		time(gauge, ms) {
			gauge.durationSum += ms;
			const recent = (row * width) + bucketOf(ms);
			gauge.recent[recent] = (gauge.recent[recent] ?? 0) + 1;
			let bound = 0;
			while (bound < bounds.length && ms > (bounds[bound] ?? 0)) {
				bound++;
			}

			gauge.durations[bound] = (gauge.durations[bound] ?? 0) + 1;
		},
		count({target = '', verdict, ms, bytesIn, bytesOut, attempts}) {
			const gauge = this.gauge(target);
			const isAnswered = verdict === 'ok' || verdict === 'tool' || verdict === 'rpc';
			const row = isAnswered ? 1 : 4;
			gauge.requests++;
			gauge.bytesIn += bytesIn;
			gauge.bytesOut += bytesOut;
			gauge.retries += Math.max(0, attempts - 1);
			if (verdict === 'gone') {
				gauge.aborts++;
				return;
			}

			gauge.errors += isAnswered ? 0 : 1;
			gauge.statuses[row] = (gauge.statuses[row] ?? 0) + 1;
			if (isAnswered) {
				this.time(gauge, ms);
			}
		},
		sample(elsewhere = new Map()) {
			const elapsed = Math.max(1, now() - sampledAt);
			sampledAt += elapsed;
			const next = Object.fromEntries([...gauges].filter(([id]) => id !== '').map(([id, gauge]) => [id, trafficOf(gauge, elapsed, elsewhere.get(id) ?? 0)]));
			row = (row + 1) % seconds;
			for (const {recent} of gauges.values()) {
				recent.fill(0, row * width, (row + 1) * width);
			}

			const before = last;
			last = next;
			return Object.entries(next).every(([id, traffic]) => isSame(traffic, before[id] ?? noTraffic)) ? undefined : next;
		},
		counters: () => ({
			targets: Object.fromEntries([...gauges].map(([id, gauge]) => [id, countersOf(gauge)])),
			durationBounds: bounds,
		}),
		takeOut() {
			const fresh = [...gauges].filter(([id, gauge]) => gauge.inFlight !== (toldInFlight.get(id) ?? 0) || !isEmpty(gauge));
			return fresh.map(([id, gauge]) => {
				toldInFlight.set(id, gauge.inFlight);
				return takeOut(id, gauge);
			});
		},
		add({id, statuses, durations, recent, inFlight: _inFlight, ...counts}) {
			const gauge = this.gauge(id);
			for (const [name, count] of Object.entries(counts) as Array<[keyof typeof counts, number]>) { // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- the keys of a type without others
				gauge[name] += count;
			}

			addAll(gauge.statuses, statuses);
			addAll(gauge.durations, durations);
			addAll(gauge.recent, recent, row * width);
		},
	};
};
