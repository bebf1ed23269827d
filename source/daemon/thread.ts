import process from 'node:process';
import {parentPort, workerData} from 'node:worker_threads';
import {servePort} from '../client/port.ts';
import {toAppError} from '../core/errors.ts';
import {createDaemon, type DaemonOptions} from './daemon.ts';
import {surviveFaults} from './faults.ts';
import type {Greeting} from './worker.ts';

/* The worker thread's own beginning: a daemon behind a port. Started by `worker.ts` only. */
const greet = (greeting: Greeting): void => {
	parentPort?.postMessage(greeting);
};

try {
	const daemon = await createDaemon(workerData as DaemonOptions); // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- worker.ts hands over exactly this
	surviveFaults(daemon.tell);
	greet({type: 'started', url: daemon.url});
	const close = parentPort ? servePort(parentPort, daemon.feed, daemon.client.run) : undefined;
	await daemon.done;
	close?.();
	process.exit();
} catch (error) {
	greet({type: 'failed', ...toAppError(error).toJSON()});
}
