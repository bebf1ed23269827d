import process from 'node:process';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {readdirSync, readFileSync, readlinkSync} from 'node:fs';

const linkOf = (path: string): string => {
	try {
		return readlinkSync(path);
	} catch {
		return ''; // Closed between the listing and now.
	}
};

const parentOf = (pid: number): number => {
	try {
		return Number(/^PPid:\s+(\d+)$/mv.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
	} catch {
		return 0;
	}
};

/** Processes it started that are still there (Linux: read from /proc). */
export const childrenOf = (pid: number): number[] => readdirSync('/proc').map(Number).filter(child => child > 0 && parentOf(child) === pid);

/** Sockets of a process, those that listen included. */
export const socketsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).filter(fd => linkOf(`/proc/${pid}/fd/${fd}`).startsWith('socket:')).length;

/** What this thread's heap holds that something still refers to, bytes. */
export const liveHeap = async (): Promise<number> => {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	for (let count = 0; count < 3; count++) {
		collect();
		await new Promise(resolve => { // eslint-disable-line no-await-in-loop -- what is finalised frees more
			setImmediate(resolve);
		});
	}

	return process.memoryUsage().heapUsed;
};
