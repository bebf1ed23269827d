import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import type {Client} from '../client/client.ts';
import {connectPort} from '../client/port.ts';
import {AppError, type ErrorCode} from '../core/errors.ts';
import type {DaemonOptions} from './daemon.ts';

/** The thread's first message. */
export type Greeting =
	| Readonly<{type: 'started'; url: string}>
	| Readonly<{type: 'failed'; error: string; code: ErrorCode; hint: string}>;

export type DaemonWorker = Readonly<{
	url: string;
	client: Client;
	/** Settles when the daemon has stopped; rejects when its thread died. */
	done: Promise<void>;
	/** End the thread at once. */
	terminate: () => Promise<void>;
}>;

/**
Start a daemon in a worker thread of this process, so that drawing the terminal can not delay a request. Throws what
`createDaemon` throws. `onOutput` gets what the thread writes to stdout and stderr, which must not reach the terminal.
*/
export const startDaemonWorker = async (options: DaemonOptions, onOutput: (text: string) => void): Promise<DaemonWorker> => {
	const worker = new Worker(new URL('thread.js', import.meta.url), {workerData: options, stdout: true, stderr: true});
	for (const stream of [worker.stdout, worker.stderr]) {
		stream.setEncoding('utf8').on('data', onOutput);
	}

	const died = Promise.withResolvers<never>();
	worker.on('error', died.reject);
	const ended = (async () => {
		await Promise.race([once(worker, 'exit'), died.promise]);
	})();

	const greeting = await Promise.race([greetingOf(worker), died.promise]);
	if (greeting.type === 'failed') {
		throw new AppError(greeting.code, greeting.error, {hint: greeting.hint});
	}

	const {url} = greeting;
	return {
		url,
		client: await connectPort(worker, url, ended),
		done: ended,
		async terminate() {
			await worker.terminate();
		},
	};
};

const greetingOf = async (worker: Worker): Promise<Greeting> => {
	const [greeting] = await once(worker, 'message') as [Greeting]; // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- thread.ts sends nothing else first
	return greeting;
};
