import {PassThrough, Writable} from 'node:stream';
import {setTimeout as delay} from 'node:timers/promises';
import xterm from '@xterm/headless';
import type {ExecutionContext} from 'ava';
import {createLocalClient} from '../../source/client/local.ts';
import type {Client} from '../../source/client/client.ts';
import {defaultRules, type Rules} from '../../source/core/rules.ts';
import {noTraffic, type Target, type Traffic} from '../../source/core/target.ts';
import {createStore, type Store} from '../../source/store/store.ts';
import {runTui, type Exit, type TuiIo, type TuiOptions} from '../../source/tui/run.tsx';

/** How long a screen may take to show what a test waits for, in ms. */
const patience = 30_000;

const special: Readonly<Record<string, string>> = {
	up: '\u001B[A',
	down: '\u001B[B',
	right: '\u001B[C',
	left: '\u001B[D',
	home: '\u001B[H',
	end: '\u001B[F',
	pageup: '\u001B[5~',
	pagedown: '\u001B[6~',
	enter: '\r',
	esc: '\u001B',
	tab: '\t',
	'shift-tab': '\u001B[Z',
	backspace: '\u007F',
};

/** What a terminal sends for a key by name. */
export const keySequence = (key: string): string => {
	const letter = /^ctrl-([a-z])$/v.exec(key)?.[1];
	return letter === undefined ? special[key] ?? key : String.fromCodePoint((letter.codePointAt(0) ?? 0) - 96);
};

type Size = Readonly<{columns: number; rows: number}>;

/** An emulated terminal: what is written to it, as a person would see it. */
export const createScreen = ({columns, rows}: Size) => {
	const terminal = new xterm.Terminal({cols: columns, rows, allowProposedApi: true, convertEol: true});
	let raw = '';
	const write = (text: string): void => {
		raw += text;
		terminal.write(text);
	};

	const settle = async (): Promise<void> => new Promise(resolve => {
		terminal.write('', resolve);
	});
	const lines = (): string[] => {
		const {active} = terminal.buffer;
		return Array.from({length: terminal.rows}, (_, row) => active.getLine(active.viewportY + row)?.translateToString(true, 0, terminal.cols).trimEnd() ?? '');
	};

	const waitFor = async (isThere: (text: string) => boolean, what: string): Promise<string> => {
		const end = Date.now() + patience;
		for (;;) {
			await settle(); // eslint-disable-line no-await-in-loop -- One look after the other.
			const text = lines().join('\n');
			if (isThere(text)) {
				return text;
			}

			if (Date.now() > end) {
				throw new Error(`The screen never ${what}. It shows:\n${text}`);
			}

			await delay(10); // eslint-disable-line no-await-in-loop
		}
	};

	return {
		terminal,
		write,
		lines,
		settle,
		/** Everything written since the last `forget`, as it was written. */
		raw: () => raw,
		forget() {
			raw = '';
		},
		/** Frames drawn since the last `forget`: Ink brackets each in a synchronized update. */
		frames: () => raw.split('\u001B[?2026h').length - 1,
		text: () => lines().join('\n'),
		/** Waits until the screen matches; resolves with all of it. */
		shows: async (pattern: RegExp) => waitFor(text => pattern.test(text), `showed ${String(pattern)}`),
		lacks: async (pattern: RegExp) => waitFor(text => !pattern.test(text), `lost ${String(pattern)}`),
		until: waitFor,
	};
};

export type Screen = ReturnType<typeof createScreen>;

/** A terminal that is none: streams as `process.stdin` and `process.stdout` are on a terminal, painted by `screen`. */
export const createTty = (screen: Screen, size: Size): {stdin: NodeJS.ReadStream; stdout: NodeJS.WriteStream; modes: boolean[]; resize: (columns: number, rows: number) => void} => {
	const modes: boolean[] = [];
	const stdin = Object.assign(new PassThrough(), {
		isTTY: true,
		setRawMode(isRaw: boolean) {
			modes.push(isRaw);
			return stdin;
		},
		ref: () => stdin,
		unref: () => stdin,
	});
	const stdout = Object.assign(new Writable({
		decodeStrings: false,
		write(chunk: string | Uint8Array, _encoding, done) {
			screen.write(typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk));
			done();
		},
	}), {isTTY: true, ...size});
	return {
		stdin: stdin as unknown as NodeJS.ReadStream,
		stdout: stdout as unknown as NodeJS.WriteStream,
		modes,
		resize(columns, rows) {
			screen.terminal.resize(columns, rows);
			Object.assign(stdout, {columns, rows});
			stdout.emit('resize');
		},
	};
};

export const target = (id: string, priority: number, url = `http://127.0.0.1:${3000 + priority}`): Target => ({id, url, priority, probe: 'http GET /health'});

/** Two targets, `alpha` preferred and active, both up. */
export const createProxy = (targets: readonly Target[] = [target('alpha', 1), target('beta', 2)], rules: Partial<Rules> = {}): {store: Store; client: Client} => {
	const store = createStore();
	const client = createLocalClient(store, 'http://localhost:4000');
	store.dispatch({type: 'configure', targets, rules: {...defaultRules, ...rules}, changes: ['first']});
	for (const {id} of targets) {
		store.dispatch({type: 'passed', id, ms: 12, isPassive: false});
	}

	return {store, client};
};

export const fail = ({dispatch}: Store, id: string, {times = 3, message = 'connect ECONNREFUSED 127.0.0.1:3001'} = {}): void => {
	for (let count = 0; count < times; count++) {
		dispatch({type: 'failed', id, code: 'ECONNREFUSED', message, isPassive: false});
	}
};

export const carry = ({dispatch}: Store, traffic: Readonly<Record<string, Partial<Traffic>>>): void => {
	dispatch({type: 'sample', targets: Object.fromEntries(Object.entries(traffic).map(([id, part]) => [id, {...noTraffic, ...part}]))});
};

type Wish = Readonly<{
	client: Client;
	size?: Size;
	options?: Partial<TuiOptions>;
	io?: TuiIo;
	onQuit?: (exit: Exit) => void;
	/** What must be on the screen before the test begins; the header by default. */
	ready?: RegExp;
}>;

/** The dashboard on an emulated terminal, ended with the test. */
export const openTui = async (t: ExecutionContext, {client, size = {columns: 120, rows: 36}, options = {}, io = {}, onQuit, ready = /pmcp/v}: Wish) => {
	const screen = createScreen(size);
	const tty = createTty(screen, size);
	const abort = new AbortController();
	const exited = runTui({
		client,
		options: {mode: 'own', isAscii: false, color: true, signal: abort.signal, ...options},
		io: {stdin: tty.stdin, stdout: tty.stdout, stderr: tty.stdout, ...io},
		...(onQuit ? {onQuit} : {}),
	});
	t.teardown(async () => {
		abort.abort();
		await Promise.allSettled([exited]);
		client.close();
	});
	await screen.shows(ready);
	return {
		...screen,
		...tty,
		exited,
		/** Press keys one after the other, each as one piece of input that has been dealt with before the next. */
		async press(...keys: readonly string[]) {
			for (const key of keys) {
				tty.stdin.push(keySequence(key));
				await delay(2); // eslint-disable-line no-await-in-loop -- Now it has been read.
				if (key === 'esc') {
					await delay(60); // eslint-disable-line no-await-in-loop -- Ink waits 20 ms after a lone Escape, to see whether a sequence follows.
				}
			}
		},
	};
};

export type Tui = Awaited<ReturnType<typeof openTui>>;
