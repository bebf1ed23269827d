import {randomUUID} from 'node:crypto';
import {closeSync, constants, fstatSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync} from 'node:fs';
import {homedir} from 'node:os';
import path from 'node:path';
import process from 'node:process';

/** What a running daemon leaves for `stop`, `attach` and the other subcommands. A hint, never a proof: verify it by connecting. */
export type DaemonRecord = Readonly<{
	pid: number;
	/** When the process started, in the kernel's own ticks; undefined where there is no /proc. It tells a reused pid from the daemon. */
	startTime: string | undefined;
	/** Where it listens, such as `http://localhost:4000`. */
	url: string;
	/** What a caller must send, when the settings have one. The reason for mode 0600. */
	token: string | undefined;
	version: string;
	/** The folder of `combined.log`. */
	logs?: string | undefined;
	/** The settings file it began with; undefined for the built-in settings. */
	settings?: string | undefined;
}>;

const largest = 65_536;

/** Single bits, so that their sum is their union. Opening a pipe must not wait for its other end. */
const sumOf = (...flags: number[]): number => flags.reduce((sum, flag) => sum + flag, 0);
const forWriting = sumOf(constants.O_WRONLY, constants.O_CREAT, constants.O_EXCL, constants.O_NOFOLLOW);
const forReading = sumOf(constants.O_RDONLY, constants.O_NOFOLLOW, constants.O_NONBLOCK);

/** `$XDG_STATE_HOME/proxy-mcp`, or below `~/.local/state` (XDG Base Directory: a relative value counts as none). */
export const stateFolder = (environment = process.env): string => {
	const home = environment.XDG_STATE_HOME ?? '';
	return path.join(path.isAbsolute(home) ? home : path.join(homedir(), '.local', 'state'), 'proxy-mcp');
};

/** A process's state and start time (proc(5), stat, fields 3 and 22); undefined where there is no /proc or no such process. */
const readStat = (pid: number): {state: string | undefined; startTime: string | undefined} | undefined => {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		// The second field is the program's name in brackets and may hold anything, so count from its end.
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		return {state: fields[0], startTime: fields[19]};
	} catch {
		return undefined;
	}
};

/** It has ended, and its parent has not asked for its exit code: under some containers' first process for ever. */
const isZombie = (pid: number): boolean => ['Z', 'X'].includes(readStat(pid)?.state ?? '');

/** When a process started, in the kernel's ticks, or undefined when there is no such process or no /proc. */
export const startTimeOf = (pid: number): string | undefined => isZombie(pid) ? undefined : readStat(pid)?.startTime;

/** Whether a process of that pid lives, be it ours or not. */
export const isAlive = (pid: number): boolean => {
	try {
		process.kill(pid, 0);
		return !isZombie(pid);
	} catch (error) {
		return error instanceof Error && 'code' in error && error.code === 'EPERM' && !isZombie(pid);
	}
};

/** Whether the process that wrote this record still lives, as far as it can be told without asking it: same pid, same start. */
export const isSameProcess = ({pid, startTime}: DaemonRecord): boolean => startTime !== undefined && startTime === startTimeOf(pid);

/** The port that a URL names, or its scheme's own. */
export const portOf = (url: string): number => {
	const {port, protocol} = new URL(url);
	return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
};

const fileOf = (port: number, folder: string): string => path.join(folder, `daemon-${port}.json`);

/** A record of this process. */
export const describeProcess = (about: Pick<DaemonRecord, 'url' | 'token' | 'version' | 'logs' | 'settings'>): DaemonRecord => ({pid: process.pid, startTime: startTimeOf(process.pid), ...about});

/** Writes the record of one daemon, whole or not at all, for its owner's eyes only. Throws what the file system refuses. */
export const writeRecord = (record: DaemonRecord, folder = stateFolder()): void => {
	mkdirSync(folder, {recursive: true, mode: 0o700});
	const file = fileOf(portOf(record.url), folder);
	const temporary = `${file}.${randomUUID()}`;
	const handle = openSync(temporary, forWriting, 0o600);
	try {
		writeSync(handle, `${JSON.stringify(record)}\n`);
		fsyncSync(handle);
		renameSync(temporary, file);
	} catch (error) {
		rmSync(temporary, {force: true});
		throw error;
	} finally {
		closeSync(handle);
	}
};

const isRecord = (value: unknown): value is DaemonRecord => typeof value === 'object' && value !== null
	&& 'pid' in value && Number.isSafeInteger(value.pid) && Number(value.pid) > 0
	&& 'url' in value && typeof value.url === 'string' && URL.canParse(value.url)
	&& 'version' in value && typeof value.version === 'string'
	&& (!('startTime' in value) || typeof value.startTime === 'string')
	&& (!('token' in value) || typeof value.token === 'string')
	&& (!('logs' in value) || typeof value.logs === 'string')
	&& (!('settings' in value) || typeof value.settings === 'string');

/** Reads a regular file of our own; a link, a pipe, another user's file or an odd content is no record. */
const readFile = (file: string): DaemonRecord | undefined => {
	let handle: number | undefined;
	try {
		handle = openSync(file, forReading);
		const stats = fstatSync(handle);
		const isOurs = stats.isFile() && stats.size <= largest && (process.getuid === undefined || stats.uid === process.getuid());
		const value: unknown = isOurs ? JSON.parse(readFileSync(handle, 'utf8')) : undefined;
		return isRecord(value) ? value : undefined;
	} catch {
		return undefined;
	} finally {
		if (handle !== undefined) {
			closeSync(handle);
		}
	}
};

/** The record of the daemon at a port, or undefined. */
export const readRecord = (port: number, folder = stateFolder()): DaemonRecord | undefined => readFile(fileOf(port, folder));

/** The records of all daemons, by port. */
export const readRecords = (folder = stateFolder()): DaemonRecord[] => {
	let names: string[] = [];
	try {
		names = readdirSync(folder);
	} catch {
		// No folder: no daemon has ever run here.
	}

	const ports = names.map(name => /^daemon-(\d{1,5})\.json$/v.exec(name)?.[1]).filter(port => port !== undefined);
	return ports.map(Number).toSorted((a, b) => a - b).map(port => readRecord(port, folder)).filter(record => record !== undefined);
};

/** Takes a record away, unless another daemon has put its own there meanwhile. */
export const removeRecord = (record: DaemonRecord, folder = stateFolder()): void => {
	const port = portOf(record.url);
	const current = readRecord(port, folder);
	if (current?.pid === record.pid && current.startTime === record.startTime) {
		rmSync(fileOf(port, folder), {force: true});
	}
};
