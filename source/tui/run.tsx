import {once} from 'node:events';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {render, useApp, type Instance} from 'ink';
import {useEffect, type ReactElement} from 'react';
import type {Client} from '../client/client.ts';
import {createCell} from './cell.ts';
import {clipboardSequence} from './clipboard.ts';
import {App} from './components/app.tsx';
import {begin, createList, type Context, type Exit} from './context.ts';
import {lookOf} from './layout.ts';
import {createNotices} from './notices.ts';
import {createPulse} from './pulse.ts';
import {takeTerminal, type Streams, type Terminal} from './terminal.ts';
import {detectLook} from './theme.ts';
import {announceNews, createToasts} from './toasts.ts';
import {initialUi, type Ui, type UiCell} from './ui.ts';
import {ScreenContext} from './use-select.ts';

export type {Exit} from './context.ts';

/** How the dashboard is drawn and what it may do. What is left out of the look is found in the environment (`detectLook`). */
export type TuiOptions = Readonly<{
	isAscii?: boolean;
	color?: boolean;
	/** Nothing can be changed from this view. */
	isReadOnly?: boolean;
	/** `own`: the proxy lives in this process, and leaving asks. `attached`: it lives elsewhere. */
	mode: 'own' | 'attached';
	/** Draw on the alternate screen (default), or on the primary one. */
	alternateScreen?: boolean;
	/** Ends the view, its screen restored: for SIGTERM and SIGHUP. */
	signal?: AbortSignal;
	/** Told what else was written to the terminal while the screen was up (foreign writes, warnings), a line each. */
	onNotice?: (text: string) => void;
}>;

/** What a test replaces. `suspend`: stop this process until it is continued. */
export type TuiIo = Partial<Streams & Readonly<{clock: () => number; suspend: () => Promise<void>}>>;

type Wish = Readonly<{
	client: Client;
	options: TuiOptions;
	/** Told the decision at once, before the screen is given back. */
	onQuit?: (exit: Exit) => void;
	io?: TuiIo;
}>;

/** Stops this process and its job like the shell's Ctrl-Z; resolves when it goes on (or at once where nobody can stop it). */
const suspendSelf = async (): Promise<void> => {
	const continued = once(process, 'SIGCONT');
	process.kill(0, 'SIGTSTP');
	await Promise.race([continued, delay(300)]);
};

type SuspendTerminal = ReturnType<typeof useApp>['suspendTerminal'];

/** What only exists once Ink runs. */
type Running = {instance?: Instance; suspendTerminal?: SuspendTerminal};

type Screen = Readonly<{terminal: Terminal; context: Context; exited: Promise<Exit>; stop: () => void}>;

const firstUi = ({isAscii, color}: TuiOptions): Ui => {
	const found = detectLook();
	return {...initialUi, isAscii: isAscii ?? found.isAscii, isColored: color ?? found.color};
};

/** The way out: what was decided first counts. */
const createExit = (onQuit: Wish['onQuit']): Readonly<{leave: (exit: Exit) => void; exited: Promise<Exit>}> => {
	const {promise, resolve} = Promise.withResolvers<Exit>();
	let hasLeft = false;
	return {
		exited: promise,
		leave(exit) {
			if (!hasLeft) {
				hasLeft = true;
				onQuit?.(exit);
				resolve(exit);
			}
		},
	};
};

/** One empty frame, the terminal wiped, then everything anew: for when something else has painted on it. */
const createRedraw = (running: Running, terminal: Terminal, ui: UiCell) => (): void => {
	ui.patch({isBlank: true});
	setImmediate(() => {
		running.instance?.clear();
		terminal.write('\u001B[H\u001B[J');
		ui.patch({isBlank: false});
	});
};

/** Everything around Ink: terminal, picture, state of the screen, and the way out. */
const createScreen = ({client, options, onQuit, io = {}}: Wish, running: Running): Screen => {
	const {stdin = process.stdin, stdout = process.stdout, stderr = process.stderr, clock = Date.now, suspend = suspendSelf} = io;
	const {mode, isReadOnly = false, signal, onNotice, alternateScreen = true} = options;
	const ui = createCell<Ui>(firstUi(options));
	const {leave, exited} = createExit(onQuit);
	const end = (): void => {
		leave(mode === 'own' ? 'stop' : 'leave');
	};

	const notices = createNotices(ui, clock, onNotice);
	const onResize = (columns: number, rows: number): void => {
		ui.patch({columns, rows});
	};

	const terminal = takeTerminal({stdin, stdout, stderr}, alternateScreen, {onForeign: notices.add, onResize, onDoubleInterrupt: end, onLost: end});
	ui.patch(terminal.size());
	const pulse = createPulse(client, clock);
	const toasts = createToasts(ui);
	const silence = announceNews(pulse, () => lookOf(ui.get()), toasts.announce);
	signal?.addEventListener('abort', end, {once: true});
	if (signal?.aborted) {
		end();
	}

	const list = createList(pulse, ui);
	const redraw = createRedraw(running, terminal, ui);
	const copyOut = (text: string): void => {
		terminal.write(clipboardSequence(text, process.env.TMUX !== undefined));
	};

	const suspendAll = (): void => {
		begin(toasts, async () => running.suspendTerminal?.(suspend));
	};

	return {
		terminal,
		context: {client, pulse, ui, list, say: toasts.say, mode, isReadOnly, clock, leave, copyOut, suspend: suspendAll, redraw},
		exited,
		stop() {
			signal?.removeEventListener('abort', end);
			silence();
			notices.stop();
			toasts.stop();
			pulse.close();
		},
	};
};

/** Draws the dashboard, and hands out what only Ink's own hooks can do. */
const Root = ({context, running}: {readonly context: Context; readonly running: Running}): ReactElement => {
	const {suspendTerminal} = useApp();
	useEffect(() => {
		running.suspendTerminal = suspendTerminal;
	}, [running, suspendTerminal]);
	return <ScreenContext value={context}><App/></ScreenContext>;
};

/**
The dashboard on the terminal, until the person leaves or `signal` is aborted. Resolves with what is to become of the proxy; rejects
with what broke the screen. Either way the terminal is as it was found. Nothing else can write to it meanwhile: such text becomes
a notice among the events. The caller has set `NODE_ENV` to `production` before this file is loaded (facebook/react#35761).
*/
export const runTui = async (wish: Wish): Promise<Exit> => {
	const {options} = wish;
	const running: Running = {};
	const {terminal, context, exited, stop} = createScreen(wish, running);
	try {
		const instance = render(<Root context={context} running={running}/>, {
			stdout: terminal.stdout,
			stderr: terminal.stdout,
			stdin: terminal.stdin,
			alternateScreen: options.alternateScreen ?? true,
			incrementalRendering: true,
			interactive: true,
			patchConsole: false,
			exitOnCtrlC: false,
			isScreenReaderEnabled: false,
			maxFps: 30,
		});
		running.instance = instance;
		// Ink ends by itself only when a component threw; then this rejects.
		const exit = await Promise.race([exited, instance.waitUntilExit().then(async () => exited)]);
		instance.unmount();
		terminal.release();
		return exit;
	} finally {
		stop();
		terminal.abandon();
	}
};
