import {performance} from 'node:perf_hooks';
import {AppError} from '../core/errors.ts';
import {findTarget} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import type {Exchange} from '../http/exchange.ts';
import type {Receiver, Trouble} from '../upstream/forward.ts';
import {fieldsOf} from '../wire/fields.ts';
import {noHttp, overloaded, troubleError, unknownTarget} from './answers.ts';
import {prepareBody, type Upload} from './body.ts';
import {requestLines} from './headers.ts';
import type {Gauge} from './meter.ts';
import {choose, clientLeft, enter, fail, finish, isSafe, mostAttempts, newPassage, type Passage} from './passage.ts';
import type {Plane} from './plane.ts';
import {discard, hold, isUnavailable, leaveTarget, mayAskAnother, relay, type Held} from './second.ts';

const ignore = (): void => undefined;

const mayRepeat = (passage: Passage, {kind, isSent}: Trouble): boolean => passage.attempts < mostAttempts
	&& (!isSent || ((kind === 'broke' || kind === 'forsaken') && isSafe(passage) && passage.plane.budget.spend()));

/** No target has a reply; one that had at least something to say is heard in the end. */
const giveUp = (passage: Passage, error: AppError): void => {
	if (passage.held) {
		relay(passage, passage.held);
	} else {
		fail(passage, error);
	}
};

const trouble = (passage: Passage, found: Trouble): void => {
	const {plane, exchange: {reply}, target: id = '', gauge = plane.meter.gauge('')} = passage;
	gauge.inFlight--;
	const error = troubleError(id, found);
	const isTargets = found.kind !== 'client' && found.kind !== 'invalid';
	// A kept connection may close for being idle; when several close in one moment it is the target that ended.
	const isStale = found.isReused && found.kind !== 'forsaken' && !plane.passive.isSuspect(id);
	if (isTargets) {
		gauge.errors++;
		plane.passive.failed(id, found.failure);
	}

	if (reply.hasHead()) {
		// The client must see that the reply is not whole.
		reply.abort();
		finish(passage);
		return;
	}

	passage.fault = error;
	if (!isTargets || !mayRepeat(passage, found)) {
		giveUp(passage, error);
		return;
	}

	if (isStale && !passage.isRepeated) {
		passage.isRepeated = true;
		passage.tried.pop();
	}

	gauge.retries++;
	go(passage);
};

/** A target can not serve now. Whether the request is taken care of: another target is asked, or what the first one said is relayed. */
const isPutOff = (passage: Passage, gauge: Gauge, keep: () => void): boolean => {
	const {held} = passage;
	const isAnotherAsked = mayAskAnother(passage);
	if (held) {
		leaveTarget(passage);
	}

	if (isAnotherAsked) {
		if (!held) {
			keep();
		}

		gauge.retries++;
		go(passage);
	} else if (held) {
		relay(passage, held);
	}

	return isAnotherAsked || held !== undefined;
};

const receive = (passage: Passage, id: TargetId, gauge: Gauge): Receiver => {
	const {plane, exchange: {reply}} = passage;
	const sentAt = performance.now();
	let held: Held | undefined;
	const resume = (): void => {
		passage.attempt?.resume();
	};

	return {
		onInterim(status, {lines}) {
			reply.inform?.(status, fieldsOf(lines));
		},
		onHead(status, head) {
			const ms = performance.now() - sentAt;
			plane.meter.time(gauge, ms);
			if (status >= 500) {
				gauge.errors++;
			}

			if (isUnavailable(status)) {
				plane.passive.failed(id, {code: `HTTP_${status}`, message: `answered ${status}`});
				const isOver = isPutOff(passage, gauge, () => {
					held = hold(passage, status, head);
				});
				if (isOver) {
					return;
				}
			} else {
				plane.passive.passed(id, ms);
			}

			discard(passage);
			passage.fault = undefined;
			passage.status = status;
			reply.relay(status, head);
		},
		onData(chunk) {
			if (held !== undefined && held === passage.held) {
				held.chunks.push(chunk);
				return false;
			}

			passage.bytesOut += chunk.length;
			gauge.bytesOut += chunk.length;
			if (reply.write(chunk)) {
				return true;
			}

			void reply.drained().then(resume);
			return false;
		},
		onLull() {
			reply.flush();
		},
		onEnd() {
			gauge.inFlight--;
			if (held !== undefined && held === passage.held) {
				held.end = 'whole';
				return;
			}

			reply.end();
			finish(passage);
		},
		onTrouble(found) {
			if (held !== undefined && held === passage.held) {
				gauge.inFlight--;
				held.end = 'cut';
				return;
			}

			trouble(passage, found);
		},
	};
};

/** One attempt, at the next target that may take it. */
const go = (passage: Passage): void => {
	const {plane} = passage;
	if (passage.isOver) {
		return;
	}

	const id = choose(passage);
	if (typeof id !== 'string') {
		giveUp(passage, id);
		return;
	}

	const upstream = plane.upstream(id);
	if (!upstream) {
		const isProgram = findTarget(plane.getState(), id)?.target.url.startsWith('stdio:');
		giveUp(passage, isProgram ? noHttp(id) : unknownTarget(plane.getState(), id));
		return;
	}

	const gauge = plane.meter.gauge(id);
	if (gauge.inFlight >= plane.getLimits().inFlight) {
		giveUp(passage, overloaded(id));
		return;
	}

	const {exchange: {head}, upload, route} = passage;
	enter(passage, id, gauge);
	if (Buffer.isBuffer(upload)) {
		gauge.bytesIn += upload.length;
	}

	passage.attempt = upstream.forwarder.send({
		method: head.method,
		path: upstream.dress.prefix + route.path,
		fields: upstream.dress.fields,
		lines: requestLines(head, upstream.dress),
		body: upload,
		length: Buffer.isBuffer(upload) ? 0 : head.length,
		isAwaited: true,
	}, receive(passage, id, gauge));
};

const leave = (passage: Passage): void => {
	const {gauge, status, isOver} = passage;
	if (isOver) {
		return;
	}

	leaveTarget(passage);
	discard(passage);
	if (gauge) {
		gauge.aborts++;
	}

	passage.status = status === 0 ? clientLeft : status;
	finish(passage);
};

/** Takes one request to a target and brings back its reply. */
export const carry = (plane: Plane, exchange: Exchange): void => {
	const passage = newPassage(plane, exchange);
	const {length, seen} = exchange.head;
	const isExpecting = seen.expect !== '';
	plane.budget.earn();
	const {body: limit} = plane.getLimits();
	if (limit > 0 && length > limit) {
		fail(passage, new AppError('BODY_TOO_LARGE', `The body of the request is over ${limit} bytes.`));
		return;
	}

	exchange.onLeave(() => {
		leave(passage);
	});
	if (length > 0 && !isExpecting) {
		passage.upload = exchange.body.whole();
	}

	if (length === 0 || passage.upload) {
		go(passage);
		return;
	}

	const send = (upload: Upload): void => {
		passage.upload = upload;
		go(passage);
	};

	// When reading fails the client has left, and `leave` has seen to that.
	prepareBody({
		body: exchange.body,
		length,
		isExpecting,
		limit,
		count(bytes) {
			if (passage.gauge) {
				passage.gauge.bytesIn += bytes;
			}
		},
	}).then(send, ignore);
};
