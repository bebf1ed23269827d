import {AppError} from '../core/errors.ts';
import type {Client} from './client.ts';
import {heartbeatInterval} from './feed.ts';
import {createLine, type Pace} from './line.ts';
import {callRest, parseAddress, type Address} from './rest.ts';
import {waitFor} from './wait.ts';

type Options = Address & Partial<Pace> & Readonly<{
	/** Closes the client. */
	signal?: AbortSignal | undefined;
	/** Milliseconds for the first snapshot, and for each action until this client's state shows it. */
	timeout?: number;
}>;

const actionTimeout = 10_000;

/**
A client across the network: a mirror of the daemon's state, folded from its live feed, and actions by REST. It comes back
by itself after a lost link. Resolves with the first snapshot; throws `DAEMON_UNREACHABLE`, or what the daemon refused.
*/
export const connectRemote = async ({url: text, token, signal, timeout = 5000, heartbeat = heartbeatInterval, fastest = 500, slowest = 10_000}: Options): Promise<Client> => {
	signal?.throwIfAborted();
	const url = parseAddress(text);
	const address: Address = {url, token};
	const line = createLine(address, {heartbeat, fastest, slowest});
	signal?.addEventListener('abort', line.close);
	const close = (): void => {
		signal?.removeEventListener('abort', line.close);
		line.close();
	};

	const late = (): AppError => new AppError('DAEMON_UNREACHABLE', `The proxy at ${url} did not show its state in time.`);
	try {
		await waitFor(line.subscribe, line.isReady, timeout, late);
	} catch (error) {
		close();
		throw error;
	}

	return {
		url,
		getState: () => line.getMirror().state,
		getNews: () => line.getMirror().news,
		getLink: line.getLink,
		subscribe: line.subscribe,
		async run(action) {
			const answer = await callRest(address, 'POST', '/api/proxy/actions', {body: action, timeout: actionTimeout, signal});
			const revision = revisionOf(answer);
			// After `stop` there may be nothing left to show it.
			const isShown = (): boolean => line.getMirror().seq >= revision || (action.type === 'stop' && line.getLink().status === 'lost');
			await waitFor(line.subscribe, isShown, timeout, () => new AppError('TIMED_OUT', `The proxy at ${url} did it, but has not shown it yet.`));
		},
		retry: line.retry,
		close,
	};
};

const revisionOf = (answer: unknown): number => typeof answer === 'object' && answer !== null && 'revision' in answer && typeof answer.revision === 'number' ? answer.revision : 0;
