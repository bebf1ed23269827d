import test from 'ava';
import fc from 'fast-check';
import {createWheel, newAlarm} from '../../source/upstream/wheel.ts';
import {until} from '../helpers/until.ts';

test('an alarm rings once, not before its time, and soon after it', async t => {
	const wheel = createWheel();
	const began = performance.now();
	const rung: number[] = [];
	for (const ms of [10, 120, 300]) {
		wheel.set(newAlarm(() => {
			rung.push(ms);
			t.true(performance.now() - began >= ms);
		}), ms);
	}

	await until('all to ring', () => rung.length === 3);
	t.deepEqual(rung, [10, 120, 300]);
	t.is(wheel.size(), 0);
});

test('an alarm that is put off rings later, one that is cleared or dropped never', async t => {
	const wheel = createWheel();
	const rung: string[] = [];
	const [late, cleared, dropped, last] = ['late', 'cleared', 'dropped', 'last'].map(name => newAlarm(() => {
		rung.push(name);
	}));
	t.truthy(late && cleared && dropped && last);
	wheel.set(late!, 50);
	wheel.set(cleared!, 50);
	wheel.set(dropped!, 50);
	wheel.set(late!, 300);
	wheel.clear(cleared!);
	wheel.drop(dropped!);
	wheel.set(last!, 600);
	wheel.set(last!, 450);
	await until('the last', () => rung.includes('last'));
	t.deepEqual(rung, ['late', 'last']);
	t.is(wheel.size(), 0);
});

test('whatever is set, put off and brought forward, each alarm rings at its last time, and times beyond a whole turn too', async t => {
	const steps = fc.array(fc.record({alarm: fc.nat({max: 4}), ms: fc.integer({min: 0, max: 120_000}), pass: fc.nat({max: 70_000})}), {minLength: 1, maxLength: 30});
	await fc.assert(fc.asyncProperty(steps, async list => {
		let clock = 0;
		const wheel = createWheel(() => clock);
		const due = new Map<number, number>();
		const alarms = Array.from({length: 5}, (_, index) => newAlarm(() => {
			const at = due.get(index) ?? Number.NaN;
			due.delete(index);
			t.true(clock >= at, `${clock} before ${at}`);
		}));
		for (const {alarm, ms, pass} of list) {
			wheel.set(alarms[alarm]!, ms);
			due.delete(alarm);
			if (ms > 0) {
				due.set(alarm, clock + ms);
			}

			clock += pass;
			wheel.turn();
			for (const at of due.values()) {
				t.true(clock < at + 150, `${clock} long after ${at}`);
			}
		}

		for (const alarm of alarms) {
			wheel.drop(alarm);
		}

		wheel.turn();
		t.is(wheel.size(), 0);
	}));
});
