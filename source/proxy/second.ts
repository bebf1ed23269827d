import {findTarget} from '../core/state.ts';
import type {RelayedHead} from '../http/exchange.ts';
import {finish, isSafe, mostAttempts, type Passage} from './passage.ts';
import {nextTarget} from './route.ts';

/** A reply that says "not now", kept back while another target is asked, and relayed when that has nothing better to say. */
export type Held = {
	readonly status: number;
	readonly head: RelayedHead;
	/** Where the request was then. */
	readonly at: Pick<Passage, 'target' | 'gauge' | 'attempt'>;
	/** What came of its body before the target was made to wait. */
	readonly chunks: Uint8Array[];
	/** How it ended, if it has. */
	end: 'whole' | 'cut' | undefined;
};

/** Statuses by which a target says that it can not serve now. */
export const isUnavailable = (status: number): boolean => status === 502 || status === 503 || status === 504;

/** Whether another target that is up may be asked the same: never anything that may have had an effect, nor more often than the retry budget allows. */
export const mayAskAnother = (passage: Passage): boolean => {
	const {plane, route, tried, attempts} = passage;
	if (route.id !== undefined || attempts >= mostAttempts || !isSafe(passage)) {
		return false;
	}

	const state = plane.getState();
	return findTarget(state, nextTarget(state, tried))?.health.status === 'up' && plane.budget.spend();
};

/** Keeps the reply at hand back. */
export const hold = (passage: Passage, status: number, {lines, signals: {length, hasDate}}: RelayedHead): Held => {
	const {target, gauge, attempt} = passage;
	passage.held = {status, head: {lines, signals: {length, hasDate}}, at: {target, gauge, attempt}, chunks: [], end: undefined};
	return passage.held;
};

/** Lets go of the attempt at hand. */
export const leaveTarget = ({attempt, gauge}: Held['at']): void => {
	attempt?.abort();
	if (gauge) {
		gauge.inFlight--;
	}
};

/** Lets go of the reply that was kept back: there is a better one, or nobody who wants any. */
export const discard = (passage: Passage): void => {
	const {held} = passage;
	passage.held = undefined;
	if (held && held.end === undefined) {
		leaveTarget(held.at);
	}
};

/** Relays the reply that was kept back: nobody had a better one. */
export const relay = (passage: Passage, {status, head, at, chunks, end}: Held): void => {
	const {exchange: {reply}} = passage;
	Object.assign(passage, at, {held: undefined, fault: undefined, status});
	reply.relay(status, head);
	for (const chunk of chunks) {
		passage.bytesOut += chunk.length;
		reply.write(chunk);
	}

	if (at.gauge) {
		at.gauge.bytesOut += passage.bytesOut;
	}

	if (end === undefined) {
		reply.flush();
		at.attempt?.resume();
		return;
	}

	if (end === 'whole') {
		reply.end();
	} else {
		reply.abort();
	}

	finish(passage);
};
