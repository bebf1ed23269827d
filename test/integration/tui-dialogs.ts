import test from 'ava';
import type {Client, Link} from '../../source/client/client.ts';
import {carry, createProxy, fail, openTui, target} from '../helpers/screen.ts';

test.serial('says what a switch will do before it does it, and does nothing on Enter', async t => {
	const {store, client} = createProxy();
	carry(store, {alpha: {inFlight: 3, p95: 84, p50: 40, p99: 90, rate: 12}});
	const tui = await openTui(t, {client});
	await tui.press('down', 's');
	const text = await tui.shows(/Switch active target/v);
	for (const pattern of [/● alpha +→ +beta/v, /now alpha +then beta/v, /state +✔ UP \S+ +✔ UP/v, /last probe +12ms +12ms/v, /p95 +84ms +-/v, /in flight +3 +0/v]) {
		t.regex(text, pattern);
	}

	t.regex(text, /3 in flight on alpha finish there; new requests go to beta/v);
	t.regex(text, /Auto-failover stays ON\. Preferred stays alpha\./v);
	t.regex(text, /Undo with u/v);
	t.regex(text, /\[ Cancel \] +Switch to beta \(y\)/v);
	await tui.press('enter');
	await tui.lacks(/Switch active target/v);
	t.is(store.getState().active, 'alpha');
	t.is(store.getState().epoch, 1);
});

test.serial('switches on y, says so, and undoes it on u and y', async t => {
	const {store, client} = createProxy();
	const tui = await openTui(t, {client});
	await tui.press('j', 's');
	await tui.shows(/Switch to beta \(y\)/v);
	await tui.press('y');
	await tui.shows(/● beta ✔ UP.*\n.*✔ switched alpha → beta · u undo/v);
	t.is(store.getState().active, 'beta');
	t.true(store.getState().isAutomatic, 'a manual switch leaves automatic failover alone');
	await tui.press('u');
	await tui.shows(/Undo the last switch/v);
	await tui.press('y');
	await tui.shows(/● alpha ✔ UP/v);
});

test.serial('moves the focus with tab, arrows and letters, and Enter takes the focused choice', async t => {
	const {store, client} = createProxy();
	const tui = await openTui(t, {client});
	await tui.press('down', 's');
	await tui.shows(/\[ Cancel \]/v);
	for (const [there, back] of [['tab', 'shift-tab'], ['right', 'left'], ['l', 'h']] as const) {
		await tui.press(there); // eslint-disable-line no-await-in-loop
		await tui.shows(/\[ Switch to beta \(y\) \]/v); // eslint-disable-line no-await-in-loop
		await tui.press(back); // eslint-disable-line no-await-in-loop
		await tui.shows(/\[ Cancel \]/v); // eslint-disable-line no-await-in-loop
	}

	await tui.press('tab', 'enter');
	await tui.shows(/● beta/v);
	t.is(store.getState().active, 'beta');
});

test.serial('asks for the name before it switches to a target that is down, and then forces it', async t => {
	const {store, client} = createProxy();
	fail(store, 'beta');
	const tui = await openTui(t, {client});
	await tui.press('down', 's');
	const text = await tui.shows(/Type beta to go on/v);
	t.regex(text, /! beta is DOWN: connect ECONNREFUSED/v);
	t.regex(text, /nothing moves away by itself/v);
	await tui.press('y', 'tab', 'enter');
	await tui.shows(/Type beta to go on: y.*Type beta first/v);
	t.is(store.getState().active, 'alpha');
	await tui.press('backspace', 'b', 'e', 't', 'a', 'enter');
	await tui.shows(/● beta ✖ DOWN/v);
	t.is(store.getState().active, 'beta');
	t.true(store.getState().isHeld);
});

test.serial('shows the dialog anew instead of acting when the active target changed under it', async t => {
	const {store, client} = createProxy([target('alpha', 1), target('beta', 2), target('gamma', 3)]);
	const tui = await openTui(t, {client});
	await tui.press('down', 's');
	await tui.shows(/Switch to beta \(y\)/v);
	store.dispatch({type: 'switch', id: 'gamma'});
	await tui.shows(/● gamma/v);
	await tui.press('y');
	await tui.shows(/! The active target changed meanwhile: it is gamma now\. Look again\./v);
	t.is(store.getState().active, 'gamma');
	await tui.press('y');
	await tui.shows(/● beta ✔ UP/v);
});

test.serial('shows the dialog anew when the daemon says that the state moved', async t => {
	const {store, client} = createProxy([target('alpha', 1), target('beta', 2), target('gamma', 3)]);
	// A client that is behind, as one across a network can be: it still shows the state from before the switch.
	let lagging = true;
	const before = store.getState();
	const behind: Client = {...client, getState: () => lagging ? before : client.getState()};
	const tui = await openTui(t, {client: behind});
	store.dispatch({type: 'switch', id: 'gamma'});
	await tui.press('down', 's');
	await tui.shows(/Switch to beta \(y\)/v);
	await tui.press('y');
	lagging = false;
	await tui.shows(/The active target changed meanwhile/v);
	t.is(store.getState().active, 'gamma');
});

test.serial('fails back to the preferred target, and says when there is nothing to fail back to', async t => {
	const {store, client} = createProxy();
	const tui = await openTui(t, {client});
	await tui.press('b');
	await tui.shows(/alpha is the preferred target and active already/v);
	store.dispatch({type: 'switch', id: 'beta'});
	await tui.shows(/● beta/v);
	await tui.press('b');
	await tui.shows(/Fail back/v);
	await tui.press('y');
	await tui.shows(/✔ failback beta → alpha/v);
	t.is(store.getState().cause, 'failback');
});

test.serial('turns automatic failover off and on, each after a question', async t => {
	const {store, client} = createProxy();
	const tui = await openTui(t, {client});
	await tui.press('a');
	await tui.shows(/While it is off nothing moves when alpha fails/v);
	await tui.press('y');
	await tui.shows(/auto-failover OFF/v);
	t.false(store.getState().isAutomatic);
	await tui.press('a');
	await tui.shows(/moves to the next candidate by itself/v);
	await tui.press('y');
	await tui.shows(/auto-failover on/v);
	t.true(store.getState().isAutomatic);
});

test.serial('puts a target into maintenance or drain, and makes it ready again', async t => {
	const {store, client} = createProxy();
	const tui = await openTui(t, {client});
	await tui.press('m');
	await tui.shows(/It is active: traffic moves to beta/v);
	await tui.press('m');
	await tui.shows(/- alpha +‖ MAINT/v);
	t.is(store.getState().active, 'beta');
	await tui.press('m');
	await tui.shows(/Make alpha ready/v);
	await tui.press('y');
	await tui.shows(/1 alpha +✔ UP/v);
	await tui.press('m');
	await tui.shows(/Take alpha out/v);
	await tui.press('d');
	await tui.shows(/- alpha +◐ DRAIN/v);
});

test.serial('asks for the name before it takes out the last target that could serve', async t => {
	const {store, client} = createProxy();
	fail(store, 'beta');
	const tui = await openTui(t, {client});
	await tui.press('m');
	await tui.shows(/No other target is up: clients get 503/v);
	await tui.press('m', 'enter');
	await tui.lacks(/Take alpha out/v);
	t.is(store.getState().targets.alpha?.admin, 'ready');
	await tui.press('m', 'a', 'l', 'p', 'h', 'a', 'enter');
	await tui.shows(/alpha +‖ MAINT/v);
});

test.serial('does nothing that changes the proxy while the link is lost, shows since when, and retries on Enter', async t => {
	const {store, client} = createProxy();
	const at = Date.now();
	let link: Link = {status: 'lost', since: at - 23_000, reason: 'ECONNRESET', attempt: 4, retryAt: at + 8000};
	let retries = 0;
	const broken: Client = {
		...client,
		getLink: () => link,
		retry() {
			retries++;
		},
	};
	const tui = await openTui(t, {client: broken, size: {columns: 80, rows: 24}, options: {mode: 'attached'}});
	const text = await tui.shows(/\[STALE 10s\]/v);
	t.regex(text, /~ RECONNECTING to http:\/\/localhost:4000, last data/v);
	t.regex(text, /attempt 4, next at \d\d:\d\d:\d\d, reason: ECONNRESET/v);
	t.regex(text, /> ●1 alpha/v, 'the old data stays');
	for (const key of ['s', 'b', 'u', 'a', 'm', 'c']) {
		await tui.press('down', key); // eslint-disable-line no-await-in-loop
		await tui.settle(); // eslint-disable-line no-await-in-loop
		t.notRegex(tui.text(), /Cancel/v, `${key} opened no dialog`);
	}

	await tui.shows(/The link is lost: keys that change things are off/v);
	await tui.press('enter');
	await tui.shows(/trying again now/v);
	t.is(retries, 1);
	link = {status: 'live'};
	store.dispatch({type: 'switch', id: 'beta'});
	await tui.shows(/\[LIVE\]/v);
});

test.serial('changes nothing when it is read-only, and says why', async t => {
	const {store, client} = createProxy();
	const tui = await openTui(t, {client, options: {isReadOnly: true}});
	t.regex(tui.text(), /\[READ-ONLY\]/v);
	await tui.press('down', 's');
	await tui.shows(/Read-only: keys that change things are off/v);
	t.notRegex(tui.text(), /Cancel/v);
	t.is(store.getState().active, 'alpha');
});

test.serial('changes nothing when the screen has been frozen for over a minute', async t => {
	const {client} = createProxy();
	let now = Date.now();
	const tui = await openTui(t, {client, io: {clock: () => now}});
	await tui.press('p');
	await tui.shows(/\[PAUSED \+0\]/v);
	now += 61_000;
	await tui.press('down', 's');
	await tui.shows(/frozen for over a minute: p thaws it/v);
	await tui.press('p');
	await tui.shows(/\[LIVE\]/v);
	await tui.press('s');
	t.regex(await tui.shows(/Switch active target/v), /Switch to beta/v);
});

test.serial('asks before it leaves when the proxy lives in this process', async t => {
	const {store, client} = createProxy();
	carry(store, {alpha: {inFlight: 1}});
	const told: string[] = [];
	const tui = await openTui(t, {client, onQuit: exit => told.push(exit)});
	await tui.press('q');
	const text = await tui.shows(/Leave pmcp/v);
	t.regex(text, /1 request is in flight/v);
	t.notRegex(text, /Detach/v);
	await tui.press('enter');
	await tui.lacks(/Leave pmcp/v);
	t.deepEqual(told, []);
	await tui.press('q', 'x');
	t.is(await tui.exited, 'stop');
	t.deepEqual(told, ['stop']);
});

test.serial('leaves at once when it is only attached', async t => {
	const {client} = createProxy();
	const tui = await openTui(t, {client, options: {mode: 'attached'}});
	await tui.press('q');
	t.is(await tui.exited, 'leave');
});

test.serial('asks on the first Ctrl-C and stops on the second', async t => {
	const {client} = createProxy();
	const tui = await openTui(t, {client});
	await tui.press('ctrl-c');
	await tui.shows(/Leave pmcp/v);
	await tui.press('ctrl-c');
	t.is(await tui.exited, 'stop');
});

test.serial('stops on two Ctrl-C that come in one piece', async t => {
	const {client} = createProxy();
	const tui = await openTui(t, {client});
	tui.stdin.write('\u0003\u0003');
	t.is(await tui.exited, 'stop');
});

test.serial('warns that suspending would stop the proxy of this process, and suspends an attached view at once', async t => {
	const {client} = createProxy();
	let suspended = 0;
	const suspend = async (): Promise<void> => {
		suspended++;
	};

	const own = await openTui(t, {client, io: {suspend}});
	await own.press('ctrl-z');
	await own.shows(/while it is suspended, clients wait/v);
	await own.press('enter');
	await own.lacks(/clients wait/v);
	t.is(suspended, 0);
	await own.press('ctrl-z', 'y');
	await own.until(() => suspended === 1, 'suspended');
	await own.shows(/NAME +STATE/v);

	const attached = await openTui(t, {client, io: {suspend}, options: {mode: 'attached'}});
	await attached.press('ctrl-z');
	await attached.until(() => suspended === 2, 'suspended');
	await attached.shows(/NAME +STATE/v);
});

for (const {columns, rows} of [{columns: 120, rows: 36}, {columns: 80, rows: 24}, {columns: 60, rows: 15}, {columns: 40, rows: 10}]) {
	test.serial(`every dialog fits ${columns}×${rows}, with all its choices`, async t => {
		const {store, client} = createProxy([target('alpha', 1), target('beta', 2), target('gamma', 3)]);
		fail(store, 'gamma');
		store.dispatch({type: 'switch', id: 'beta'});
		const tui = await openTui(t, {client, size: {columns, rows}, ready: /\[LIVE\]/v});
		const dialogs: ReadonlyArray<readonly [keys: readonly string[], ...shown: RegExp[]]> = [
			[['g', 's'], /Switch active target/v, /beta +→ +alpha/v, /Cancel/v, /Switch to alpha/v],
			[['G', 's'], /gamma is DOWN/v, /Type gamma to go on/v, /Cancel/v, /Force gamma/v],
			[['b'], /Fail back/v, /Cancel/v, /Switch to alpha/v],
			[['u'], /Undo the last switch/v, /Cancel/v, /Switch to alpha/v],
			[['a'], /auto-failover OFF/v, /Cancel/v, /Turn it OFF/v],
			[['m'], /Take gamma out/v, /Cancel/v, /Maintenance/v, /Drain/v],
			[['y'], /Copy/v, /name +gamma/v, /proxy/v],
			[['q'], /Leave pmcp/v, /Stay/v, /Stop/v],
			[['ctrl-z'], /Suspend/v, /Cancel/v],
		];
		for (const [keys, first, ...rest] of dialogs) {
			await tui.press(...keys); // eslint-disable-line no-await-in-loop
			const text = await tui.shows(first ?? /x/v); // eslint-disable-line no-await-in-loop
			for (const pattern of rest) {
				t.regex(text, pattern, keys.join(' '));
			}

			t.regex(text, /╰─+╯/v, 'its lower edge is on the screen');
			await tui.press('esc'); // eslint-disable-line no-await-in-loop
			await tui.lacks(/╰─+╯/v); // eslint-disable-line no-await-in-loop
		}
	});
}
