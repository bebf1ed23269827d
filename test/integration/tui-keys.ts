import {Buffer} from 'node:buffer';
import test from 'ava';
import {keymap, type CommandId, type DialogKey} from '../../source/tui/keymap.ts';
import {createProxy, fail, openTui, target, type Tui} from '../helpers/screen.ts';

test('no key means two things in one place', t => {
	const places = keymap.flatMap(({scope, keys}) => keys.map(key => `${scope === 'dialog' ? 'dialog' : 'page'} ${key}`));
	t.deepEqual(places.filter((place, index) => places.indexOf(place) !== index), []);
});

const many = Array.from({length: 30}, (_, index) => target(`t${String(index + 1).padStart(2, '0')}`, index + 1));

type Case = Readonly<{before?: readonly string[]; shows: RegExp}>;

/** For each key of the table: what is pressed before, and what the screen shows once it has been pressed. */
const cases: Readonly<Record<CommandId | DialogKey, Case>> = {
	up: {before: ['j', 'j'], shows: /> {2}2 t02/v},
	down: {shows: /> {2}2 t02/v},
	first: {before: ['j', 'j'], shows: /> ●1 t01/v},
	last: {shows: /> {2}30t30/v},
	'page-up': {before: ['G'], shows: /> {2}2 t02/v},
	'page-down': {shows: /> {2}29t29/v},
	'half-up': {before: ['G'], shows: /> {2}16t16/v},
	'half-down': {shows: /> {2}15t15/v},
	left: {before: ['right', 'right'], shows: /STATE +P50 +P95/v},
	right: {shows: /STATE +P50 +P95/v},
	open: {shows: /Targets › t01/v},
	back: {before: ['enter'], shows: /NAME +STATE/v},
	'pane-next': {shows: /events 1 of \d/v},
	'pane-previous': {shows: /events 1 of \d/v},
	'view-targets': {before: ['enter'], shows: /NAME +STATE/v},
	'view-traffic': {shows: /\[2 Traffic\](?:.|\n)*No MCP request has gone through yet/v},
	'view-sessions': {shows: /\[3 Sessions\](?:.|\n)*No MCP session is open/v},
	'target-traffic': {before: ['j'], shows: /\[2 Traffic\] .*filter target:t02/v},
	follow: {before: ['2'], shows: /\[FOLLOW\]/v},
	'error-next': {before: ['2'], shows: /no older call went wrong/v},
	'error-previous': {before: ['2'], shows: /no newer call went wrong/v},
	'end-session': {before: ['3'], shows: /There is no session to end here/v},
	filter: {shows: / \/ ▏ +enter keeps/v},
	'filter-toggle': {before: ['/', 't', '0', '2', 'enter'], shows: /filter off \(t02\)/v},
	sort: {shows: /Sort by.*\n.*failover order/v},
	'sort-reverse': {shows: /sort # ▼/v},
	freeze: {shows: /\[PAUSED \+0\]/v},
	copy: {shows: /Copy.*\n.*name +t01/v},
	redraw: {shows: /NAME +STATE/v},
	look: {shows: /Unicode glyphs, no colour/v},
	switch: {before: ['j'], shows: /Switch to t02 \(y\)/v},
	failback: {shows: /t01 is the preferred target/v},
	undo: {shows: /There is no switch to undo/v},
	automatic: {shows: /Turn auto-failover OFF/v},
	maintenance: {shows: /Take t01 out/v},
	check: {shows: /checking t01/v},
	command: {shows: / : ▏ +enter runs/v},
	help: {shows: /keys +\? asks first/v},
	quit: {shows: /Leave pmcp/v},
	interrupt: {shows: /Leave pmcp/v},
	suspend: {shows: /while it is suspended, clients wait/v},
	'dialog-next': {before: ['j', 's'], shows: /\[ Switch to t02 \(y\) \]/v},
	'dialog-previous': {before: ['j', 's'], shows: /\[ Switch to t02 \(y\) \]/v},
	'dialog-press': {before: ['j', 's'], shows: /NAME +STATE/v},
	'dialog-cancel': {before: ['j', 's'], shows: /NAME +STATE/v},
};

const hasCase = (id: string): id is keyof typeof cases => Object.hasOwn(cases, id);

for (const {id, keys, section} of keymap) {
	for (const key of keys) {
		test.serial(`${key} does what the help says: ${section}, ${id}`, async t => {
			const {client} = createProxy(many);
			const tui = await openTui(t, {client});
			t.true(hasCase(id));
			if (!hasCase(id)) {
				return;
			}

			const {before = [], shows} = cases[id];
			await tui.press(...before);
			await tui.settle();
			tui.forget();
			await tui.press(key);
			await tui.shows(shows);
			if (id === 'redraw') {
				await tui.until(() => tui.raw().includes('\u001B[H\u001B[J'), 'was wiped');
			}

			if (id === 'dialog-press' || id === 'dialog-cancel' || id === 'back') {
				await tui.lacks(/Switch active target|› t01/v);
			}
		});
	}
}

test.serial('the help page lists every key of the table, finds by typing, and closes on ? and Esc', async t => {
	const {client} = createProxy();
	const tui = await openTui(t, {client, size: {columns: 120, rows: 60}});
	await tui.press('?');
	const text = await tui.shows(/keys +\? asks first/v);
	for (const {shown, does} of keymap) {
		t.true(text.includes(shown), shown);
		t.true(text.includes(does), does);
	}

	t.regex(text, /state:down/v);
	await tui.press(...'undo');
	await tui.lacks(/command palette/v);
	t.regex(tui.text(), /u +undo the last switch \?/v);
	await tui.press('?');
	await tui.shows(/NAME +STATE/v);
	await tui.press('?');
	await tui.shows(/command palette/v);
	await tui.press('esc');
	await tui.shows(/NAME +STATE/v);
});

test.serial('the help page scrolls on a low terminal', async t => {
	const {client} = createProxy();
	const tui = await openTui(t, {client, size: {columns: 80, rows: 24}});
	await tui.press('?');
	await tui.shows(/command palette|Move/v);
	t.notRegex(tui.text(), /where things are/v);
	await tui.press('end');
	await tui.shows(/where things are/v);
	await tui.press('home');
	await tui.lacks(/where things are/v);
});

test.serial('filters by words, keys and negation, and Esc in the field brings the old filter back', async t => {
	const {store, client} = createProxy([target('prod-eu', 1), target('prod-us', 2), target('staging', 3)]);
	fail(store, 'staging');
	const tui = await openTui(t, {client});
	const filter = async (text: string): Promise<string> => {
		await tui.press('/', 'ctrl-u', ...text);
		return tui.until(all => all.includes(` / ${text}▏`), `took ${text}`);
	};

	const shown = (text: string): string[] => ['prod-eu', 'prod-us', 'staging'].filter(name => new RegExp(String.raw`^[> ] [● ][\-\d ]+${name} `, 'mv').test(text));
	t.deepEqual(shown(await filter('state:down')), ['staging']);
	await tui.press('enter');
	await tui.shows(/filter state:down +1 of 3/v);
	t.deepEqual(shown(await filter('prod')), ['prod-eu', 'prod-us']);
	await tui.press('enter');
	t.deepEqual(shown(await filter('!name:*us')), ['prod-eu', 'staging']);
	await tui.press('enter');
	t.deepEqual(shown(await filter('prod !eu')), ['prod-us']);
	await tui.press('esc');
	t.deepEqual(shown(await tui.shows(/filter !name:\*us +2 of 3/v)), ['prod-eu', 'staging']);
	await tui.press('\\');
	await tui.shows(/filter off \(!name:\*us\) +3 targets/v);
	await tui.press('\\', 'esc');
	await tui.shows(/ +3 targets/v);
	await filter('nothing');
	t.regex(tui.text(), /no target matches: esc clears the filter/v);
});

test.serial('sorts by what is chosen, and the selection stays on its target', async t => {
	const {client} = createProxy([target('gamma', 1), target('alpha', 2), target('beta', 3)]);
	const tui = await openTui(t, {client});
	await tui.press('G', 'o', 'down', 'enter');
	const text = await tui.shows(/sort name ▲/v);
	t.true(text.indexOf('2 alpha') < text.indexOf('3 beta') && text.indexOf('3 beta') < text.indexOf('1 gamma'));
	t.regex(text, /> {2}3 beta/v);
	await tui.press('O');
	await tui.shows(/sort name ▼/v);
	const reversed = tui.text();
	t.true(reversed.indexOf('1 gamma') < reversed.indexOf('3 beta'));
	t.regex(reversed, /> {2}3 beta/v);
});

const command = async (tui: Tui, text: string): Promise<void> => {
	await tui.press(':', ...text);
	await tui.shows(new RegExp(` : ${text}▏`, 'v'));
	await tui.press('enter');
};

test.serial('the palette has the verbs of the shell, completes by letters in order, and asks like the keys', async t => {
	const {store, client} = createProxy([target('prod-eu', 1), target('prod-us', 2)]);
	const tui = await openTui(t, {client});
	await tui.press(':', ...'swus');
	await tui.shows(/> switch prod-us +make a target active \(asks\)/v);
	await tui.press('tab');
	await tui.shows(/ : switch prod-us▏/v);
	await tui.press('enter');
	await tui.shows(/Switch to prod-us \(y\)/v);
	await tui.press('y');
	await tui.shows(/● prod-us/v);
	const expected: ReadonlyArray<readonly [string, RegExp]> = [
		['failback', /Fail back/v],
		['undo', /Undo the last switch/v],
		['auto off', /Turn auto-failover OFF/v],
		['maint prod-eu on', /Take prod-eu out/v],
		['drain prod-eu', /Take prod-eu out/v],
		['check', /checking all targets/v],
		['check prod-eu', /checking prod-eu/v],
		['sort name', /sort name ▲|checking/v],
		['help', /keys +\? asks first/v],
	];
	for (const [line, pattern] of expected) {
		await command(tui, line); // eslint-disable-line no-await-in-loop
		await tui.shows(pattern); // eslint-disable-line no-await-in-loop
		await tui.press('esc'); // eslint-disable-line no-await-in-loop
		await tui.shows(/NAME +STATE/v); // eslint-disable-line no-await-in-loop
	}

	await tui.press(':', 'up');
	await tui.shows(/ : help▏/v);
	await tui.press('up', 'up');
	await tui.shows(/ : check prod-eu▏/v);
	await tui.press('esc');
	await command(tui, 'switch nowhere');
	await tui.shows(/No target is called nowhere/v);
	await command(tui, 'fly');
	await tui.shows(/There is no command fly/v);
	t.is(store.getState().active, 'prod-us');
	await command(tui, 'quit');
	await tui.shows(/Leave pmcp/v);
});

test.serial('copies the name, the URL or the command through the terminal', async t => {
	const {client} = createProxy([target('it\'s me', 1), target('beta', 2)]);
	const tui = await openTui(t, {client});
	for (const [key, copied] of [['n', 'it\'s me'], ['u', 'http://127.0.0.1:3001'], ['c', String.raw`pmcp switch 'it'\''s me'`]] as const) {
		await tui.press('y'); // eslint-disable-line no-await-in-loop
		await tui.shows(/Copy/v); // eslint-disable-line no-await-in-loop
		tui.forget();
		await tui.press(key); // eslint-disable-line no-await-in-loop
		await tui.shows(/✔ copied/v); // eslint-disable-line no-await-in-loop
		t.true(tui.raw().includes(`\u001B]52;c;${Buffer.from(copied).toString('base64')}\u0007`), copied);
	}
});

test.serial('keys that come in one piece move and ask, but never confirm', async t => {
	const {store, client} = createProxy(many);
	const tui = await openTui(t, {client});
	tui.stdin.write('jjj');
	await tui.shows(/> {2}4 t04/v);
	tui.stdin.write('jsy');
	await tui.shows(/> {2}5 t05/v);
	await tui.shows(/Switch to t05 \(y\)/v);
	tui.stdin.write('yy');
	tui.stdin.write('\u001B[200~y\u001B[201~');
	await tui.press('tab');
	await tui.shows(/\[ Switch to t05 \(y\) \]/v);
	t.is(store.getState().active, 't01');
});

test.serial('a paste goes into the text field, cleaned and on one line', async t => {
	const {client} = createProxy(many);
	const tui = await openTui(t, {client});
	await tui.press('/');
	tui.stdin.write('\u001B[200~t02\n\u001B[31m\u001B[201~');
	t.notRegex(await tui.shows(/ \/ t02 \\x1b\[31m▏/v), /t02 enter keeps/v);
});
