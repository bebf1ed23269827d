import {closeSync, existsSync, fchmodSync, fstatSync, ftruncateSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync} from 'node:fs';
import {dirname} from 'node:path';
import {performance} from 'node:perf_hooks';

/** A log file that rotates under fixed names: `x.log`, `x.log.1` (newest), `x.log.2` … */
export type RotatingFile = Readonly<{
	/** Append whole lines, one record each, at once: what was written is in the file even when the process is killed next. Never throws. */
	write: (lines: string) => void;
	/** How many records could not be written so far. */
	getDropped: () => number;
	close: () => void;
}>;

type Limits = Readonly<{
	/** A file is put aside before it would grow over this many bytes. */
	maxBytes: number;
	/** How many files put aside are kept. */
	keep: number;
}>;

type Options = Readonly<{
	path: string;
	getLimits: () => Limits;
	/** Told once when writing begins to fail, and once (with how many records are missing) when it works again. */
	onFault: (sentence: string) => void;
}>;

type Opened = {descriptor: number; inode: number; size: number};

const checkInterval = 1000;
const newline = 10;

const open = (path: string): Opened => {
	mkdirSync(dirname(path), {recursive: true, mode: 0o700});
	if (statSync(path, {throwIfNoEntry: false})?.isFile() === false) {
		throw new Error(`${path} is not a regular file`); // To open a pipe would wait for its reader.
	}

	const descriptor = openSync(path, 'a', 0o600);
	fchmodSync(descriptor, 0o600); // An older log of this name may be open to all.
	const {ino, size} = fstatSync(descriptor);
	return {descriptor, inode: ino, size};
};

const hasMoved = (path: string, {inode}: Opened): boolean => statSync(path, {throwIfNoEntry: false})?.ino !== inode;

const putAside = (path: string, keep: number): void => {
	if (keep === 0) {
		rmSync(path);
		return;
	}

	for (let number = keep - 1; number >= 1; number--) {
		if (existsSync(`${path}.${number}`)) {
			renameSync(`${path}.${number}`, `${path}.${number + 1}`);
		}
	}

	renameSync(path, `${path}.1`);
};

const countLines = (bytes: Buffer): number => {
	let count = 0;
	for (let index = bytes.indexOf(newline); index !== -1; index = bytes.indexOf(newline, index + 1)) {
		count++;
	}

	return count;
};

/** Append as many whole lines as there is room for. Returns the error, and what is not in the file. */
const append = (file: Opened, bytes: Buffer): {error?: unknown; rest: Buffer} => {
	let written = 0;
	try {
		while (written < bytes.length) {
			written += writeSync(file.descriptor, bytes, written);
		}

		file.size += written;
		return {rest: Buffer.alloc(0)};
	} catch (error) {
		const whole = written === 0 ? 0 : bytes.lastIndexOf(newline, written - 1) + 1;
		if (written > whole) { // Half a record would spoil the next one.
			ftruncateSync(file.descriptor, fstatSync(file.descriptor).size - (written - whole));
		}

		file.size += whole;
		return {error, rest: bytes.subarray(whole)};
	}
};

const reason = (error: unknown): string => error instanceof Error && 'code' in error ? String(error.code) : String(error);

/**
Open a rotating log. Throws the system's error when the file can not be opened now; later no failure is thrown: records
that find no room are dropped and counted, and the next ones are tried again. Synchronous on purpose
(docs/adr/0006).
*/
export const openRotatingFile = ({path, getLimits, onFault}: Options): RotatingFile => {
	let file: Opened | undefined = open(path);
	let checkedAt = performance.now();
	let dropped = 0;
	let droppedBefore: number | undefined; // Set while writing fails.
	let isClosed = false;

	const reopen = (): Opened => {
		const old = file;
		file = undefined;
		if (old) {
			closeSync(old.descriptor);
		}

		file = open(path);
		return file;
	};

	/** The file to write to: made anew when another program moved or removed it (seen within a second), rotated when it is full. */
	const ready = (length: number): Opened => {
		if (!file) {
			return reopen();
		}

		const now = performance.now();
		if (now - checkedAt >= checkInterval) {
			checkedAt = now;
			if (hasMoved(path, file)) {
				return reopen();
			}
		}

		const {maxBytes, keep} = getLimits();
		if (file.size === 0 || file.size + length <= maxBytes) {
			return file;
		}

		try {
			if (!hasMoved(path, file)) {
				putAside(path, keep);
			}
		} catch {
			file.size = 0; // A folder that allows no renaming: better one file too large than no log. Tried again when as much was written.
			return file;
		}

		return reopen();
	};

	const fail = (error: unknown, rest: Buffer): void => {
		const isNew = droppedBefore === undefined;
		droppedBefore ??= dropped;
		dropped += countLines(rest);
		if (isNew) {
			onFault(`${path} can not be written (${reason(error)}); records are dropped until it can`);
		}
	};

	return {
		write(lines) {
			if (isClosed) {
				return;
			}

			const bytes = Buffer.from(lines);
			try {
				const {error, rest} = append(ready(bytes.length), bytes);
				if (error !== undefined) {
					fail(error, rest);
				} else if (droppedBefore !== undefined) {
					const missing = dropped - droppedBefore;
					droppedBefore = undefined;
					onFault(`${path} can be written again; ${missing} records are missing`);
				}
			} catch (error) {
				fail(error, bytes);
			}
		},
		getDropped: () => dropped,
		close() {
			isClosed = true;
			if (file) {
				closeSync(file.descriptor);
				file = undefined;
			}
		},
	};
};
