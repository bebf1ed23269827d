import type {MessagePort, Worker} from 'node:worker_threads';
import type {OperatorAction} from '../core/action.ts';
import {AppError, type ErrorCode} from '../core/errors.ts';
import type {Client, Link} from './client.ts';
import type {Feed, Frame} from './feed.ts';
import {emptyMirror, reflect, type Mirror} from './mirror.ts';

/*
A client across threads: the daemon's thread posts the frames of its feed, the terminal's thread folds them. Messages of one
port keep their order, so that an answer comes after the events it caused.
*/
type Question = Readonly<{type: 'connect'}> | Readonly<{type: 'run'; id: number; action: OperatorAction}>;
type Answer = Readonly<{type: 'answer'; id: number; error?: Readonly<{error: string; code: ErrorCode; hint: string}>}>;
type Message = Answer | Readonly<{type: 'frame'; frame: Frame}>;

type Port = MessagePort | Worker;

/** The daemon's end: sends the feed, runs what is asked. Returns the close. */
export const servePort = (port: Port, feed: Feed, run: Client['run']): () => void => {
	const post = (message: Message): void => {
		port.postMessage(message, []);
	};

	let unsubscribe = (): void => undefined;
	const connect = (): void => {
		post({type: 'frame', frame: feed.snapshot()});
		unsubscribe = feed.subscribe(frame => {
			post({type: 'frame', frame});
		});
	};

	const answer = async ({id, action}: Extract<Question, {type: 'run'}>): Promise<void> => {
		try {
			await run(action);
			post({type: 'answer', id});
		} catch (error) {
			const known = error instanceof AppError ? error : new AppError('FAILED', String(error));
			post({type: 'answer', id, error: known.toJSON()});
		}
	};

	const listen = (question: Question): void => {
		if (question.type === 'run') {
			void answer(question);
		} else {
			connect();
		}
	};

	port.on('message', listen);
	return () => {
		unsubscribe();
		port.off('message', listen);
	};
};

/** The other end. Resolves with the first snapshot. `closed` settles when the daemon's thread is gone: then the link is lost for good. */
export const connectPort = async (port: Port, url: string, closed: Promise<unknown>): Promise<Client> => {
	let mirror: Mirror = emptyMirror;
	let link: Link = {status: 'live'};
	let lastId = 0;
	const listeners = new Set<() => void>();
	const waiting = new Map<number, {resolve: () => void; reject: (error: AppError) => void}>();
	const ready = Promise.withResolvers<void>();

	const tell = (): void => {
		for (const listener of listeners) {
			listener();
		}
	};

	const listen = (message: Message): void => {
		if (message.type === 'frame') {
			mirror = reflect(mirror, message.frame) ?? mirror;
			ready.resolve();
			tell();
			return;
		}

		const {id, error} = message;
		if (error) {
			waiting.get(id)?.reject(new AppError(error.code, error.error, {hint: error.hint}));
		} else {
			waiting.get(id)?.resolve();
		}

		waiting.delete(id);
	};

	const lose = (): void => {
		const gone = new AppError('DAEMON_UNREACHABLE', 'The proxy in this process has ended.');
		ready.reject(gone);
		for (const {reject} of waiting.values()) {
			reject(gone);
		}

		waiting.clear();
		link = {status: 'lost', since: Date.now(), reason: 'the proxy has ended', attempt: 0, retryAt: 0};
		tell();
	};

	port.on('message', listen);
	void closed.then(lose, lose);
	port.postMessage({type: 'connect'} satisfies Question, []);
	await ready.promise;

	return {
		url,
		getState: () => mirror.state,
		getNews: () => mirror.news,
		getLink: () => link,
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		async run(action) {
			if (link.status === 'lost') {
				throw new AppError('DAEMON_UNREACHABLE', 'The proxy in this process has ended.');
			}

			const done = Promise.withResolvers<void>();
			waiting.set(++lastId, done);
			port.postMessage({type: 'run', id: lastId, action} satisfies Question, []);
			return done.promise;
		},
		retry() {
			// A thread that has ended does not come back.
		},
		close() {
			port.off('message', listen);
		},
	};
};
