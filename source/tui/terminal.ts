import {writeSync} from 'node:fs';
import process from 'node:process';
import {Writable} from 'node:stream';
import {captureWarnings, captureWrites, type Write} from './foreign.ts';
import {createKeyStream} from './key-stream.ts';

/** Where the screen is drawn and keys come from; a test hands in its own. */
export type Streams = Readonly<{stdin: NodeJS.ReadStream; stdout: NodeJS.WriteStream; stderr: NodeJS.WriteStream}>;

/** Every mode a terminal program may have left on is off again, and the cursor shows. */
const resetModes = '\u001B[?2026l\u001B[?1004l\u001B[?1000l\u001B[?1002l\u001B[?1003l\u001B[?1006l\u001B[?2004l\u001B[0m\u001B[?25h';
const leaveAlternateScreen = '\u001B[?1049l';

/** How long a resize must have been over before the screen is laid out anew, in ms. */
const resizePause = 50;

type Handlers = Readonly<{
	/** Someone else wrote to the terminal, or Node warned. */
	onForeign: (text: string) => void;
	onResize: (columns: number, rows: number) => void;
	/** Ctrl-C was pressed twice within two seconds: the way out that needs nothing of the screen to work. */
	onDoubleInterrupt: () => void;
	/** The terminal is gone. */
	onLost: () => void;
}>;

/** The terminal while it is ours. */
export type Terminal = Readonly<{
	/** What Ink writes to and reads from. */
	stdout: NodeJS.WriteStream;
	stdin: NodeJS.ReadStream;
	size: () => Readonly<{columns: number; rows: number}>;
	/** Write past Ink: the clipboard, a whole new beginning. */
	write: (text: string) => void;
	/** Give it back after Ink has ended. */
	release: () => void;
	/** Give it back at once, whatever Ink is doing; synchronous. */
	abandon: () => void;
}>;

type Size = Readonly<{columns: number; rows: number}>;

const sizeOf = ({columns, rows}: NodeJS.WriteStream): Size => ({columns: columns || 80, rows: rows || 24});

type Output = Readonly<{stream: NodeJS.WriteStream; size: () => Size; stop: () => void}>;

/** What Ink draws on: the real terminal through `write`, with a size that changes only once a resize has come to rest. */
const createOutput = (stdout: NodeJS.WriteStream, write: (text: string) => void, onResize: Handlers['onResize']): Output => {
	let size = sizeOf(stdout);
	let timer: NodeJS.Timeout | undefined;
	const stream = Object.assign(new Writable({
		decodeStrings: false,
		write(chunk: string, _encoding, done) {
			write(String(chunk));
			done();
		},
	}), {isTTY: true});
	Object.defineProperties(stream, {columns: {get: () => size.columns}, rows: {get: () => size.rows}});
	const settle = (): void => {
		size = sizeOf(stdout);
		onResize(size.columns, size.rows);
		// After the new layout is committed, so that Ink never draws the old one into the new size.
		setImmediate(() => {
			stream.emit('resize');
		});
	};

	const resized = (): void => {
		clearTimeout(timer);
		timer = setTimeout(settle, resizePause);
	};

	stdout.on('resize', resized);
	return {
		stream: stream as unknown as NodeJS.WriteStream, // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- As much of a terminal as Ink asks for.
		size: () => size,
		stop() {
			clearTimeout(timer);
			stdout.off('resize', resized);
		},
	};
};

/** Writes at once, past all buffers. */
const writeNow = (stdout: NodeJS.WriteStream, write: Write, text: string): void => {
	try {
		if ('fd' in stdout && typeof stdout.fd === 'number') {
			writeSync(stdout.fd, text);
		} else {
			write(text);
		}
	} catch {
		// The terminal is gone; there is nothing to restore.
	}
};

/** Take the terminal: from here on only the screen writes to it. The owner must call `release` or `abandon`. */
export const takeTerminal = ({stdin, stdout, stderr}: Streams, isAlternate: boolean, handlers: Handlers): Terminal => {
	const {onForeign, onResize, onLost} = handlers;
	let isOurs = true;
	const real = captureWrites(stdout, onForeign);
	const captured = stderr === stdout ? [real] : [real, captureWrites(stderr, onForeign)];
	const restoreWarnings = captureWarnings(onForeign);
	const keys = createKeyStream(stdin, handlers);
	const write = (text: string): void => {
		if (isOurs) {
			real.write(text);
		}
	};

	const output = createOutput(stdout, write, onResize);
	stdout.on('error', onLost); // Stays: when the terminal is gone, the last words fail too, and that is no reason to crash.

	const giveBack = (lastWords: string): void => {
		if (!isOurs) {
			return;
		}

		isOurs = false;
		process.off('exit', abandon).off('uncaughtExceptionMonitor', abandon);
		output.stop();
		keys.stop();
		stdin.setRawMode(false);
		restoreWarnings();
		for (const {restore} of captured) {
			restore();
		}

		writeNow(stdout, real.write, lastWords);
	};

	const abandon = (): void => {
		giveBack(resetModes + (isAlternate ? leaveAlternateScreen : ''));
	};

	process.on('exit', abandon).on('uncaughtExceptionMonitor', abandon);
	return {
		stdout: output.stream,
		stdin: keys.stream,
		size: output.size,
		write,
		release() {
			giveBack(resetModes);
		},
		abandon,
	};
};
