import test from 'ava';
import stringWidth from 'string-width';
import {catalogue, mcpCall, session} from '../helpers/core.ts';
import {carry, createProxy, openTui, target} from '../helpers/screen.ts';

const several = [
	mcpCall({id: 1, target: 'alpha', subject: 'search_issues', ms: 84, bytesOut: 1234, client: 'cursor', session: '9f0aaaaa'}),
	mcpCall({id: 2, target: 'alpha', method: 'tools/list', subject: undefined}),
	mcpCall({id: 3, target: 'alpha', subject: 'create_ticket', verdict: 'tool', ms: 412, request: '{"params":{"name":"create_ticket"}}', response: '{"isError":true}'}),
	mcpCall({id: 4, target: 'beta', method: 'resources/read', subject: 'file:///README.md', verdict: 'rpc', code: -32_002}),
	mcpCall({id: 5, target: undefined, verdict: 'time', ms: 5000, attempts: 3}),
	mcpCall({id: 6, target: 'alpha', client: undefined, session: undefined, subject: '\u001B]0;x\u0007'}),
];

test.serial('shows who called what, where and how it ended, newest first', async t => {
	const {store, client} = createProxy();
	store.dispatch({type: 'calls', calls: several});
	const tui = await openTui(t, {client});
	await tui.press('2');
	const text = await tui.shows(/1 Targets +\[2 Traffic\] +3 Sessions .*6 calls +\[FOLLOW\]/v);
	t.regex(text, /TIME +METHOD +TOOL \/ RESOURCE +TARGET +TOOK +SIZE +VERDICT +CLIENT/v);
	const rows = text.split('\n').slice(4, 10);
	t.regex(rows[0] ?? '', /^> \d\d:\d\d:\d\d\.\d{3} {2}tools\/call +\\x1b\]0;x\\x07 +alpha +12ms +200 +✔ ok$/v);
	t.regex(rows[1] ?? '', /tools\/call +add +- +5\.00s +200 +✖ time +claude-code #abcd1234/v);
	t.regex(rows[2] ?? '', /resources\/read +file:\/\/\/README\.md +beta .*! rpc/v);
	t.regex(rows[5] ?? '', /search_issues +alpha +84ms +1\.2k +✔ ok +cursor #9f0aaaaa/v);
	t.regex(text, /── #6 {2}tools\/call .*✔ ok ─/v);
	t.regex(tui.lines()[35] ?? '', /f follow.*n next error.*\/ filter/v);
});

test.serial('follows the newest until the cursor moves, then stands still and counts what comes', async t => {
	const {store, client} = createProxy();
	store.dispatch({type: 'calls', calls: several});
	const tui = await openTui(t, {client});
	await tui.press('2', 'j', 'j');
	await tui.shows(/> .*resources\/read(?:.|\n)*── #4 {2}resources/v);
	store.dispatch({type: 'calls', calls: [mcpCall({id: 7, subject: 'later'})]});
	await tui.shows(/\[\+3, f follows\](?:.|\n)*later(?:.|\n)*> .*resources\/read/v);
	await tui.press('f');
	await tui.shows(/\[FOLLOW\](?:.|\n)*> .*later/v);
	await tui.press('p');
	await tui.shows(/\[PAUSED/v);
	store.dispatch({type: 'calls', calls: [mcpCall({id: 8, subject: 'unseen'})]});
	await tui.settle();
	t.notRegex(tui.text(), /unseen/v);
	await tui.press('p');
	await tui.shows(/unseen/v);
});

test.serial('goes from error to error, and opens one on the whole screen', async t => {
	const {store, client} = createProxy();
	store.dispatch({type: 'calls', calls: several});
	const tui = await openTui(t, {client});
	await tui.press('2', 'n');
	await tui.shows(/── #5 .*✖ time ─(?:.|\n)*sent 3 times/v);
	await tui.press('n', 'n');
	await tui.shows(/── #3 {2}tools\/call create_ticket/v);
	await tui.press('n');
	await tui.shows(/no older call went wrong/v);
	await tui.press('N');
	await tui.shows(/── #4/v);
	await tui.press('n', 'enter');
	const text = await tui.shows(/Traffic › #3 {2}tools\/call create_ticket/v);
	t.regex(text, /Verdict +! tool +the tool itself reported an error/v);
	t.regex(text, /Size +request 100B {2}response 200B\n request\n \{\n {3}"params": \{\n {5}"name": "create_ticket"/v);
	t.regex(text, / response\n \{\n {3}"isError": true/v);
	await tui.press('esc');
	await tui.shows(/VERDICT/v);
	await tui.press('esc');
	await tui.shows(/NAME +STATE/v);
});

test.serial('filters by the words that the command line knows', async t => {
	const {store, client} = createProxy();
	store.dispatch({type: 'calls', calls: several});
	const tui = await openTui(t, {client, size: {columns: 80, rows: 24}});
	await tui.press('2', '/', ...'status:!ok method:tools');
	await tui.shows(/filter status:!ok method:tools +2 of 6/v);
	await tui.press('enter');
	t.true(tui.lines().filter(line => /tools\/call .*(?:time|tool)$/v.test(line)).length >= 2);
	await tui.press('\\');
	await tui.shows(/filter off \(status:!ok method:tools\)/v);
	await tui.press('\\', 'esc');
	await tui.shows(/6 calls/v);
	await tui.press('1', 'j', 't');
	await tui.shows(/filter target:beta +1 of 6/v);
});

test.serial('shows who is connected, and ends a session once that is confirmed', async t => {
	const {store, client} = createProxy();
	store.dispatch({type: 'sessions', changed: [
		session({target: 'alpha', inFlight: 1, openedAt: Date.now() - 60_000, usedAt: Date.now()}),
		session({id: 'later', client: '\u001B[31mbad', target: undefined, generation: 2, openedAt: Date.now()}),
	], closed: []});
	const tui = await openTui(t, {client});
	t.regex(tui.lines()[0] ?? '', /0 in flight {2}2 sess/v);
	await tui.press('3');
	const text = await tui.shows(/\[3 Sessions\] .*2 sessions/v);
	t.regex(text, /ID +CLIENT +PROTOCOL +TARGET +GEN +CALLS +FLIGHT +LISTENS +AGE +IDLE\n> abcd1234 +claude-code 2\.0\.1 +2025-11-25 +alpha +1 +3 +1 +yes +1m +now\n {2}later +\\x1b\[31mbad +/v);
	await tui.press('x');
	await tui.shows(/End session(?:.|\n)*claude-code 2\.0\.1 +session abcd1234(?:.|\n)*1 of its requests is in flight/v);
	const unsubscribe = store.subscribe(({event}) => {
		if (event.type === 'session.ended') { // What the daemon does then.
			store.dispatch({type: 'sessions', changed: [], closed: [event.id]});
		}
	});
	await tui.press('y');
	await tui.shows(/session abcd1234 is ended/v);
	unsubscribe();
	t.deepEqual(Object.keys(store.getState().sessions), ['later']);
	await tui.shows(/> later/v);
	await tui.press('enter');
	await tui.shows(/\[2 Traffic\] .*filter session:later/v);
});

test.serial('the list of targets shows tools, sessions and the latest traffic', async t => {
	const {store, client} = createProxy();
	carry(store, {alpha: {rate: 12.4}});
	store.dispatch({type: 'catalogue', id: 'alpha', catalogue: catalogue('add', 'sum')});
	store.dispatch({type: 'sessions', changed: [session({target: 'alpha'})], closed: []});
	store.dispatch({type: 'calls', calls: several});
	const tui = await openTui(t, {client});
	const text = await tui.shows(/ERR% +SESS +TOOLS +FLIGHT/v);
	t.regex(text, /alpha .* +1 +2 +0 /v);
	t.regex(text, /── traffic {2}all targets, newest first(?:.|\n)*create_ticket(?:.|\n)*── events/v);
	t.regex(text, /Server +everything 2\.0\.0 {2}MCP 2025-11-25/v);
	t.regex(text, /Offers +tools 2 {2}resources 0 {2}prompts 0/v);
	tui.resize(80, 24);
	await tui.until(() => (tui.lines()[0] ?? '').endsWith(']') && stringWidth(tui.lines()[23] ?? '') <= 80 && tui.text().includes('── traffic'), 'fits 80×24');
});

test.serial('a switch says beforehand what clients would miss, and what is in the way', async t => {
	const {store, client} = createProxy([target('alpha', 1), target('beta', 2)], {gate: 'require'});
	store.dispatch({type: 'catalogue', id: 'alpha', catalogue: catalogue('add', 'sum')});
	store.dispatch({type: 'catalogue', id: 'beta', catalogue: catalogue('add')});
	store.dispatch({type: 'sessions', changed: [session({target: 'alpha'})], closed: []});
	store.dispatch({type: 'passed', id: 'beta', ms: 5, isPassive: false, note: 'needs a login (401)'});
	const tui = await openTui(t, {client});
	await tui.press('j');
	await tui.shows(/Note +needs a login \(401\)(?:.|\n)*Differs +lacks tool sum/v);
	await tui.press('s');
	const text = await tui.shows(/! beta lacks tool sum/v);
	t.regex(text, /tools +2 +1/v);
	t.regex(text, /sessions +1 +0/v);
	t.regex(text, /by force only/v);
	await tui.press(...'beta');
	await tui.shows(/go on: beta/v);
	await tui.press('enter');
	await tui.shows(/● beta ✔ UP/v);
	t.is(store.getState().detail, 'switched by hand, by force; it lacks tool sum');
});
