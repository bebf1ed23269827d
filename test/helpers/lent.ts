import {MessageChannel} from 'node:worker_threads';
import type {ExecutionContext} from 'ava';
import type {Handler} from '../../source/http/exchange.ts';
import {borrow, type Borrowed} from '../../source/workers/borrow.ts';
import {createLending} from '../../source/workers/lend.ts';
import {createOutbox, type FromWorker, type ToWorker} from '../../source/workers/messages.ts';

/** A handler that answers as if its connections were another thread's: everything goes as messages, both ways. */
export const lentTo = (t: ExecutionContext, handle: Handler): Readonly<{handle: Handler; /** Exchanges that are not over. */ getOpen: () => number}> => {
	const {port1, port2} = new MessageChannel();
	const {post} = createOutbox<ToWorker>(port1);
	const lending = createLending(createOutbox<FromWorker>(port2).post);
	const borrowed = new Map<number, Borrowed>();
	port1.on('message', (messages: readonly FromWorker[]) => {
		for (const message of messages) {
			if ('id' in message) {
				if (message.type === 'exchange') {
					const taken = borrow(message, post, () => {
						borrowed.delete(message.id);
					});
					borrowed.set(message.id, taken);
					handle(taken.exchange);
				} else {
					borrowed.get(message.id)?.take(message);
				}
			}
		}
	});
	port2.on('message', (messages: readonly ToWorker[]) => {
		for (const message of messages) {
			if ('id' in message) {
				lending.take(message);
			}
		}
	});
	t.teardown(() => {
		port1.close();
	});
	return {
		handle(exchange) {
			lending.lend(exchange);
			return true;
		},
		getOpen: () => borrowed.size,
	};
};
