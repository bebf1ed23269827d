import {randomBytes} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {AppError} from '../core/errors.ts';
import {isTargetName, type TargetId} from '../core/target.ts';

/*
The lock file holds the name of the active target and nothing else (docs/api.md, "The lock file"). Older tools read and
write it directly, and anyone who may write into its folder may have put something else in its place: it is never
opened through a symbolic link, never waited for, and never written in place.
*/

/** What the lock file says. A name has the form of a target's name; whether there is such a target is not known here. */
export type LockReading =
	| Readonly<{kind: 'name'; id: TargetId}>
	| Readonly<{kind: 'absent'}>
	| Readonly<{kind: 'invalid'; reason: string}>;

const sizeLimit = 1024;
const {O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY} = fs.constants;

/** Read the lock file. Never throws; whatever stands there is `invalid` with the reason in words. */
export const readLock = (file: string): LockReading => {
	let descriptor: number | undefined;
	try {
		descriptor = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK); // eslint-disable-line no-bitwise -- flags of open(2)
		const reason = objection(fs.fstatSync(descriptor));
		return reason === undefined ? parse(readStart(descriptor)) : {kind: 'invalid', reason};
	} catch (error) {
		const code = codeOf(error);
		return code === 'ENOENT' ? {kind: 'absent'} : {kind: 'invalid', reason: code === 'ELOOP' ? 'is a symbolic link' : `can not be read (${code})`};
	} finally {
		if (descriptor !== undefined) {
			fs.closeSync(descriptor);
		}
	}
};

/** One byte more than the limit at most, whatever the size says. */
const readStart = (descriptor: number): Buffer => {
	const bytes = Buffer.alloc(sizeLimit + 1);
	return bytes.subarray(0, fs.readSync(descriptor, bytes));
};

const codeOf = (error: unknown): string => error instanceof Error && 'code' in error ? String(error.code) : String(error);

/** Why something in the lock file's place is not to be read or replaced; undefined when it may be. */
const objection = (stats: fs.Stats): string | undefined => {
	if (!stats.isFile()) {
		return stats.isSymbolicLink() ? 'is a symbolic link' : (stats.isDirectory() ? 'is a folder' : 'is no regular file');
	}

	const user = process.geteuid?.() ?? 0;
	if (user !== 0 && stats.uid !== 0 && stats.uid !== user) {
		return 'belongs to another user';
	}

	return undefined;
};

const parse = (bytes: Buffer): LockReading => {
	if (bytes.length > sizeLimit) {
		return {kind: 'invalid', reason: `is larger than ${sizeLimit} bytes`};
	}

	const id = bytes.toString('utf8').replace(/\r?\n$/v, '');
	if (isTargetName(id)) {
		return {kind: 'name', id};
	}

	return {kind: 'invalid', reason: id === '' ? 'is empty' : 'does not hold the name of a target'};
};

/** What this process put where, by its mark, so that `followLock` knows it again. */
const written = new Map<string, string>();

/** The content counts too: two writes in one tick of the file system's clock look alike. */
const markOf = ({dev, ino, size, mtimeNs}: fs.BigIntStats, reading: LockReading): string => [dev, ino, size, mtimeNs, JSON.stringify(reading)].join(' ');

/**
Put a name into the lock file: written to a new file beside it, synced, then renamed over it, so that every reader at
every moment sees one whole name. Synchronous, since a switch is written before it is announced. Returns what went wrong
instead of throwing it; the file then still holds what it held.
*/
export const writeLock = (file: string, id: TargetId): AppError | undefined => {
	const folder = path.dirname(file);
	const temporary = path.join(folder, `.${path.basename(file)}.${process.pid}.${randomBytes(8).toString('hex')}.tmp`);
	try {
		fs.mkdirSync(folder, {recursive: true});
		const standing = fs.lstatSync(file, {throwIfNoEntry: false});
		const reason = standing && objection(standing);
		if (reason !== undefined) {
			return failure(file, reason);
		}

		written.set(path.resolve(file), createSynced(temporary, id));
		fs.renameSync(temporary, file);
	} catch (error) {
		discard(temporary);
		return failure(file, `can not be written (${codeOf(error)})`, error);
	}

	syncFolder(folder);
	return undefined;
};

const failure = (file: string, reason: string, cause?: unknown): AppError => new AppError('FAILED', `The lock file ${file} ${reason}.`, {
	hint: 'Remove what stands there, or set `lockFile` to another path.',
	cause,
});

/** Returns the mark of the new file. */
const createSynced = (file: string, id: TargetId): string => {
	const descriptor = fs.openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600); // eslint-disable-line no-bitwise -- flags of open(2)
	try {
		fs.writeFileSync(descriptor, id);
		fs.fsyncSync(descriptor);
		return markOf(fs.fstatSync(descriptor, {bigint: true}), {kind: 'name', id});
	} finally {
		fs.closeSync(descriptor);
	}
};

/** Best effort: what stays is removed by `cleanLock` of a later run. */
const discard = (file: string): void => {
	try {
		fs.unlinkSync(file);
	} catch {
		// It was never made, or the folder went.
	}
};

/** Makes the rename survive a power cut, where the file system can. */
const syncFolder = (folder: string): void => {
	try {
		const descriptor = fs.openSync(folder, O_RDONLY | O_DIRECTORY); // eslint-disable-line no-bitwise -- flags of open(2)
		fs.fsyncSync(descriptor);
		fs.closeSync(descriptor);
	} catch {
		// The rename stands, and every reader sees it.
	}
};

/** Remove what writers that were killed left beside the lock file. A writer still alive keeps its own. Never throws. */
export const cleanLock = (file: string): void => {
	const folder = path.dirname(file);
	const start = `.${path.basename(file)}.`;
	for (const entry of namesIn(folder)) {
		const rest = entry.startsWith(start) ? entry.slice(start.length) : '';
		const [, pid] = /^(\d+)\.[\da-f]{16}\.tmp$/v.exec(rest) ?? [];
		if (pid !== undefined && !isAlive(Number(pid))) {
			discard(path.join(folder, entry));
		}
	}
};

const namesIn = (folder: string): string[] => {
	try {
		return fs.readdirSync(folder);
	} catch {
		return [];
	}
};

const isAlive = (pid: number): boolean => {
	try {
		return process.kill(pid, 0);
	} catch (error) {
		return codeOf(error) === 'EPERM';
	}
};

type FollowOptions = Readonly<{
	/** Another program changed the lock file, and this is what it says now. */
	onChange: (reading: LockReading) => void;
	/** Ends the watch. */
	signal: AbortSignal;
	/** How often to look, in milliseconds. */
	interval?: number;
}>;

/**
Notice within a second when another program changes the lock file; what `writeLock` of this process did is not reported.
It looks rather than asks to be told, since notifications do not work on every file system and a look costs microseconds.
*/
export const followLock = (file: string, {onChange, signal, interval = 200}: FollowOptions): void => {
	let settled = glance(file).mark;
	let doubtful = settled;

	const look = (): void => {
		const {mark, reading} = glance(file);
		if (mark === settled || mark === written.get(path.resolve(file))) {
			settled = mark;
			return;
		}

		if (reading.kind !== 'name' && mark !== doubtful) {
			doubtful = mark; // It may be half-way through a write: look again before saying so.
			return;
		}

		settled = mark;
		onChange(reading);
	};

	if (signal.aborted) {
		return;
	}

	const timer = setInterval(look, interval).unref();
	signal.addEventListener('abort', () => {
		clearInterval(timer);
	}, {once: true});
};

/** What stands there, and a mark that differs when it is another file, was written again, or says something else. */
const glance = (file: string): {mark: string; reading: LockReading} => {
	const reading = readLock(file);
	try {
		const stats = fs.lstatSync(file, {bigint: true, throwIfNoEntry: false});
		return {mark: stats ? markOf(stats, reading) : 'absent', reading};
	} catch {
		return {mark: 'unreachable', reading};
	}
};
