import {once} from 'node:events';
import {clearTimeout, setTimeout} from 'node:timers';
import type {Worker} from 'node:worker_threads';
import type {Action} from '../core/action.ts';
import {toAppError} from '../core/errors.ts';
import type {State} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import type {Handler} from '../http/exchange.ts';
import type {Tally} from '../proxy/meter.ts';
import {borrow, type Borrowed} from './borrow.ts';
import {createOutbox, type FromWorker, type ToWorker} from './messages.ts';
import {essential, type WorkerPlan, type WorkerStart} from './plan.ts';

/** What the daemon's thread is for its workers. */
export type MemberOptions = Readonly<{
	/** Starts a thread that begins with this. */
	spawn: (start: WorkerStart) => Worker;
	getPlan: () => WorkerPlan;
	getState: () => State;
	/** Client connections by worker. */
	slots: Int32Array;
	/** Answers what is the proxy's own. */
	handle: Handler;
	dispatch: (action: Action) => void;
	/** Whether a target answers its probe within `limit` ms; undefined when nobody can tell. Never rejects. */
	answers: (id: TargetId, limit: number) => Promise<boolean | undefined>;
	onTallies: (tallies: readonly Tally[]) => void;
	/** Lines for the access log. */
	onLines: (text: string) => void;
	onNotice: (message: string) => void;
}>;

/** One worker, as the daemon's thread sees it. */
export type Member = Readonly<{
	post: (message: ToWorker) => void;
	/** As it last told. */
	inFlight: ReadonlyMap<TargetId, number>;
	/** Settles when it listens, or has ended without. */
	ready: Promise<unknown>;
	/** Resolves when the thread is gone: with the reason, if it was not told to go. */
	ended: Promise<string | undefined>;
	/** Lets requests in flight end for at most `drain` ms, then ends it. */
	close: (drain: number) => Promise<void>;
}>;

/** How long a worker may take over its end beside the time for requests in flight, in ms. */
const patience = 2000;

export const startMember = (options: MemberOptions, index: number): Member => {
	const {spawn, getPlan, getState, slots, handle, dispatch, answers, onTallies, onLines, onNotice} = options;
	const worker = spawn({plan: getPlan(), state: essential(getState()), slots, index});
	const {post} = createOutbox<ToWorker>(worker);
	const borrowed = new Map<number, Borrowed>();
	const inFlight = new Map<TargetId, number>();
	const listening = Promise.withResolvers<void>();
	let fault: unknown;
	let isClosing = false;

	const lend = (message: Extract<FromWorker, {type: 'exchange'}>): void => {
		const {id} = message;
		const taken = borrow(message, post, () => {
			borrowed.delete(id);
		});
		borrowed.set(id, taken);
		handle(taken.exchange);
	};

	const take = (message: FromWorker): void => {
		if ('id' in message) {
			if (message.type === 'exchange') {
				lend(message);
			} else {
				borrowed.get(message.id)?.take(message);
			}

			return;
		}

		switch (message.type) {
			case 'listening': {
				listening.resolve();
				break;
			}

			case 'report': {
				dispatch(message.action);
				break;
			}

			case 'question': {
				const {question, target, limit} = message;
				void answers(target, limit).then(isAlive => {
					post({type: 'answered', question, isAlive});
				});
				break;
			}

			case 'tallies': {
				for (const {id, inFlight: count} of message.tallies) {
					inFlight.set(id, count);
				}

				onTallies(message.tallies);
				break;
			}

			case 'lines': {
				onLines(message.text);
				break;
			}

			case 'notice': {
				onNotice(message.message);
				break;
			}

			case 'closed': {
				isClosing = true;
				break;
			}
		}
	};

	worker.on('message', (messages: readonly FromWorker[]) => {
		for (const message of messages) {
			take(message);
		}
	});
	worker.on('error', error => {
		fault = error;
	});

	const end = async (): Promise<string | undefined> => {
		const [code] = await once(worker, 'exit') as [number]; // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- Node's documented argument
		Atomics.store(slots, index, 0);
		inFlight.clear();
		for (const {leave} of borrowed.values()) {
			leave();
		}

		borrowed.clear();
		return isClosing ? undefined : (fault === undefined ? `exit code ${code}` : toAppError(fault).message);
	};

	const ended = end();
	return {
		post,
		inFlight,
		ended,
		ready: Promise.race([listening.promise, ended]),
		async close(drain) {
			isClosing = true;
			post({type: 'close', drain});
			const timer = setTimeout(() => {
				void worker.terminate();
			}, drain + patience);
			await ended;
			clearTimeout(timer);
		},
	};
};
