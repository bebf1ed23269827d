import {spawn, spawnSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {cpus, getPriority, loadavg, release, totalmem, type} from 'node:os';
import process from 'node:process';

/** Whoever is measured has processor 0; load, target and the benchmark itself have processor 1. */
export type Processor = 0 | 1;

const has = (program: string, ...arguments_: string[]): boolean => spawnSync(program, arguments_).status === 0;

/** Whether processes can be given a processor each. */
export const isPinned = cpus().length > 1 && has('taskset', '--version');

/** The command that runs `command` on a processor, where the system can do that. */
export const pinned = (command: readonly string[], processor: Processor): readonly string[] => isPinned ? ['taskset', '-c', String(processor), ...command] : command;

/** Keep the benchmark itself, with all its threads, out of the way of whoever is measured; with `nice -n -10` before it, others out of its own. */
export const pinMyself = (): void => {
	if (isPinned) {
		spawnSync('taskset', ['-apc', '1', String(process.pid)]);
	}

	weighSession(process.pid);
};

/**
Give a session the niceness of its processes. Without this it would count among the processes of one session only, where Linux
groups by session (sched(7), autogroup), so that something in the background could stop us for seconds.
*/
export const weighSession = (pid: number, niceness = getPriority()): void => {
	try {
		writeFileSync(`/proc/${pid}/autogroup`, String(niceness));
	} catch {
		// There are no such groups here, or it may not.
	}
};

/**
A virtual processor that idles takes up to a millisecond to wake, which would hide what a proxy adds. So something of the
lowest class (it makes way at once) keeps both busy while we measure. It ends with this process; returns what ends it before.
*/
export const keepAwake = (): () => void => {
	if (!isPinned || !has('chrt', '--version')) {
		return () => undefined;
	}

	const children = ([0, 1] as const).map(processor => {
		const [program = '', ...rest] = pinned(['chrt', '--idle', '0', 'sh', '-c', 'while kill -0 "$0"; do :; done', String(process.pid)], processor);
		const child = spawn(program, rest, {stdio: 'ignore', detached: true});
		weighSession(child.pid ?? 0, 19);
		return child;
	});
	return () => {
		for (const child of children) {
			child.kill('SIGKILL');
		}
	};
};

/** What one needs to know of the machine to read the figures. */
export const describeMachine = (): string => {
	const [processor] = cpus();
	return [
		`${processor?.model ?? 'unknown processor'} × ${cpus().length}`,
		`${Math.round(totalmem() / (1024 ** 3))} GB`,
		`${type()} ${release()}`,
		`Node ${process.versions.node}`,
		`load average ${(loadavg()[0] ?? Number.NaN).toFixed(1)} before the run`,
		...getPriority() === 0 ? [] : [`priority ${getPriority()}`],
	].join(', ');
};
