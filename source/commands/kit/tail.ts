import {closeSync, fstatSync, openSync, readSync, statSync} from 'node:fs';
import {StringDecoder} from 'node:string_decoder';
import {clearInterval, setInterval} from 'node:timers';
import {Buffer} from 'node:buffer';

const chunkBytes = 65_536;
const tailBytes = 4 * 1024 * 1024;
const pollInterval = 200;

/** What stands in an open file from `position` on, piece by piece; returns the new position. */
const readFrom = (handle: number, position: number, take: (bytes: Buffer) => void): number => {
	const buffer = Buffer.alloc(chunkBytes);
	let at = position;
	for (let count = readSync(handle, buffer, 0, chunkBytes, at); count > 0; count = readSync(handle, buffer, 0, chunkBytes, at)) {
		take(buffer.subarray(0, count));
		at += count;
	}

	return at;
};

/** Whole lines out of pieces of bytes. */
const createSplitter = (onLine: (line: string) => void): (bytes: Buffer) => void => {
	const decoder = new StringDecoder('utf8');
	let rest = '';
	return bytes => {
		const lines = (rest + decoder.write(bytes)).split('\n');
		rest = lines.pop() ?? '';
		for (const line of lines) {
			onLine(line);
		}
	};
};

const identity = (file: string): string | undefined => {
	const stats = statSync(file, {throwIfNoEntry: false});
	return stats && `${stats.dev}:${stats.ino}`;
};

type Options = Readonly<{
	/** Called with each line that is there already (of the last 4 MB), then, with a signal, with each that comes. */
	onLine: (line: string) => void;
	/** Called between the two. */
	onEnd: () => void;
	/** Go on until it is aborted, over rotations too. Undefined: only what is there. */
	signal: AbortSignal | undefined;
}>;

/** Reads a log file to its end, and on. Throws when there is none, unless it is followed. */
export const readLog = async (file: string, {onLine, onEnd, signal}: Options): Promise<void> => {
	let handle = identity(file) === undefined && signal ? undefined : openSync(file, 'r');
	let known = handle === undefined ? undefined : identity(file);
	let split = createSplitter(onLine);
	let position = 0;
	if (handle !== undefined) {
		const {size} = fstatSync(handle);
		let isFirst = size > tailBytes; // The first line of a cut file is a part of one.
		const whole = createSplitter(line => {
			if (!isFirst) {
				onLine(line);
			}

			isFirst = false;
		});
		position = readFrom(handle, Math.max(0, size - tailBytes), whole);
	}

	onEnd();
	const look = (): void => {
		if (handle !== undefined) {
			position = fstatSync(handle).size < position ? 0 : position; // Someone emptied it.
			position = readFrom(handle, position, split);
		}

		const now = identity(file);
		if (now !== undefined && now !== known) {
			closeNow();
			handle = openSync(file, 'r');
			known = now;
			split = createSplitter(onLine);
			position = readFrom(handle, 0, split);
		}
	};

	const closeNow = (): void => {
		if (handle !== undefined) {
			closeSync(handle);
		}
	};

	if (signal) {
		const timer = setInterval(look, pollInterval);
		await new Promise(resolve => {
			signal.addEventListener('abort', resolve);
		});
		clearInterval(timer);
	}

	closeNow();
};
