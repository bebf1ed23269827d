import {once} from 'node:events';
import process from 'node:process';
import type {Worker} from 'node:worker_threads';
import type {ExecutionContext} from 'ava';

/** The threads that this one starts from now on, in the order of their start. */
export type Threads = Readonly<{
	all: readonly Worker[];
	/** Those that have not ended. */
	running: () => number;
	/** As if it had run out of memory. */
	kill: (index: number) => Promise<void>;
}>;

export const watchThreads = (t: ExecutionContext): Threads => {
	const all: Worker[] = [];
	let over = 0;
	const add = (worker: Worker): void => {
		all.push(worker);
		worker.once('exit', () => {
			over++;
		});
	};

	process.on('worker', add);
	t.teardown(() => {
		process.off('worker', add);
	});
	return {
		all,
		running: () => all.length - over,
		async kill(index) {
			const worker = all[index];
			if (!worker) {
				throw new Error(`No thread ${index}, only ${all.length}`);
			}

			const gone = once(worker, 'exit');
			await worker.terminate();
			await gone;
		},
	};
};
