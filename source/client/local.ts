import {setImmediate} from 'node:timers';
import type {Store} from '../store/store.ts';
import type {Client} from './client.ts';
import {addNews} from './mirror.ts';

/** A client in the daemon's own thread: reads the store itself. Listeners hear once a turn of the event loop, however much happened. */
export const createLocalClient = (store: Store, url: string): Client => {
	let news: ReturnType<Client['getNews']> = [];
	let isScheduled = false;
	const listeners = new Set<() => void>();

	const unsubscribe = store.subscribe(stamped => {
		news = addNews(news, stamped);
		if (!isScheduled) {
			isScheduled = true;
			setImmediate(() => {
				isScheduled = false;
				for (const listener of listeners) {
					listener();
				}
			});
		}
	});

	return {
		url,
		getState: store.getState,
		getNews: () => news,
		getLink: () => ({status: 'live'}),
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		async run(action) {
			store.dispatch(action);
		},
		retry() {
			// The link to one's own thread is never lost.
		},
		close: unsubscribe,
	};
};
