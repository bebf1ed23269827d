import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {connect, createServer, type AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {pinned, weighSession, type Processor} from './machine.ts';

/** The folder of the project; the built benchmark is in its `dist/bench`. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A built program of the benchmark, such as `targets/http.js`. */
export const program = (file: string): readonly string[] => [process.execPath, path.join(root, 'dist/bench', file)];

export type Launched = Readonly<{
	child: ChildProcess;
	pid: number;
	/** All it has said so far. */
	said: () => string;
	/** It and its own children, at once. */
	end: () => Promise<void>;
}>;

type Launch = Readonly<{processor: Processor; env?: NodeJS.ProcessEnv; cwd?: string}>;

const alive = new Set<number>();
const folders = new Set<string>();

const removeFolder = (folder: string): void => {
	rmSync(folder, {recursive: true, force: true});
	folders.delete(folder);
};

const endGroup = (pid: number): void => {
	try {
		process.kill(-pid, 'SIGKILL');
	} catch {
		// It has gone by itself.
	}
};

/** Nothing that was launched or written for it outlives the benchmark. */
export const endAll = (): void => {
	for (const pid of alive) {
		endGroup(pid);
	}

	for (const folder of folders) {
		removeFolder(folder);
	}
};

/** Start a program on a processor, in a process group of its own, with a channel for programs that speak over one. */
export const launch = (command: readonly string[], {processor, env = {}, cwd = root}: Launch): Launched => {
	const [file = '', ...rest] = pinned(command, processor);
	const child = spawn(file, rest, {cwd, env: {...process.env, ...env}, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true});
	const pid = child.pid ?? 0;
	let said = '';
	const hear = (chunk: Uint8Array): void => {
		said = (said + String(chunk)).slice(-20_000);
	};

	child.stdout?.on('data', hear);
	child.stderr?.on('data', hear);
	child.on('error', error => {
		said += error.message;
	});
	if (pid > 0) {
		alive.add(pid);
		weighSession(pid);
	}

	return {
		child,
		pid,
		said: () => said,
		async end() {
			if (pid > 0 && child.exitCode === null && child.signalCode === null) {
				endGroup(pid);
				await once(child, 'exit');
			}

			endGroup(pid);
			alive.delete(pid);
		},
	};
};

/** Wait for a state, looking each 20 ms; throws with `what` after `limit` ms. */
export const until = async <T>(what: string, look: () => T | Promise<T>, limit = 30_000): Promise<NonNullable<T>> => {
	const end = performance.now() + limit;
	for (;;) {
		const found = await look(); // eslint-disable-line no-await-in-loop -- one look after the other
		if (found) {
			return found;
		}

		if (performance.now() > end) {
			throw new Error(`Waited ${limit} ms in vain: ${what}`);
		}

		await delay(20); // eslint-disable-line no-await-in-loop
	}
};

/** What a launched program first says over its channel; throws what it wrote when it ends before. */
export const firstMessage = async <T>({child, said}: Launched): Promise<T> => {
	const [message] = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [undefined])]) as [T | undefined];
	if (message === undefined) {
		throw new Error(`It ended: ${said()}`);
	}

	return message;
};

/** A port that was free a moment ago, for programs that can not choose one themselves. */
export const freePort = async (): Promise<number> => {
	const server = createServer();
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	server.close();
	await once(server, 'close');
	return port;
};

const canConnect = async (port: number): Promise<boolean> => new Promise(resolve => {
	const socket = connect({port, host: '127.0.0.1'});
	socket.on('connect', () => {
		socket.destroy();
		resolve(true);
	});
	socket.on('error', () => {
		resolve(false);
	});
});

/** Wait until a launched program listens; throws what it said when it ends or takes too long. */
export const untilListening = async ({child, said}: Launched, port: number): Promise<void> => {
	await until('it listens', async () => {
		if (child.exitCode !== null || child.signalCode !== null) {
			throw new Error(`It ended: ${said()}`);
		}

		return canConnect(port);
	});
};

/** A folder for logs and settings of one contender. */
export const temporaryFolder = (): Readonly<{folder: string; remove: () => void}> => {
	const folder = mkdtempSync(path.join(tmpdir(), 'pmcp-bench-'));
	folders.add(folder);
	return {
		folder,
		remove() {
			removeFolder(folder);
		},
	};
};

/** The children of a process, such as nginx's workers. */
export const childrenOf = (pid: number): number[] => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

/** Processor time so far of processes with all their threads, user and system, in microseconds (schedstat counts nanoseconds). */
export const cpuTime = (pids: readonly number[]): number => {
	let nanoseconds = 0;
	for (const pid of pids) {
		for (const task of readdirSync(`/proc/${pid}/task`)) {
			nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
		}
	}

	return nanoseconds / 1000;
};

/** Processor time of programs that this process ran to their end, such as wrk, in microseconds (proc_pid_stat(5), ticks of 10 ms). */
export const endedTime = (): number => {
	const fields = readFileSync('/proc/self/stat', 'utf8').replace(/^.*\) /sv, '').split(' ');
	return (Number(fields[13]) + Number(fields[14])) * 10_000;
};

/** Resident memory of processes together, in kilobytes. */
export const residentKilobytes = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + Number(/^VmRSS:\s+(\d+)/mv.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]), 0);
