import test from 'ava';
import {formatAge, formatDuration, parseDuration} from '../../source/core/duration.ts';

test('reads durations with a unit, bare milliseconds, and nothing else', t => {
	const cases: ReadonlyArray<[text: string, ms: number | undefined]> = [
		['300ms', 300],
		['2s', 2000],
		['1.5m', 90_000],
		['1h', 3_600_000],
		['1d', 86_400_000],
		['250', 250],
		[' 5 s ', 5000],
		['', undefined],
		['s', undefined],
		['-1s', undefined],
		['1y', undefined],
		['1s2', undefined],
		['0x10', undefined],
	];
	for (const [text, ms] of cases) {
		t.is(parseDuration(text), ms, text);
	}
});

test('shows durations in at most six characters', t => {
	const cases: ReadonlyArray<[ms: number, text: string]> = [
		[-3, '0ms'],
		[4, '4ms'],
		[999.4, '999ms'],
		[1000, '1.00s'],
		[1900, '1.90s'],
		[41_000, '41s'],
		[60_000, '1m'],
		[3_599_000, '59m'],
		[8_040_000, '2h14m'],
		[86_400_000, '1d0h'],
		[273_600_000, '3d4h'],
	];
	for (const [ms, text] of cases) {
		t.is(formatDuration(ms), text);
	}
});

test('ages step, so that a screen seldom changes', t => {
	const cases: ReadonlyArray<[ms: number, text: string]> = [
		[0, 'now'], [1999, 'now'], [2000, '2s'], [4999, '2s'], [5000, '5s'], [10_000, '10s'], [59_000, '30s'], [60_000, '1m'], [7_200_000, '2h00m'],
	];
	for (const [ms, text] of cases) {
		t.is(formatAge(ms), text);
	}
});
