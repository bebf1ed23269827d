import process from 'node:process';
import test from 'ava';
import type {Client} from '../../source/client/client.ts';
import type {Stamped} from '../../source/core/event.ts';
import {printable} from '../../source/core/text.ts';
import {detectLook} from '../../source/tui/theme.ts';
import {runTui} from '../../source/tui/run.tsx';
import {takeTerminal} from '../../source/tui/terminal.ts';
import {carry, createProxy, createScreen, createTty, fail, openTui, target} from '../helpers/screen.ts';

/** Row X1: what a hostile target or settings file could carry. */
const hostile = {
	'OSC 52': '\u001B]52;c;ZXZpbA==\u0007',
	CSI: '\u001B[2J\u001B[31mred',
	'C1 CSI': '\u009B2J',
	'carriage return': 'good\rbad',
	'line feed': 'one\ntwo',
	bidi: '\u202Egnp.exe',
	'zero width': 'a\u200Bb\uFEFFc',
	'C1 OSC': '\u009D0;title\u009C',
	backspace: 'abc\b\b\bxyz',
	DCS: '\u001BP+q544e\u001B\\',
};

for (const [name, text] of Object.entries(hostile)) {
	test.serial(`shows ${name} from the network instead of sending it to the terminal`, async t => {
		const {store, client} = createProxy([{id: `x${text}`, url: `http://h/${text}`, priority: 1, probe: `http GET /${text}`}, target('beta', 2)]);
		const tui = await openTui(t, {client, size: {columns: 160, rows: 40}});
		fail(store, `x${text}`, {message: `boom ${text}`});
		store.dispatch({type: 'refuse', faults: [`fault ${text}`]});
		store.dispatch({type: 'notice', room: 'log', message: `said ${text}`});
		await tui.shows(/said/v);
		await tui.press('enter');
		await tui.shows(/events of/v);
		await tui.press('esc', 's');
		await tui.shows(/on to go|Switch active target|is active/v);
		await tui.press('esc', 'y');
		await tui.shows(/Copy/v);
		await tui.press('esc', ':', 's', 'w');
		await tui.shows(/switch beta/v);
		t.true(tui.text().includes(printable(text).slice(0, 6)) || tui.raw().includes(printable(text).slice(0, 6)), 'it is shown');
		const sent = tui.raw();
		t.false(sent.includes(text), 'it is not sent as it came');
		// What our own drawing never sends: other controls than these, and any format character.
		const ours = sent
			.replaceAll(/\u001B\[[\d;?]*[A-Zhlm]/gv, '') // eslint-disable-line no-control-regex -- CSI of the drawing itself.
			.replaceAll('\n', '')
			.replaceAll('\r', '');
		t.deepEqual([...ours.matchAll(/[\p{Cc}\p{Cf}]/gv)].map(([found]) => found), []);
	});
}

test.serial('never wipes the screen or the scrollback, whatever is pressed', async t => {
	const {store, client} = createProxy();
	const tui = await openTui(t, {client});
	await tui.press('j', 's', 'esc', '?', 'esc', 'enter', 'esc', ':', 'esc', 'T', 'ctrl-r', 'p', 'p');
	tui.resize(80, 24);
	await tui.until(() => tui.lines().length === 24 && (tui.lines()[23] ?? '').includes('q quit'), 'fitted');
	store.dispatch({type: 'switch', id: 'beta'});
	await tui.shows(/● beta|\* beta/v);
	t.false(tui.raw().includes('\u001B[2J'));
	t.false(tui.raw().includes('\u001B[3J'));
	t.false(tui.raw().includes('\u001B[?1000h') || tui.raw().includes('\u001B[?1002h') || tui.raw().includes('\u001B[?1006h'), 'the mouse stays the terminal\'s');
});

// eslint-disable-next-line no-control-regex -- SGR with a colour in it: 3x, 4x, 9x, 10x.
const colour = /\u001B\[(?:\d+;)*(?:[34]\d|9[0-7]|10[0-7])(?:;\d+)*m/v;

test.serial('sends no colour with NO_COLOR, and says every state in words', async t => {
	const {store, client} = createProxy();
	fail(store, 'beta');
	const tui = await openTui(t, {client, options: {color: false}});
	await tui.press('j', 's');
	await tui.shows(/Type beta to go on/v);
	await tui.press('esc', 'enter');
	await tui.shows(/events of beta/v);
	t.notRegex(tui.raw().replaceAll('\u001B[39m', ''), colour);
	t.regex(tui.raw(), /\u001B\[7m✖ DOWN/v); // eslint-disable-line no-control-regex -- Reverse video for what is down.
});

test.serial('sends only the sixteen colours of the terminal, never white or black', async t => {
	const {store, client} = createProxy();
	fail(store, 'beta');
	const tui = await openTui(t, {client});
	await tui.press('j', 's', 'esc', '?', 'esc', 'm');
	await tui.shows(/Take beta out|beta/v);
	const used = new Set([...tui.raw().matchAll(/\u001B\[([\d;]*)m/gv)].flatMap(([, codes = '']) => codes.split(';'))); // eslint-disable-line no-control-regex
	t.deepEqual([...used].filter(code => !['0', '', '1', '2', '7', '22', '27', '39', '31', '32', '33', '34', '36'].includes(code)), []);
});

test.serial('draws nothing but ASCII of its own when asked to', async t => {
	const {store, client} = createProxy();
	carry(store, {alpha: {rate: 3, requests: 100, inFlight: 1, p50: 3, p95: 4, p99: 5}});
	fail(store, 'beta');
	const tui = await openTui(t, {client, options: {isAscii: true}});
	for (const [keys, pattern] of [
		[['j', 's'], /Type beta/v],
		[['esc', 'enter'], /events of beta/v],
		[['esc', '?'], /asks first/v],
		[['end'], /where things are/v],
		[['esc', 'm'], /Take beta out/v],
		[['esc', 'o'], /Sort by/v],
		[['esc', 'y'], /Copy/v],
		[['esc', ':'], /tab completes/v],
		[['esc', '/', 'q', 'q'], /no target matches/v],
		[['esc', 'q'], /Leave pmcp/v],
	] as const) {
		await tui.press(...keys); // eslint-disable-line no-await-in-loop
		await tui.shows(pattern); // eslint-disable-line no-await-in-loop
	}

	store.dispatch({type: 'switch', id: 'beta', isForced: true});
	await tui.shows(/\* beta x DOWN/v);
	const isPlain = (character: string): boolean => (character.codePointAt(0) ?? 0) < 127;
	t.deepEqual([...new Set(tui.raw())].filter(character => !isPlain(character)), []);
});

test('chooses ASCII and colour by what the environment says of the terminal', t => {
	t.deepEqual(detectLook({LANG: 'en_US.UTF-8', TERM: 'xterm-256color'}, 'linux'), {isAscii: false, color: true});
	t.deepEqual(detectLook({LANG: 'C', TERM: 'xterm'}, 'linux'), {isAscii: true, color: true});
	t.deepEqual(detectLook({LC_ALL: 'C', LANG: 'de_DE.UTF-8', TERM: 'xterm'}, 'linux'), {isAscii: true, color: true});
	t.deepEqual(detectLook({LANG: 'C.utf8', TERM: 'linux'}, 'linux'), {isAscii: true, color: true});
	t.deepEqual(detectLook({LANG: 'C.UTF-8', TERM: 'dumb'}, 'linux'), {isAscii: true, color: false});
	t.deepEqual(detectLook({LANG: 'C.UTF-8', NO_COLOR: '1'}, 'linux'), {isAscii: false, color: false});
	t.deepEqual(detectLook({LANG: 'C.UTF-8', NO_COLOR: ''}, 'linux'), {isAscii: false, color: true});
	t.deepEqual(detectLook({LANG: 'C.UTF-8', NO_COLOR: '1', FORCE_COLOR: '1'}, 'linux'), {isAscii: false, color: true});
	t.deepEqual(detectLook({LANG: 'C.UTF-8', FORCE_COLOR: '0'}, 'linux'), {isAscii: false, color: false});
	t.deepEqual(detectLook({}, 'linux'), {isAscii: true, color: true});
	t.deepEqual(detectLook({}, 'darwin'), {isAscii: false, color: true});
});

test.serial('turns what others write to the terminal into notices among the events', async t => {
	const {client} = createProxy();
	const heard: string[] = [];
	const tui = await openTui(t, {client, options: {onNotice: text => heard.push(text)}});
	tui.forget();
	for (let count = 0; count < 3; count++) {
		tui.stdout.write('a library says \u001B[2Jhello\n');
	}

	process.emitWarning('this is odd');
	await tui.shows(/· notice +a library says \\x1b\[2Jhello \(×3\)/v);
	await tui.shows(/notice +Warning: this is odd/v);
	t.false(tui.raw().includes('\u001B[2J'));
	t.is(heard.length, 4);
});

test.serial('gives the terminal back as it was when it is told to end', async t => {
	const {client} = createProxy();
	const abort = new AbortController();
	const tui = await openTui(t, {client, options: {signal: abort.signal}});
	const {write} = tui.stdout;
	abort.abort();
	t.is(await tui.exited, 'stop');
	await tui.settle();
	t.is(tui.terminal.buffer.active.type, 'normal');
	t.true(tui.raw().endsWith('\u001B[?25h'), 'the cursor shows');
	t.false(tui.modes.at(-1));
	t.not(tui.stdout.write, write);
	tui.stdout.write('the shell again');
	await tui.shows(/the shell again/v);
	t.is(tui.stdin.listenerCount('data'), 0);
});

test.serial('gives the terminal back when drawing breaks, and passes the error on', async t => {
	const screen = createScreen({columns: 80, rows: 24});
	const tty = createTty(screen, {columns: 80, rows: 24});
	const {store, client} = createProxy();
	let isBroken = false;
	// As a daemon of another version might say it.
	const odd = {seq: Number.MAX_SAFE_INTEGER, at: 0, now: 0, event: {type: 'admin.changed', id: 'alpha', admin: 'odd'}} as unknown as Stamped;
	const broken: Client = {...client, getNews: () => isBroken ? [odd] : client.getNews()};
	const exited = runTui({client: broken, options: {mode: 'own'}, io: {...tty, stderr: tty.stdout}});
	await screen.shows(/NAME/v);
	isBroken = true;
	store.dispatch({type: 'switch', id: 'beta'});
	await t.throwsAsync(exited, {instanceOf: TypeError});
	await screen.settle();
	t.is(screen.terminal.buffer.active.type, 'normal');
	t.false(tty.modes.at(-1));
	client.close();
});

test.serial('gives the terminal back in an emergency, with nobody left to draw', async t => {
	const screen = createScreen({columns: 80, rows: 24});
	const tty = createTty(screen, {columns: 80, rows: 24});
	const calls: string[] = [];
	const terminal = takeTerminal({...tty, stderr: tty.stdout}, true, {
		onForeign: text => calls.push(text),
		onResize: () => calls.push('resize'),
		onDoubleInterrupt: () => calls.push('interrupt'),
		onLost: () => calls.push('lost'),
	});
	terminal.write('\u001B[?1049h\u001B[?25lhalf a frame');
	tty.stdin.write('\u0003');
	tty.stdin.write('\u0003');
	await screen.until(() => calls.length === 1, 'heard Ctrl-C');
	t.deepEqual(calls, ['interrupt']);
	terminal.abandon();
	terminal.abandon();
	terminal.stdout.write('too late');
	await screen.settle();
	t.is(screen.terminal.buffer.active.type, 'normal');
	t.notRegex(screen.text(), /too late/v);
	t.is(screen.raw().split('\u001B[?1049l').length, 2, 'left once');
});
