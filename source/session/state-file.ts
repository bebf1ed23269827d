import {constants} from 'node:fs';
import {mkdir, open, readFile, rename, type FileHandle} from 'node:fs/promises';
import path from 'node:path';
import type {Remembered} from './session.ts';

/** Sessions that outlive the daemon: a file of one JSON object a line, the last one of a key wins, one without `params` says that it ended. */
export type StateFile = Readonly<{
	/** What is remembered now, most of it from an earlier run. A line that can not be read is left out. */
	load: () => Promise<Remembered[]>;
	/** Have a session written with the next batch. */
	save: (session: Remembered) => void;
	forget: (key: string) => void;
	/** Resolves when what was saved before is in the file; never rejects. */
	flushed: () => Promise<void>;
}>;

type Options = Readonly<{
	file: string;
	onFault: (message: string) => void;
	/** All there is, for a file that has grown long. */
	getAll: () => Iterable<Remembered>;
	/** How many that may be, without looking at each: asked with every batch. */
	getCount: () => number;
}>;

const {O_APPEND, O_CREAT, O_NOFOLLOW, O_RDONLY, O_TRUNC, O_WRONLY} = constants;

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Lines beyond those that count before the file is written anew. */
const slack = 1000;

const isRemembered = (value: unknown): value is Remembered => typeof value === 'object' && value !== null
	&& 'key' in value && typeof value.key === 'string'
	&& 'principal' in value && typeof value.principal === 'string'
	&& 'owner' in value && typeof value.owner === 'string'
	&& 'version' in value && typeof value.version === 'string'
	&& 'usedAt' in value && typeof value.usedAt === 'number'
	&& 'params' in value && typeof value.params === 'object' && value.params !== null
	&& 'capabilities' in value && typeof value.capabilities === 'object' && value.capabilities !== null
	&& 'uris' in value && Array.isArray(value.uris);

const parseLine = (line: string): unknown => {
	try {
		return JSON.parse(line);
	} catch {
		return undefined; // The last line of a process that was killed.
	}
};

/**
Keeps what a session needs to go on after a `kill -9` of the proxy (mcp.md 4.8): 0600, no links followed, no session id of ours in
it but its SHA-256. Lines are appended in batches: what is written survives the process, if not a power cut.
*/
export const createStateFile = ({file, onFault, getAll, getCount}: Options): StateFile => {
	const pending = new Map<string, string>();
	let lines = 0;
	/** The batch that is being written, and the one that comes after it. */
	let current: Promise<void> | undefined;
	let next = Promise.withResolvers<void>();
	let isBroken = false;
	/** The last line of the last run was not finished: ours must not go on with it. */
	let isTorn = false;
	let isDraining = false;

	const openToWrite = async (name: string, flags: number): Promise<FileHandle> => open(name, O_WRONLY | O_CREAT | O_NOFOLLOW | flags, 0o600); // eslint-disable-line no-bitwise

	const write = async (name: string, flags: number, text: string): Promise<void> => {
		const handle = await openToWrite(name, flags).catch(async (error: unknown) => {
			if (!isMissing(error)) {
				throw error;
			}

			await mkdir(path.dirname(file), {recursive: true, mode: 0o700});
			return openToWrite(name, flags);
		});
		try {
			await handle.writeFile(text);
		} finally {
			await handle.close();
		}
	};

	const compact = async (): Promise<void> => {
		const all = [...getAll()].map(session => `${JSON.stringify(session)}\n`);
		const temporary = `${file}.new`;
		await write(temporary, O_TRUNC, all.join(''));
		await rename(temporary, file);
		lines = all.length;
	};

	const drain = async (): Promise<void> => {
		while (pending.size > 0) {
			const batch = [...pending.values()];
			const {promise, resolve} = next;
			current = promise;
			next = Promise.withResolvers();
			pending.clear();
			try {
				await write(file, O_APPEND, `${isTorn ? '\n' : ''}${batch.join('\n')}\n`); // eslint-disable-line no-await-in-loop -- one batch after the other is the point
				isTorn = false;
				lines += batch.length;
				if (lines > slack && lines > 2 * getCount()) {
					await compact(); // eslint-disable-line no-await-in-loop
				}

				isBroken = false;
			} catch (error) {
				if (!isBroken) {
					isBroken = true;
					onFault(`sessions do not outlive this proxy: ${String(error)}`);
				}
			} finally {
				resolve();
			}
		}

		current = undefined;
		isDraining = false;
	};

	const add = (key: string, value: unknown): void => {
		pending.set(key, JSON.stringify(value));
		if (!isDraining) {
			isDraining = true;
			queueMicrotask(() => {
				drain().catch(() => undefined); // It never rejects.
			});
		}
	};

	return {
		async load() {
			let text = '';
			try {
				const handle = await open(file, O_RDONLY | O_NOFOLLOW); // eslint-disable-line no-bitwise
				try {
					text = await readFile(handle, 'utf8');
				} finally {
					await handle.close();
				}
			} catch (error) {
				if (!isMissing(error)) {
					onFault(`the sessions of the last run can not be read: ${String(error)}`);
				}

				return [];
			}

			isTorn = text !== '' && !text.endsWith('\n');
			const found = new Map<string, Remembered>();
			for (const line of text.split('\n')) {
				const value = line === '' ? undefined : parseLine(line);
				lines++;
				if (isRemembered(value)) {
					found.set(value.key, value);
				} else if (typeof value === 'object' && value !== null && 'key' in value) {
					found.delete(String(value.key));
				}
			}

			return [...found.values()];
		},
		save(session) {
			add(session.key, session);
		},
		forget(key) {
			add(key, {key});
		},
		async flushed() {
			await (pending.size > 0 ? next.promise : current);
		},
	};
};
