import test from 'ava';
import {nextHealth, unknownHealth, type Health} from '../../source/core/health.ts';

const letters = {up: 'U', down: 'D', unknown: '?'} as const;

/** `+` and `-` are results; the answer is the status after each, as `U`, `D` or `?`. */
const run = (results: string, {rise = 2, fall = 3, start = unknownHealth}: {rise?: number; fall?: number; start?: Health} = {}): string => {
	let health = start;
	return [...results].map(result => {
		health = nextHealth(health, result === '+', {rise, fall});
		return letters[health.status];
	}).join('');
};

const cases: ReadonlyArray<[results: string, statuses: string, promise: string]> = [
	['+', 'U', 'one good probe brings a new target up'],
	['-', 'D', 'one bad probe takes a new target down'],
	['+--+--+', 'UUUUUUU', 'failures that are not in a row leave it up'],
	['+---', 'UUUD', 'the third failure in a row takes it down'],
	['-+', 'DD', 'one good probe does not bring a down target up'],
	['-++', 'DDU', 'two good probes in a row do'],
	['-+-++', 'DDDDU', 'a failure in between starts the count anew'],
];

for (const [results, statuses, promise] of cases) {
	test(`${promise} (${results})`, t => {
		t.is(run(results), statuses);
	});
}

test('rise and fall can be set', t => {
	t.is(run('+-+++', {rise: 3, fall: 1}), 'UDDDU');
});
