import {writeFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import pty from '@lydell/node-pty';
import test, {type ExecutionContext} from 'ava';
import {startBackend} from '../helpers/backend.ts';
import {temporaryFolder} from '../helpers/folder.ts';
import {settingsPlace} from '../helpers/rig.ts';
import {createScreen, keySequence} from '../helpers/screen.ts';
import {startTargetProcess} from '../helpers/target-process.ts';
import {until} from '../helpers/until.ts';

/** How long a program may take to end, in ms. */
const patience = 30_000;

const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));

/** The environment of a person at a terminal: nothing of a CI, of tmux, or of anyone's own settings. */
const environment = (folder: string): Record<string, string> => {
	const {CI, CONTINUOUS_INTEGRATION, TMUX, NO_COLOR, FORCE_COLOR, NODE_ENV, LC_ALL, LC_CTYPE, PROXY_MCP_CONFIG, ...rest} = process.env;
	const kept = Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== undefined);
	return {...Object.fromEntries(kept), LANG: 'C.UTF-8', TERM: 'xterm-256color', XDG_STATE_HOME: folder, XDG_CONFIG_HOME: folder, NODE_DISABLE_COMPILE_CACHE: '1'};
};

type Wish = Readonly<{args: readonly string[]; folder: string; columns?: number; rows?: number; env?: Readonly<Record<string, string>>}>;

/** The real executable on a real pseudo-terminal, its screen read by an emulator. */
const open = (t: ExecutionContext, {args, folder, columns = 120, rows = 36, env = {}}: Wish) => {
	const screen = createScreen({columns, rows});
	const child = pty.spawn(process.execPath, [cli, ...args], {name: 'xterm-256color', cols: columns, rows, cwd: folder, env: {...environment(folder), ...env}});
	const exit = Promise.withResolvers<number>();
	let isOver = false;
	child.onData(screen.write);
	child.onExit(({exitCode}) => {
		isOver = true;
		exit.resolve(exitCode);
	});
	screen.terminal.onData(data => {
		child.write(data);
	});
	t.teardown(async () => {
		if (!isOver) {
			child.kill('SIGKILL');
		}

		await until('the program is gone', () => isOver, patience);
	});
	const press = async (...keys: readonly string[]): Promise<void> => {
		for (const key of keys) {
			child.write(keySequence(key));
			await delay(60); // eslint-disable-line no-await-in-loop -- Keys of a person come one by one.
		}
	};

	return {
		...screen,
		pid: child.pid,
		/** The exit code; fails when the program does not end in time, rather than waiting for ever. */
		get exited() {
			return until('the program ends', () => isOver, patience).then(async () => exit.promise);
		},
		press,
		/** Leaves the dashboard that has the proxy in it. The answer goes to the question only once that is on the screen: keys in one piece never confirm. */
		async quit() {
			await press('q');
			await screen.shows(/Leave pmcp/v);
			await press('x');
		},
		kill(signal: string) {
			child.kill(signal);
		},
		resize(cols: number, lines: number) {
			screen.terminal.resize(cols, lines);
			child.resize(cols, lines);
		},
	};
};

const arguments_ = (config: string): string[] => ['--config', config];

test.serial('shows two real backends, switches, fails over when one is killed, fits new sizes, and stops', async t => {
	const [first, second] = [await startTargetProcess(t, 'first'), await startBackend(t, 'second')];
	const place = settingsPlace(t, {first: first.url, second: second.url.href});
	const tui = open(t, {args: arguments_(place.config), folder: place.folder});
	const text = await tui.shows(/● first ✔ UP(?:.|\n)*2 second +✔ UP/v);
	t.is(tui.terminal.buffer.active.type, 'alternate');
	const url = `http://${/pmcp +(127\.0\.0\.1:\d+)/v.exec(text)?.[1] ?? ''}`;
	t.is(await (await fetch(url)).text(), 'first');

	await tui.press('j', 's');
	await tui.shows(/Switch to second \(y\)/v);
	await tui.press('y');
	await tui.shows(/● second ✔ UP(?:.|\n)*✔ switched first → second · u undo/v);
	t.is(await (await fetch(url)).text(), 'second');
	await tui.press('u', 'y');
	await tui.shows(/● first ✔ UP/v);

	await first.signal('SIGKILL');
	await tui.shows(/● second ✔ UP(?:.|\n)*✖ failover first → second/v);
	t.is(await (await fetch(url)).text(), 'second');
	await second.crash();
	await tui.shows(/ALL TARGETS DOWN/v);
	t.is((await fetch(url)).status, 503);
	await second.revive();
	await tui.shows(/● second ✔ UP/v);

	tui.resize(80, 24);
	await tui.until(() => /^ pmcp → ● second .*\[LIVE\]$/v.test(tui.lines()[0] ?? '') && (tui.lines()[23] ?? '').endsWith('q quit'), 'fitted 80×24');
	tui.resize(52, 12);
	await tui.until(() => tui.text().includes('in flight') && !tui.text().includes('STATE'), 'fitted 52×12');
	tui.resize(120, 36);
	await tui.shows(/ENDPOINT/v);

	await tui.quit();
	t.is(await tui.exited, 0);
	await tui.settle();
	t.is(tui.terminal.buffer.active.type, 'normal');
	t.notRegex(tui.raw(), /\u001B\[[23]J/v); // eslint-disable-line no-control-regex -- Neither the screen nor the scrollback is wiped.
	await t.throwsAsync(fetch(url), undefined, 'the proxy has stopped');
});

test.serial('names the next step when no target of the settings answers', async t => {
	const place = settingsPlace(t, {gone: 'http://127.0.0.1:9'});
	const tui = open(t, {args: arguments_(place.config), folder: place.folder, columns: 80, rows: 24});
	const text = await tui.shows(/ALL TARGETS DOWN/v);
	t.regex(text, /clients get HTTP 503/v);
	t.regex(text, /c +check all now/v);
	t.regex(text, /pmcp config path/v);
});

test.serial('shows refused settings while the earlier ones stay in force', async t => {
	const backend = await startBackend(t, 'only');
	const place = settingsPlace(t, {only: backend.url.href});
	const tui = open(t, {args: arguments_(place.config), folder: place.folder});
	await tui.shows(/● only ✔ UP/v);
	writeFileSync(place.config, '{"server": {"prot": 1}}');
	await tui.shows(/settings on disk refused, the earlier ones stay/v);
	t.regex(tui.text(), /● only ✔ UP/v);
	place.write({});
	await tui.lacks(/settings on disk refused/v);
});

for (const signal of ['SIGTERM', 'SIGHUP']) {
	test.serial(`gives the terminal back on ${signal}`, async t => {
		const backend = await startBackend(t, 'only');
		const place = settingsPlace(t, {only: backend.url.href});
		const tui = open(t, {args: arguments_(place.config), folder: place.folder});
		await tui.shows(/● only ✔ UP/v);
		tui.kill(signal);
		await tui.exited;
		await tui.settle();
		t.is(tui.terminal.buffer.active.type, 'normal');
		t.true(tui.raw().lastIndexOf('\u001B[?25h') > tui.raw().lastIndexOf('\u001B[?25l'), 'the cursor shows');
	});
}

test.serial('gives the terminal back when the program breaks, and the error can be read', async t => {
	const backend = await startBackend(t, 'only');
	const place = settingsPlace(t, {only: backend.url.href});
	const fault = 'import {isMainThread} from "node:worker_threads"; if (isMainThread) process.once("SIGUSR2", () => { throw new Error("boom in the main thread"); })';
	const tui = open(t, {args: arguments_(place.config), folder: place.folder, env: {NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}`}});
	await tui.shows(/● only/v);
	tui.kill('SIGUSR2');
	t.not(await tui.exited, 0);
	await tui.settle();
	t.is(tui.terminal.buffer.active.type, 'normal');
	t.regex(tui.text(), /boom in the main thread/v);
});

test.serial('leaves at once on two Ctrl-C', async t => {
	const backend = await startBackend(t, 'only');
	const place = settingsPlace(t, {only: backend.url.href});
	const tui = open(t, {args: arguments_(place.config), folder: place.folder});
	await tui.shows(/● only ✔ UP/v);
	await tui.press('ctrl-c');
	await tui.shows(/Leave pmcp/v);
	await tui.press('ctrl-c');
	t.is(await tui.exited, 0);
});

test.serial('looks the same when attached, says STALE when the proxy ends, and leaves it alone', async t => {
	const backend = await startBackend(t, 'only');
	const other = await startBackend(t, 'other');
	const place = settingsPlace(t, {only: backend.url.href, other: other.url.href});
	const owner = open(t, {args: arguments_(place.config), folder: place.folder});
	const url = `http://${/pmcp +(127\.0\.0\.1:\d+)/v.exec(await owner.shows(/● only ✔ UP/v))?.[1] ?? ''}`;
	const folder = temporaryFolder(t);
	const guest = open(t, {args: ['attach', url], folder});
	await guest.shows(/● only ✔ UP(?:.|\n)*\[LIVE\]/v);
	await guest.press('j', 's');
	await guest.shows(/Switch to other \(y\)/v);
	await guest.press('y');
	await Promise.all([guest.shows(/● other ✔ UP/v), owner.shows(/● other ✔ UP/v)]);
	await owner.quit();
	await owner.exited;
	await guest.shows(/\[STALE/v);
	await guest.shows(/RECONNECTING to http/v);
	await guest.press('q');
	t.is(await guest.exited, 0);
});

test.serial('draws without colour with NO_COLOR, and in ASCII in a locale without UTF-8', async t => {
	const backend = await startBackend(t, 'only');
	const place = settingsPlace(t, {only: backend.url.href});
	const tui = open(t, {args: arguments_(place.config), folder: place.folder, env: {NO_COLOR: '1', LANG: 'C'}});
	await tui.shows(/\* only \+ UP/v);
	t.notRegex(tui.raw(), /\u001B\[(?:\d+;)*3[1-7]m/v); // eslint-disable-line no-control-regex -- A colour.
	t.deepEqual([...tui.raw()].filter(character => (character.codePointAt(0) ?? 0) > 126), []);
	await tui.quit();
	t.is(await tui.exited, 0);
});
