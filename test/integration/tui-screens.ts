import test from 'ava';
import stringWidth from 'string-width';
import {carry, createProxy, fail, openTui, target} from '../helpers/screen.ts';

const six = [target('alpha', 1), target('beta', 2), target('gamma', 3), target('delta', 4), target('epsilon', 5), target('zeta', 6)];

test.serial('answers who gets the traffic, how well and how much in the first line, at 120×36', async t => {
	const {store, client} = createProxy(six);
	carry(store, {alpha: {rate: 12.4, errorRate: 0.002, inFlight: 3, p50: 38, p95: 84, p99: 310, requests: 41_203}});
	const tui = await openTui(t, {client});
	const text = await tui.shows(/12\.4 req\/s/v);
	const [first = '', second = '', third = '', heads = '', row = ''] = text.split('\n');
	t.regex(first, /pmcp +localhost:4000 +→ +● alpha ✔ UP +\(auto-failover on\) .*12\.4 req\/s +err 0\.2% +3 in flight .*\[LIVE\]/v);
	t.regex(second, /\[1 Targets\] .*sort # ▲ +6 targets/v);
	t.is(third, '─'.repeat(120));
	t.regex(heads, /# +NAME +STATE +PROBE +P50 +P95 +REQ\/S +ERR% +FLIGHT +LAST PROBES +CHECKED +ENDPOINT/v);
	t.regex(row, /> ●1 alpha +✔ UP +12ms +38ms +84ms +12\.4 +0\.2 +3 +·+▂ +\S+ +http:\/\/127/v);
	t.regex(text, /── alpha ─+\n State +✔ UP/v);
	t.regex(text, /── events ─/v);
	t.regex(tui.lines()[35] ?? '', /↑↓ select +enter detail +s switch .*\? help +q quit/v);
});

for (const {columns, rows, must} of [
	{columns: 120, rows: 36, must: [/ENDPOINT/v, /State .*Endpoint/v, /events/v]},
	{columns: 80, rows: 24, must: [/LAST PROBES +CHECKED/v, /\n State +✔ UP/v, /events/v]},
	{columns: 60, rows: 15, must: [/REQ\/S/v, /6 zeta/v, /events/v]},
	{columns: 40, rows: 10, must: [/● alpha/v, /req\/s/v, /✔ UP {2}zeta/v]},
	{columns: 20, rows: 5, must: [/alpha/v]},
]) {
	test.serial(`fills exactly ${columns}×${rows} and keeps what matters`, async t => {
		const {client} = createProxy(six);
		const tui = await openTui(t, {client, size: {columns, rows}, ready: /alpha/v});
		const text = tui.text();
		for (const pattern of must) {
			t.regex(text, pattern);
		}

		t.is(tui.terminal.buffer.active.length, rows, 'nothing scrolled');
		t.true(tui.lines().every(line => stringWidth(line) <= columns));
		t.is(tui.terminal.buffer.active.type, 'alternate');
	});
}

test.serial('keeps the columns aligned under a wide name', async t => {
	const {client} = createProxy([target('alpha', 1), target('試験機', 2), target('e\u0301tude', 3)]);
	const tui = await openTui(t, {client, size: {columns: 80, rows: 24}});
	await tui.shows(/試験機/v);
	const places = tui.lines().slice(4, 7).map(line => stringWidth(line.slice(0, line.indexOf('✔'))));
	t.deepEqual(places, [places[0], places[0], places[0]]);
	const dashes = tui.lines().slice(4, 7).map(line => stringWidth(line.slice(0, line.indexOf('12ms'))));
	t.is(new Set(dashes).size, 1);
});

test.serial('shows the next step when there is no target', async t => {
	const {client} = createProxy([]);
	const tui = await openTui(t, {client, size: {columns: 80, rows: 24}});
	const text = await tui.shows(/No targets yet/v);
	t.regex(text, /● none|✖ none/v);
	t.regex(text, /503/v);
	t.regex(text, /pmcp config path/v);
	t.notRegex(text, /s switch/v);
});

test.serial('says since when all targets are down, what clients get, and what to do about each', async t => {
	const {store, client} = createProxy();
	fail(store, 'alpha');
	fail(store, 'beta', {message: 'connect ECONNREFUSED 127.0.0.1:3002'});
	const tui = await openTui(t, {client, size: {columns: 80, rows: 24}});
	const text = await tui.shows(/ALL TARGETS DOWN/v);
	t.regex(text, /clients get HTTP 503, Retry-After: 5/v);
	t.regex(text, /alpha +http:\/\/127\.0\.0\.1:3001 +ECONNREFUSED 127\.0\.0\.1:3001 +→ start it/v);
	t.regex(text, /beta +http:\/\/127\.0\.0\.1:3002 +ECONNREFUSED/v);
	t.regex(text, /c +check all now/v);
	store.dispatch({type: 'passed', id: 'beta', ms: 3, isPassive: false});
	store.dispatch({type: 'passed', id: 'beta', ms: 3, isPassive: false});
	await tui.lacks(/ALL TARGETS DOWN/v);
});

test.serial('shows refused settings until they are mended', async t => {
	const {store, client} = createProxy();
	store.dispatch({type: 'refuse', faults: ['config.json: server.port must be 1 to 65535', 'config.json: proxy.targetz is unknown']});
	const tui = await openTui(t, {client});
	await tui.shows(/settings on disk refused, the earlier ones stay: config\.json: server\.port/v);
	t.regex(tui.text(), /proxy\.targetz is unknown/v);
	store.dispatch({type: 'configure', targets: [target('alpha', 1)], rules: store.getState().rules, changes: []});
	await tui.lacks(/settings on disk refused/v);
});

test.serial('says why nothing moves when the active target can not serve', async t => {
	const {store, client} = createProxy();
	store.dispatch({type: 'automatic', isAutomatic: false});
	fail(store, 'alpha');
	const tui = await openTui(t, {client});
	await tui.shows(/alpha can not serve and nothing moves: automatic failover is off/v);
	t.regex(tui.lines()[0] ?? '', /auto-failover OFF/v);
});

test.serial('toasts a failover in line 2 and lists it among the events', async t => {
	const {store, client} = createProxy();
	const tui = await openTui(t, {client});
	fail(store, 'alpha');
	await tui.shows(/\[1 Targets\] .*✖ failover alpha → beta/v);
	t.regex(tui.text(), /● beta ✔ UP/v);
	await tui.shows(/3 Sessions +sort #/v); // Gone by itself after five seconds.
	t.regex(tui.text(), /✖ failover +alpha → beta +alpha is DOWN: connect ECONNREFUSED/v);
});

test.serial('folds a burst of switches into one toast with a count', async t => {
	const {store, client} = createProxy();
	const tui = await openTui(t, {client});
	for (const id of ['beta', 'alpha', 'beta']) {
		store.dispatch({type: 'switch', id});
	}

	t.regex(await tui.shows(/\(\+2\)/v), /switched alpha → beta · u undo \(\+2\)/v);
});

test.serial('shows all that is known of a target on its own page', async t => {
	const {store, client} = createProxy();
	carry(store, {alpha: {requests: 41_203, errors: 82, bytesIn: 26_000_000, bytesOut: 173_000_000, inFlight: 3, rate: 12.4, errorRate: 0.002, p50: 38, p95: 84, p99: 310}});
	const tui = await openTui(t, {client});
	await tui.press('enter');
	const text = await tui.shows(/Targets › alpha/v);
	for (const pattern of [
		/Endpoint +http:\/\/127\.0\.0\.1:3001/v,
		/Probe +http GET \/health/v,
		/Checks +fails 0\/3/v,
		/Order +alpha → beta/v,
		/Preferred alpha \(failback by hand\)/v,
		/probes +last 1, newest right +min 12ms/v,
	]) {
		t.regex(text, pattern);
	}

	t.regex(text, /REQUESTS +ERRORS +IN +OUT +FLIGHT +REQ\/S +ERR% +P50 +P95 +P99/v);
	t.regex(text, /alpha +41 203 +82 +26M +173M +3 +12\.4 +0\.2 +38ms +84ms +310ms/v);
	t.regex(text, /events of alpha/v);
	await tui.press('esc');
	await tui.shows(/NAME +STATE/v);
});

test.serial('follows the terminal through sizes without a trace of the old one', async t => {
	const {client} = createProxy(six);
	const tui = await openTui(t, {client});
	await tui.shows(/ENDPOINT/v);
	for (const [columns, rows] of [[80, 24], [60, 15], [140, 40], [40, 10], [120, 20], [120, 36]] as const) {
		tui.resize(columns, rows);
		// The last line is drawn in the new width, so the layout is done.
		const isFit = (): boolean => (tui.lines()[0] ?? '').endsWith(']') && [0, rows - 1].every(line => stringWidth(tui.lines()[line] ?? '') >= columns - 3);
		await tui.until(isFit, `fitted ${columns}×${rows}`); // eslint-disable-line no-await-in-loop
		t.is(tui.lines().filter(line => line.includes('pmcp')).length, 1 + (tui.text().includes('pmcp needs') ? 2 : 0), `one header at ${columns}×${rows}`);
		t.is(tui.lines().filter(line => line.includes('? help')).length, 1, `one hint line at ${columns}×${rows}`);
	}
});

test.serial('scrolls a target\'s page where it does not fit, and drops figures before it cuts them', async t => {
	const {store, client} = createProxy();
	carry(store, {alpha: {requests: 41_203, errors: 82, inFlight: 3, rate: 12.4, errorRate: 0.002, p50: 38, p95: 84, p99: 310}});
	const tui = await openTui(t, {client, size: {columns: 60, rows: 15}});
	await tui.press('enter');
	t.notRegex(await tui.shows(/Targets › alpha/v), /events of alpha/v);
	await tui.press('G');
	const text = await tui.shows(/events of alpha(?:.|\n)*start +→ alpha/v);
	t.regex(text, /REQUESTS +ERRORS +REQ\/S +ERR% +P95\n/v);
	t.regex(text, /alpha +41 203 +82 +12\.4 +0\.2 +84ms\n/v);
	await tui.press('g');
	await tui.shows(/Endpoint/v);
});

test.serial('says so when the target of the page has left the settings', async t => {
	const {store, client} = createProxy();
	const tui = await openTui(t, {client});
	await tui.press('j', 'enter');
	await tui.shows(/Targets › beta/v);
	store.dispatch({type: 'configure', targets: [target('alpha', 1)], rules: store.getState().rules, changes: []});
	await tui.shows(/beta is gone from the settings: esc goes back/v);
	await tui.press('s');
	await tui.shows(/There is no target to do this with/v);
	await tui.press('esc');
	t.notRegex(await tui.shows(/> ●1 alpha/v), /2 beta/v);
});

test.serial('scrolls through the events, down and sideways', async t => {
	const {store, client} = createProxy();
	for (let count = 0; count < 40; count++) {
		store.dispatch({type: 'notice', room: 'log', message: `line ${count}, which goes on ${'and on '.repeat(20)}to its end`});
	}

	const tui = await openTui(t, {client, size: {columns: 80, rows: 24}});
	await tui.press('tab');
	await tui.shows(/events 1 of \d+, newest first/v);
	t.regex(tui.text(), /line 39,/v);
	await tui.press('pagedown');
	await tui.shows(/events 17 of/v);
	t.notRegex(tui.text(), /line 39,/v);
	await tui.press(...Array.from({length: 20}, () => 'right'));
	await tui.shows(/to its end/v);
	await tui.press('esc');
	await tui.shows(/line 39,/v);
});

test.serial('keeps the order still while someone presses keys, and sorts again afterwards', async t => {
	const {store, client} = createProxy();
	let now = Date.now();
	const tui = await openTui(t, {client, io: {clock: () => now}});
	store.dispatch({type: 'notice', room: 'log', message: 'now'});
	carry(store, {alpha: {rate: 20}, beta: {rate: 10}});
	await tui.press(':', ...'sort rate', 'enter');
	await tui.shows(/sort rate(?:.|\n)*1 alpha(?:.|\n)*2 beta/v);
	await tui.shows(/10\.0/v);
	now += 500;
	carry(store, {alpha: {rate: 10}, beta: {rate: 30}});
	const held = await tui.shows(/30\.0/v);
	t.true(held.indexOf('1 alpha') < held.indexOf('2 beta'));
	now += 2500;
	carry(store, {alpha: {rate: 10}, beta: {rate: 31}});
	const sorted = await tui.shows(/31\.0/v);
	t.true(sorted.indexOf('2 beta') < sorted.indexOf('1 alpha'));
});

test.serial('folds what repeats itself in the events, and keeps what says something new', async t => {
	const {store, client} = createProxy();
	const tui = await openTui(t, {client});
	fail(store, 'beta', {times: 2});
	await tui.shows(/! probe +beta +connect ECONNREFUSED 127\.0\.0\.1:3001 \(×2\)/v);
	fail(store, 'beta', {times: 30});
	await tui.shows(/✖ down +beta/v);
	store.dispatch({type: 'switch', id: 'beta', isForced: true});
	const text = await tui.shows(/✔ switch +alpha → beta/v);
	t.is(text.split('\n').filter(line => /probe +beta|down +beta/v.test(line)).length, 2);
});
