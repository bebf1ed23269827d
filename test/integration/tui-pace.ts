import {performance} from 'node:perf_hooks';
import {setImmediate as turn} from 'node:timers/promises';
import test from 'ava';
import {createPulse, untilAgeStep} from '../../source/tui/pulse.ts';
import {carry, createProxy, openTui} from '../helpers/screen.ts';

test.serial('draws at most four frames a second under a thousand events a second', async t => {
	const {store, client} = createProxy();
	const tui = await openTui(t, {client});
	await tui.settle();
	tui.forget();
	const start = performance.now();
	let events = 0;
	while (performance.now() - start < 3000) {
		// As many as are due by now, each of them visible.
		for (; events < performance.now() - start; events++) {
			carry(store, {alpha: {rate: events % 97, requests: events, inFlight: events % 7, p50: events % 50, p95: events % 80, p99: events % 99}});
		}

		await turn(); // eslint-disable-line no-await-in-loop
	}

	const seconds = (performance.now() - start) / 1000;
	t.true(events > 2500, `${events} events`);
	t.true(tui.frames() <= Math.ceil(seconds * 4) + 1, `${tui.frames()} frames in ${seconds} s`);
	t.true(tui.frames() >= 4, `${tui.frames()} frames`);
	t.true(tui.raw().length / seconds <= 6 * 1024, `${Math.round(tui.raw().length / seconds)} bytes a second`);
});

test.serial('draws at most four frames a second however much others write to the terminal', async t => {
	const {client} = createProxy();
	const tui = await openTui(t, {client});
	await tui.settle();
	tui.forget();
	const start = performance.now();
	let lines = 0;
	while (performance.now() - start < 1500) {
		for (; lines < performance.now() - start; lines++) {
			tui.stdout.write(`line ${lines}\n`);
		}

		await turn(); // eslint-disable-line no-await-in-loop
	}

	t.true(tui.frames() >= 2 && tui.frames() <= 7, `${tui.frames()} frames for ${lines} lines`);
	await tui.shows(new RegExp(`notice +line ${lines - 1}`, 'v'));
});

test.serial('draws nothing when nothing visible changes', async t => {
	const {store, client} = createProxy();
	// Ages step, so the clock stands still: everything is an hour old.
	const now = Date.now() + 3_600_000;
	const tui = await openTui(t, {client, io: {clock: () => now}});
	await tui.settle();
	tui.forget();
	const start = performance.now();
	let round = 0;
	while (performance.now() - start < 2000) {
		carry(store, {alpha: {bytesIn: round++}}); // Changes the state, but nothing that is on this page.
		await turn(); // eslint-disable-line no-await-in-loop
	}

	t.is(tui.raw(), '');
});

test.serial('answers a key at once, without waiting for the next picture', async t => {
	const {client} = createProxy();
	const tui = await openTui(t, {client});
	const start = performance.now();
	for (const key of ['j', 'k', 'j', 'k', 'j', 'k', 'j', 'k', 'j', 'k']) {
		tui.forget();
		await tui.press(key); // eslint-disable-line no-await-in-loop
		await tui.until(() => tui.frames() > 0, 'answered'); // eslint-disable-line no-await-in-loop
	}

	t.true((performance.now() - start) / 10 < 150, `${(performance.now() - start) / 10} ms a key`);
});

test.serial('holds the picture while it is frozen, counts what is missed, and catches up', async t => {
	const {store, client} = createProxy();
	const tui = await openTui(t, {client});
	await tui.press('p');
	await tui.shows(/\[PAUSED \+0\]/v);
	store.dispatch({type: 'switch', id: 'beta'});
	await tui.shows(/\[PAUSED \+1\]/v);
	t.regex(tui.lines()[0] ?? '', /● alpha/v);
	await tui.press('p');
	await tui.shows(/● beta ✔ UP.*\[LIVE\]/v);
});

test('ages step at 2, 5, 10 and 30 seconds, then each minute', t => {
	t.is(untilAgeStep(0), 2000);
	t.is(untilAgeStep(2000), 3000);
	t.is(untilAgeStep(9999), 1);
	t.is(untilAgeStep(31_000), 29_000);
	t.is(untilAgeStep(60_000), 60_000);
	t.is(untilAgeStep(150_000), 30_000);
});

test('publishes the first change at once and the rest together', async t => {
	const {store, client} = createProxy();
	t.teardown(client.close);
	let now = 1_000_000;
	const pulse = createPulse(client, () => now);
	t.teardown(pulse.close);
	const seen: Array<string | undefined> = [];
	pulse.subscribe(() => {
		seen.push(pulse.get().state.active);
	});
	now += 1000;
	store.dispatch({type: 'switch', id: 'beta'});
	await turn();
	await turn();
	t.deepEqual(seen, ['beta']);
	store.dispatch({type: 'switch', id: 'alpha'});
	store.dispatch({type: 'switch', id: 'beta'});
	store.dispatch({type: 'switch', id: 'alpha'});
	await turn();
	await turn();
	t.deepEqual(seen, ['beta'], 'the pace holds');
	pulse.flush();
	t.deepEqual(seen, ['beta', 'alpha'], 'a key sees the newest');
});
