import test from 'ava';
import {createBudget} from '../../source/proxy/budget.ts';
import {createMeter} from '../../source/proxy/meter.ts';

/** A meter whose clock is set by hand. */
const rig = () => {
	let clock = 0;
	const meter = createMeter(() => clock);
	return {
		meter,
		after(ms: number) {
			clock += ms;
			return meter.sample();
		},
	};
};

test('a sample tells the rate, the errors and the percentiles of the last seconds', t => {
	const {meter, after} = rig();
	const gauge = meter.gauge('a');
	for (let ms = 1; ms <= 100; ms++) {
		gauge.requests++;
		meter.time(gauge, ms);
	}

	gauge.errors += 25;
	gauge.bytesIn = 7;
	gauge.bytesOut = 9;
	gauge.inFlight = 2;
	const {a} = after(2000) ?? {};
	t.like(a, {requests: 100, errors: 25, bytesIn: 7, bytesOut: 9, inFlight: 2, rate: 50, errorRate: 0.25});
	for (const [value, exact] of [[a?.p50, 50], [a?.p95, 95], [a?.p99, 99]] as const) {
		t.true(Math.abs((value ?? 0) - exact) < exact * 0.06, `${value ?? 'none'} for ${exact}`);
	}
});

test('nothing is sampled while no figure changes', t => {
	const {meter, after} = rig();
	t.is(after(1000), undefined);
	const gauge = meter.gauge('a');
	t.is(after(1000), undefined, 'a target without traffic is no news');
	gauge.requests++;
	meter.time(gauge, 10);
	t.is(after(1000)?.a?.rate, 1);
	t.like(after(1000)?.a, {rate: 0, requests: 1});
	const later = Array.from({length: 6}, () => after(1000));
	t.is(later.filter(sample => sample !== undefined).length, 1, 'one more when the percentiles run out');
	t.is(later.find(sample => sample !== undefined)?.a?.p50, undefined);
});

test('extreme durations have their place', t => {
	const {meter, after} = rig();
	const gauge = meter.gauge('a');
	for (const ms of [0, 0.01, 1e9]) {
		meter.time(gauge, ms);
	}

	const {p50, p99} = after(1000)?.a ?? {};
	t.true((p50 ?? 1) < 0.06);
	t.true((p99 ?? 0) > 1e6);
});

test('the counters name each duration once, by its bounds', t => {
	const {meter} = rig();
	const gauge = meter.gauge('a');
	for (const ms of [0.5, 1, 1.1, 99_999]) {
		meter.time(gauge, ms);
	}

	const {targets, durationBounds} = meter.counters();
	const {durations = [], durationSum} = targets.a ?? {};
	t.is(durations.length, durationBounds.length + 1);
	t.deepEqual([durations[0], durations[1], durations.at(-1)], [2, 1, 1]);
	t.is(durationSum, 100_001.6);
	t.is(meter.gauge('a'), gauge);
});

test('replays are bounded: a hundred at first, then a fifth of the requests, and old requests count less and less', t => {
	const budget = createBudget();
	const spend = (): number => {
		let count = 0;
		while (budget.spend()) {
			count++;
		}

		return count;
	};

	t.is(spend(), 100);
	for (let count = 0; count < 1000; count++) {
		budget.earn();
	}

	t.is(spend(), 200);
	for (let count = 0; count < 300; count++) {
		budget.tick();
	}

	t.is(spend(), 100);
});
