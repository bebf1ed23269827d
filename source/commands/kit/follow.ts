import process from 'node:process';
import type {Client} from '../../client/client.ts';

/** Aborted by Ctrl-C or SIGTERM, so that a command that follows something can end by itself; its exit code is then 130 or 143. */
export const untilInterrupted = (): AbortSignal => {
	const controller = new AbortController();
	for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
		process.once(signal, () => {
			process.exitCode = code;
			controller.abort();
		});
	}

	return controller.signal;
};

/** Calls `tell` whenever the client has something new, until the signal; then closes the client. */
export const untilClosed = async (client: Client, tell: () => void, signal: AbortSignal): Promise<void> => new Promise(resolve => {
	const unsubscribe = client.subscribe(tell);
	signal.addEventListener('abort', () => {
		unsubscribe();
		client.close();
		resolve();
	});
});
