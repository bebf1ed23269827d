import {readFileSync} from 'node:fs';
import {gzipSync} from 'node:zlib';
import test, {type ExecutionContext} from 'ava';
import type {Page} from 'playwright-core';
import {allUp, augment, cline, startApi, takeDown, type ApiRig} from '../helpers/api-rig.ts';
import {ask} from '../helpers/ask.ts';
import {startBackend} from '../helpers/backend.ts';
import {closeBrowser, openPage, type Opened} from '../helpers/browser.ts';
import {catalogue, mcpCall, session} from '../helpers/core.ts';
import {startRig} from '../helpers/rig.ts';
import {until} from '../helpers/until.ts';

test.after.always(closeBrowser);

/** Resolves when an element of that kind with that text is on the page. */
const see = async (page: Page, selector: string, text: string | RegExp = ''): Promise<void> => {
	await page.locator(selector, {hasText: text}).first().waitFor();
};

const active = '#active-name .name';

/** What an expression is in the page; a text, because these tests are compiled without the browser's types. */
const evaluate = async (page: Page, expression: string): Promise<unknown> => page.evaluate(expression);

const focusedRow = 'document.activeElement?.dataset.row';

const startPage = async (t: ExecutionContext, options: Parameters<typeof startApi>[1] = {}, settings: Parameters<typeof openPage>[2] = {}): Promise<ApiRig & Opened> => {
	const rig = await startApi(t, options);
	allUp(rig.store);
	const opened = await openPage(t, `${rig.url}/ui`, settings);
	if (settings.javaScriptEnabled !== false) {
		await see(opened.page, '#link', 'LIVE');
	}

	return {...rig, ...opened};
};

test.serial('is right before any script runs, and without one', async t => {
	const {page, requests, url} = await startPage(t, {}, {javaScriptEnabled: false});
	t.is(await page.locator(active).textContent(), 'augment');
	t.deepEqual(await page.locator('[data-row] .target .name').allTextContents(), ['●augment', 'cline']);
	t.deepEqual(await page.locator('[data-row] .state').allTextContents(), ['✔ UP', '✔ UP']);
	t.true(await page.locator('[data-do="switch"]').first().isDisabled());
	t.deepEqual(requests.filter(request => !request.startsWith('data:')), [`${url}/ui`]);
});

test.serial('shows a failover live, without loading anything anew', async t => {
	const {page, store, requests} = await startPage(t);
	const icon = await page.locator('link[rel=icon]').getAttribute('href');
	const before = requests.length;
	takeDown(store, 'augment');
	await see(page, active, 'cline');
	await see(page, '.events .switch', 'augment → cline: augment is DOWN: connect ECONNREFUSED');
	await see(page, '[data-row="augment"] .state', '✖ DOWN');
	t.is(await page.title(), '! cline – pmcp');
	t.not(await page.locator('link[rel=icon]').getAttribute('href'), icon, 'its shape changes too');
	t.deepEqual(requests.slice(before).filter(request => !request.startsWith('data:')), []);
});

test.serial('shows the failover of a whole proxy when a real target dies, and its return', async t => {
	const [first, second] = await Promise.all([startBackend(t, 'first'), startBackend(t, 'second')]);
	const {url} = await startRig(t, {first: first.url.href, second: second.url.href});
	const {page, complaints} = await openPage(t, `${url}/ui`);
	await see(page, '[data-row="second"] .state', '✔ UP');
	await first.crash();
	await see(page, active, 'second');
	await see(page, '.reason', 'failover');
	await first.revive();
	await see(page, '[data-row="first"] .state', '✔ UP');
	await page.locator('.active [data-do="failback"]').click();
	await page.locator('#ask-confirm').click();
	await see(page, active, 'first');
	t.deepEqual(complaints, []);
});

test.serial('switches through the dialog by keyboard alone, and gives the focus back', async t => {
	const {page, store} = await startPage(t);
	await page.keyboard.press('j');
	await page.keyboard.press('j');
	t.is(await evaluate(page, focusedRow), 'cline');
	await page.keyboard.press('s');
	await see(page, 'dialog[open]', 'Automatic failover stays on; the preferred target stays augment.');
	t.is(await evaluate(page, 'document.activeElement?.id'), 'ask-cancel');
	t.deepEqual(await page.locator('dialog[open] tr').allTextContents(), ['from augmentto cline', 'State✔ UP✔ UP', 'Probe12ms12ms', 'Req/s0.00.0', 'Errors––', 'p95––', 'In flight00', 'Tools––', 'Sessions00']);
	await page.keyboard.press('Tab');
	await page.keyboard.press('Enter');
	await see(page, active, 'cline');
	t.like(store.getState(), {active: 'cline', cause: 'manual', isAutomatic: true});
	await page.locator('dialog[open]').waitFor({state: 'detached'});
	await until('the focus is back', async () => await evaluate(page, focusedRow) === 'cline');
	await page.locator('#toast-undo').click();
	await see(page, active, 'augment');
	t.is(store.getState().epoch, 3);
});

test.serial('changes nothing when the dialog is left', async t => {
	const {page, store} = await startPage(t);
	await page.locator('.buttons [data-do="switch"]').click();
	await see(page, 'dialog[open] h2', 'Switch the active target');
	await page.keyboard.press('Enter');
	await page.locator('dialog[open]').waitFor({state: 'detached'});
	t.is(store.getState().epoch, 1);
	t.is(await evaluate(page, 'document.activeElement?.textContent'), 'Switch…');
});

test.serial('switches to a target that is down only when its name is typed', async t => {
	const {page, store} = await startPage(t);
	takeDown(store, 'cline', 'connect ECONNREFUSED 127.0.0.1:5000');
	await see(page, '[data-row="cline"] .state', 'DOWN');
	await page.locator('[data-row="cline"] [data-do="switch"]').click();
	await see(page, 'dialog[open] .warning', 'cline is DOWN: connect ECONNREFUSED 127.0.0.1:5000. Requests will fail until it is up and ready.');
	t.true(await page.locator('#ask-confirm').isDisabled());
	await page.locator('#ask-input').fill('clin');
	t.true(await page.locator('#ask-confirm').isDisabled());
	await page.locator('#ask-input').fill('cline');
	await page.keyboard.press('Enter');
	await see(page, active, 'cline');
	t.like(store.getState(), {active: 'cline', isHeld: true, isAutomatic: true});
	await see(page, '.banner.bad', 'No usable target');
	t.is(await page.title(), '✖ cline – pmcp');
});

test.serial('refuses in the dialog when the active target changed meanwhile, and then shows what is true', async t => {
	const {page, store} = await startPage(t, {targets: [augment, cline, {...cline, id: 'third', priority: 3}]});
	await page.locator('[data-row="third"] [data-do="switch"]').click();
	await see(page, 'dialog[open] thead', 'from augment');
	store.dispatch({type: 'switch', id: 'cline'});
	await see(page, 'dialog[open] thead', 'from cline');
	await page.locator('#ask-confirm').click();
	await see(page, '#ask-error', 'The active target changed meanwhile: it is cline now');
	t.is(store.getState().active, 'cline');
	await page.locator('#ask-confirm').click();
	await see(page, active, 'third');
	t.is(store.getState().epoch, 3);
});

test.serial('fails back, undoes, takes a target out, puts it back, checks, and turns automatic failover off', async t => {
	const {page, store} = await startPage(t);
	const checks: string[] = [];
	store.subscribe(({event}) => {
		if (event.type === 'check.requested') {
			checks.push(event.ids.join(' '));
		}
	});
	const confirm = async (deed: string, words: string): Promise<void> => {
		await page.locator(`.active [data-do="${deed}"]`).click();
		await see(page, '#ask-confirm', words);
		await page.locator('#ask-confirm').click();
		await page.locator('dialog[open]').waitFor({state: 'detached'});
	};

	t.true(await page.locator('[data-do="failback"]').isDisabled());
	await confirm('switch', 'Switch to cline');
	await see(page, active, 'cline');
	await confirm('failback', 'Switch to augment');
	await see(page, active, 'augment');
	t.is(store.getState().cause, 'failback');
	await confirm('undo', 'Switch to cline');
	await see(page, active, 'cline');
	await page.locator('[data-row="augment"] [data-do="maintenance"]').click();
	await see(page, '[data-row="augment"] .state', '‖ MAINT');
	await see(page, '#toast', 'augment is out for maintenance.');
	await page.locator('[data-row="augment"] [data-do="maintenance"]').click();
	await see(page, '[data-row="augment"] .state', '✔ UP');
	await page.locator('[data-row="cline"] [data-do="check"]').click();
	await page.locator('.active [data-do="check"]').click();
	await until('both checks', () => checks.length === 2);
	t.deepEqual(checks, ['cline', 'augment cline']);
	await confirm('automatic', 'Turn it off');
	await see(page, '.toggle', 'Automatic failover off');
	t.false(store.getState().isAutomatic);
});

test.serial('asks before it takes the active target out', async t => {
	const {page, store} = await startPage(t);
	await page.locator('[data-row="augment"] [data-do="maintenance"]').click();
	await see(page, 'dialog[open]', 'It is active: traffic moves to cline now.');
	await page.locator('#ask-confirm').click();
	await see(page, active, 'cline');
	t.is(store.getState().targets.augment?.admin, 'maintenance');
});

test.serial('says STALE when the proxy dies, can do nothing then, and comes back by itself', async t => {
	const {page, port, kill, store} = await startPage(t);
	store.dispatch({type: 'automatic', isAutomatic: false});
	await kill();
	await see(page, '.banner.stale', 'What is shown may be out of date');
	await see(page, '#link', 'STALE');
	t.is(await page.title(), '? augment – pmcp');
	t.true(await page.locator('.active [data-do="check"]').isDisabled());
	t.true(await page.locator('[data-row="cline"] [data-do="switch"]').isDisabled());
	await page.locator('[data-do="retry"]').click(); // Before it is back: then the page may have come back by itself, and the button is gone.
	const next = await startApi(t, {port, targets: [cline]});
	await see(page, '#link', 'LIVE');
	await see(page, active, 'cline');
	t.is(await page.locator('[data-row]').count(), 1);
	t.false(await page.locator('.active [data-do="check"]').isDisabled());
	t.is(next.store.getState().active, 'cline');
});

test.serial('says STALE after two heartbeats that did not come', async t => {
	const rig = await startApi(t, {limits: {heartbeat: 3_600_000}});
	allUp(rig.store);
	const {page} = await openPage(t, 'about:blank');
	await page.clock.install();
	await page.goto(`${rig.url}/ui`);
	await see(page, '#link', 'LIVE');
	await page.clock.pauseAt(Date.now() + 5000);
	await see(page, '#link', 'LIVE');
	// In small steps: the page tries again within a second, and finds the proxy.
	await until('it says so', async () => {
		await page.clock.runFor(100);
		return (await page.locator('#link').textContent())?.includes('STALE');
	});
	await page.clock.resume();
	await see(page, '#link', 'LIVE');
	t.is(await page.locator('.banner').count(), 0);
});

test.serial('asks nobody but its own proxy, and breaks none of its own rules', async t => {
	const {page, url, requests, complaints, store} = await startPage(t);
	await page.locator('.buttons [data-do="switch"]').click();
	await page.locator('#ask-confirm').click();
	await see(page, active, 'cline');
	takeDown(store, 'cline');
	await see(page, active, 'augment');
	t.deepEqual(requests.filter(request => !request.startsWith(`${url}/`) && !request.startsWith('data:')), []);
	t.deepEqual(complaints, []);
});

test.serial('runs nothing that is written into it', async t => {
	const {page, complaints} = await startPage(t);
	await evaluate(page, 'document.body.append(Object.assign(document.createElement("script"), {textContent: "globalThis.isHacked = true"}))');
	t.true(complaints.some(complaint => complaint.includes('Content Security Policy')));
	t.is(await evaluate(page, 'globalThis.isHacked'), undefined);
});

const hostile = '</script><img src=x onerror="globalThis.isHacked=1">"\'&<!--data-->';

test.serial('shows hostile names and messages as the text they are', async t => {
	const evil = {id: hostile, url: `http://localhost:1/${encodeURI(hostile)}`, priority: 0, probe: hostile};
	const {page, store, complaints, port} = await startPage(t, {targets: [augment, evil]});
	takeDown(store, hostile, `\u202Eevil\u001B[31m ${hostile}`);
	await see(page, '.events', 'is down');
	await page.reload();
	await see(page, '#link', 'LIVE');
	t.true((await page.locator('[data-row] .name').allTextContents()).includes(hostile));
	t.is(await page.locator('.failure').textContent(), String.raw`\u{202e}evil\x1b[31m ${hostile}`);
	t.is(await page.locator('img').count(), 0);
	t.is(await evaluate(page, 'globalThis.isHacked'), undefined);
	t.deepEqual(complaints, []);
	const {text} = await ask(port, '/ui');
	t.notRegex(text, /<img/v);
	t.is(text.match(/<\/script>/gv)?.length, 2);
});

/** What sticks out of its box, and every button that is not wholly within the window; a text, as in `evaluate`. */
const cutOff = `[...document.querySelectorAll("main, .scroll, .actions, dialog[open], dialog[open] .scroll")]
	.filter(box => box.scrollWidth > box.clientWidth).map(box => box.className || box.tagName)
	.concat([...document.querySelectorAll("button")].filter(button => button.checkVisibility() && button.getBoundingClientRect().right > innerWidth).map(button => button.textContent))`;

test.serial('fits every window: nothing is cut off, nothing scrolls sideways', async t => {
	const {page, store} = await startPage(t, {targets: [{...augment, id: 'a-name-that-is-longer-than-the-window-is-wide-on-a-small-telephone'}, cline]});
	takeDown(store, 'cline');
	await see(page, '[data-row="cline"] .state', '✖ DOWN');
	for (const width of [1400, 1281, 1280, 1200, 1161, 1160, 961, 960, 861, 800, 761, 760, 480, 360, 320]) {
		await page.setViewportSize({width, height: 800}); // eslint-disable-line no-await-in-loop -- one window
		t.is(await evaluate(page, 'document.documentElement.scrollWidth'), width); // eslint-disable-line no-await-in-loop
		t.deepEqual(await evaluate(page, cutOff), [], `${width} px`); // eslint-disable-line no-await-in-loop
		t.true(await page.locator('[data-row="cline"] [data-do="maintenance"]').isVisible()); // eslint-disable-line no-await-in-loop
	}

	await page.keyboard.press('s');
	await see(page, 'dialog[open] h2');
	t.is(await evaluate(page, 'document.documentElement.scrollWidth'), 320);
	t.deepEqual(await evaluate(page, cutOff), []);
});

test.serial('sorts and filters, and says so to a screen reader', async t => {
	const {page, store} = await startPage(t, {targets: [augment, cline, {...cline, id: 'backup', priority: 3}]});
	takeDown(store, 'cline');
	await see(page, '[data-row="cline"] .state', 'DOWN');
	const names = async (): Promise<unknown> => evaluate(page, '[...document.querySelectorAll("[data-row]")].map(row => row.dataset.row)');
	t.is(await page.locator('[aria-sort]').textContent(), '#▲');
	await page.locator('[data-sort="state"]').click();
	t.deepEqual(await names(), ['cline', 'augment', 'backup']);
	await page.locator('[data-sort="name"]').click();
	t.deepEqual(await names(), ['augment', 'backup', 'cline']);
	await page.locator('[data-sort="name"]').click();
	t.deepEqual(await names(), ['cline', 'backup', 'augment']);
	t.is(await page.locator('[aria-sort="descending"]').textContent(), 'Name▼'.replace('Name', 'Target'));
	await page.keyboard.press('/');
	await page.keyboard.type('!state:down');
	t.deepEqual(await names(), ['backup', 'augment']);
	await see(page, '#targets-title', '2 of 3');
	await page.locator('#filter').fill('nobody');
	await see(page, '.nothing', '0 of 3');
	t.is(await page.locator('[data-row]').count(), 0);
});

test.serial('shows MCP traffic as it happens, filtered by the words that the terminal knows', async t => {
	const {page, store, complaints} = await startPage(t);
	await see(page, '.traffic', 'No MCP request has gone through yet.');
	store.dispatch({type: 'sessions', changed: [session({target: 'augment'}), session({id: 'two', client: 'cursor 1.9'})], closed: []});
	store.dispatch({type: 'calls', calls: [
		mcpCall({id: 1}),
		mcpCall({id: 2, subject: hostile, verdict: 'net', attempts: 2}),
		mcpCall({id: 3, method: 'tools/list', subject: undefined, verdict: 'rpc', code: -32_601}),
	]});
	await see(page, '.traffic tbody', 'tools/list');
	t.deepEqual(await page.locator('.traffic tbody td:nth-child(2)').allTextContents(), ['tools/list', 'tools/call', 'tools/call']);
	t.deepEqual(await page.locator('.traffic .verdict').allTextContents(), ['! rpc -32601', '✖ net ×2', '✔ ok']);
	t.is(await page.locator('.traffic .tool').nth(1).textContent(), hostile);
	await see(page, '.figure', /^sessions2$/v);
	await page.locator('#call-filter').fill('status:!ok method:tools/call');
	await until('it is filtered', async () => await page.locator('.traffic tbody tr').count() === 1);
	await see(page, '#traffic-title', '1 of 3');
	await page.locator('#call-filter').fill('nobody');
	await see(page, '.traffic .nothing', '0 of 3');
	await page.locator('#call-filter').fill('');
	await page.locator('[data-do="pause"]').click();
	store.dispatch({type: 'calls', calls: Array.from({length: 300}, (_, index) => mcpCall({id: index + 4}))});
	await page.locator('[data-do="pause"]').click();
	await until('the newest 200 are shown', async () => await page.locator('.traffic tbody tr').count() === 200);
	await page.reload();
	await see(page, '#link', 'LIVE');
	t.is(await page.locator('.traffic tbody tr').count(), 200);
	t.deepEqual(complaints, []);
});

test.serial('says in the dialog what clients would miss, and wants the name typed where the settings forbid it', async t => {
	const {page, store} = await startPage(t);
	store.dispatch({type: 'catalogue', id: 'augment', catalogue: catalogue('add', 'sum')});
	store.dispatch({type: 'catalogue', id: 'cline', catalogue: catalogue('add')});
	store.dispatch({type: 'sessions', changed: [session({target: 'augment'})], closed: []});
	await see(page, '[data-row="cline"] .differs', '≠');
	await page.locator('[data-row="cline"] [data-do="switch"]').click();
	await see(page, 'dialog[open] .notice', '! cline lacks tool sum.');
	t.deepEqual((await page.locator('dialog[open] tr').allTextContents()).slice(-2), ['Tools21', 'Sessions10']);
	t.false(await page.locator('#ask-confirm').isDisabled());
	store.dispatch({type: 'configure', targets: [augment, cline], rules: {...store.getState().rules, gate: 'require'}, changes: []});
	await see(page, 'dialog[open] .notice', 'The settings want a target that offers the same.');
	t.true(await page.locator('#ask-confirm').isDisabled());
	await page.locator('#ask-input').fill('cline');
	await page.locator('#ask-confirm').click();
	await see(page, active, 'cline');
});

test.serial('keeps selection and focus through changes, and draws at most four times a second', async t => {
	const {page, store} = await startPage(t);
	await page.locator('[data-row="cline"]').focus();
	await evaluate(page, `
		getSelection().selectAllChildren(document.querySelector('[data-row="augment"] .name'));
		globalThis.times = [];
		new MutationObserver(() => times.push(performance.now())).observe(document.querySelector('#app'), {subtree: true, childList: true, characterData: true, attributes: true});
	`);
	for (let count = 1; count <= 100; count++) {
		store.dispatch({type: 'passed', id: 'cline', ms: count, isPassive: false});
		await new Promise(resolve => { // eslint-disable-line no-await-in-loop -- a stream of events, one after the other
			setTimeout(resolve, 10);
		});
	}

	await see(page, '[data-row="cline"]', '100ms');
	const times = await page.evaluate<number[]>('times');
	t.true(times.length >= 2);
	t.true(times.every((time, index) => index === 0 || time - (times[index - 1] ?? 0) > 200), times.map(time => Math.round(time)).join(' '));
	t.is(await evaluate(page, 'getSelection().toString()'), '●augment');
	t.is(await evaluate(page, focusedRow), 'cline');
});

test.serial('draws nothing while the tab is hidden, and catches up when it is seen', async t => {
	const {page, store} = await startPage(t);
	const hide = async (isHidden: boolean): Promise<unknown> => evaluate(page, `
		Object.defineProperty(document, 'hidden', {value: ${isHidden}, configurable: true});
		document.dispatchEvent(new Event('visibilitychange'));
	`);
	await hide(true);
	store.dispatch({type: 'switch', id: 'cline'});
	await evaluate(page, 'new Promise(resolve => { setTimeout(resolve, 600); })'); // More than two pictures would have taken.
	t.is(await page.locator(active).textContent(), 'augment');
	await hide(false);
	t.is(await page.locator(active).textContent(), 'cline');
});

test.serial('stands still while paused', async t => {
	const {page, store} = await startPage(t);
	await page.locator('[data-do="pause"]').click();
	await see(page, '#link', 'PAUSED');
	store.dispatch({type: 'switch', id: 'cline'});
	await see(page, '#status', 'augment → cline');
	t.is(await page.locator(active).textContent(), 'augment');
	await page.locator('[data-do="pause"]').click();
	await see(page, active, 'cline');
});

test.serial('lets single letters be switched off, and remembers that and the theme', async t => {
	const {page} = await startPage(t);
	await page.keyboard.press('?');
	await page.locator('#shortcuts').uncheck();
	await page.keyboard.press('Escape');
	await page.keyboard.press('s');
	await page.keyboard.press('t');
	t.is(await page.locator('dialog[open]').count(), 0);
	t.is(await page.locator('html').getAttribute('data-theme'), 'auto');
	await page.locator('#theme').click();
	await page.locator('#theme').click();
	await page.reload();
	await see(page, '#theme', 'Theme: dark');
	t.is(await page.locator('html').getAttribute('data-theme'), 'dark');
	t.is(await evaluate(page, 'getComputedStyle(document.documentElement).colorScheme'), 'dark');
	await page.keyboard.press('s');
	t.is(await page.locator('dialog[open]').count(), 0);
});

test.serial('tells a screen reader what changed, and alone that nothing is usable as an alert', async t => {
	const {page, store} = await startPage(t);
	t.is(await page.locator('[role=alert]#alert').textContent(), '');
	takeDown(store, 'augment');
	await see(page, '[role=status]', 'augment → cline');
	takeDown(store, 'cline');
	await see(page, '#alert', 'No usable target: requests get 503.');
	t.is(await page.locator('[role=alert]:not(dialog *)').count(), 1);
});

test.serial('asks for the token when a change from another machine needs it', async t => {
	const {page, store} = await startPage(t, {peer: '192.0.2.9', getToken: () => 'THE-TOKEN'});
	const checks: string[] = [];
	store.subscribe(({event}) => {
		checks.push(event.type);
	});
	await page.locator('.active [data-do="check"]').click();
	await page.locator('#token-input').fill('THE-TOKEN');
	await page.keyboard.press('Enter');
	await page.locator('dialog[open]').waitFor({state: 'detached'});
	t.false(checks.includes('check.requested'));
	await page.locator('.active [data-do="check"]').click();
	await until('the check', () => checks.includes('check.requested'));
	t.false((await page.content()).includes('THE-TOKEN'));
});

test.serial('takes the token from its address once, and hides it there', async t => {
	const rig = await startApi(t, {peer: '192.0.2.9', getToken: () => 'THE-TOKEN'});
	allUp(rig.store);
	const {page, requests} = await openPage(t, `${rig.url}/ui#token=THE-TOKEN`);
	await see(page, '#link', 'LIVE');
	t.is(page.url(), `${rig.url}/ui`);
	await page.locator('[data-row="cline"] [data-do="maintenance"]').click();
	await see(page, '[data-row="cline"] .state', 'MAINT');
	t.false(requests.some(request => request.includes('?')));
});

test('stays within its budget, names no other origin, and forbids what it does not need', async t => {
	const {port, url} = await startApi(t, {targets: []});
	const bytes = readFileSync('dist/web/index.html');
	const compressed = gzipSync(bytes, {level: 9});
	t.true(bytes.length <= 60_000, `${bytes.length} bytes`);
	t.true(compressed.length <= 18 * 1024, `${compressed.length} bytes compressed`);
	const {text, headers} = await ask(port, '/ui');
	const origins = new Set([...text.matchAll(/https?:\/\/[^\/"'`\s\\<]+/gv)].map(([origin]) => origin));
	t.deepEqual([...origins].filter(origin => origin !== url && origin !== 'http://www.w3.org'), []);
	t.is(headers['x-content-type-options'], 'nosniff');
	t.is(headers['cache-control'], 'no-store');
	const policy = String(headers['content-security-policy']).replaceAll(/'sha256-[^']{44}'/gv, 'HASH').split('; ');
	t.deepEqual(policy, [
		'default-src \'none\'',
		'script-src HASH',
		'style-src HASH',
		'connect-src \'self\'',
		'img-src data:',
		'base-uri \'none\'',
		'form-action \'self\'',
		'frame-ancestors \'none\'',
	]);
});
