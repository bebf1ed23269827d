import {mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {startTimeOf} from './record.ts';

/** The processes this proxy started, on disk: who is killed can not end them. */
export type ChildrenRecord = Readonly<{add: (pid: number) => void; remove: (pid: number) => void}>;

/** Pid → start time in the kernel's ticks, which tells it from another process that got its pid later. */
type Entries = Record<string, string>;

const read = (file: string): Entries => {
	try {
		const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
		return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).filter(([pid, start]) => /^\d{1,10}$/v.test(pid) && typeof start === 'string')) : {};
	} catch {
		return {};
	}
};

/**
Opens the record and ends, with their whole groups, what an earlier proxy left running there. Where there is no /proc nothing can be
told apart and nothing is ended. A record that can not be written costs that promise and nothing else. `onReaped` is told how many.
*/
export const openChildrenRecord = (file: string, onReaped: (count: number) => void): ChildrenRecord => {
	let entries: Entries = {};
	const left = Object.entries(read(file)).filter(([pid, start]) => startTimeOf(Number(pid)) === start);
	for (const [pid] of left) {
		try {
			process.kill(-Number(pid), 'SIGKILL');
		} catch {
			// It ended meanwhile.
		}
	}

	if (left.length > 0) {
		onReaped(left.length);
	}

	const write = (): void => {
		try {
			mkdirSync(path.dirname(file), {recursive: true, mode: 0o700});
			writeFileSync(`${file}.new`, JSON.stringify(entries), {mode: 0o600});
			renameSync(`${file}.new`, file);
		} catch {
			// See above.
		}
	};

	return {
		add(pid) {
			const start = startTimeOf(pid);
			if (start !== undefined) {
				entries = {...entries, [pid]: start};
				write();
			}
		},
		remove(pid) {
			const {[pid]: _, ...rest} = entries;
			entries = rest;
			write();
		},
	};
};
