import {formatDuration} from '../core/duration.ts';
import type {Failure} from '../http/failure.ts';
import {codes} from '../mcp/errors.ts';
import {isResponse, type Message, type Request} from '../mcp/message.ts';
import {hasCursor, isList, isSafe, subjectOf} from '../mcp/methods.ts';
import {objectIn, textIn} from '../mcp/parse.ts';
import {remedyFor, type Unanswered} from '../mcp/replay.ts';
import type {Receiver, Trouble} from '../transport/channel.ts';
import {blame, drop, pumpLater, release, whenBound} from './binder.ts';
import {credentials, type Binding} from './binding.ts';
import {lackOf} from './capabilities.ts';
import {fail, failOf, finish, over, takeBack} from './ending.ts';
import {waitForHints} from './hints.ts';
import type {Hub} from './hub.ts';
import {oneLine, toClient} from './remap.ts';
import type {ClientCall, Outlet, Session, Waiter} from './session.ts';
import {isItsFault, isSessionOver} from './trouble.ts';

/** How long a cancelled request's target may still answer, in ms; many never do, and keep its stream open. */
const cancelTime = 5000;

/** A list begun at one target can not be continued at another: clients begin anew at this. */
const foreignCursor = {code: codes.invalidParams, message: 'Invalid cursor: the target changed, begin the list anew.'} as const;

/** What is known of a call without an answer, for the rules of replay. */
const unanswered = (hub: Hub, call: ClientCall, binding: Binding, trouble: Trouble['kind']): Unanswered => ({
	request: call.request,
	trouble,
	attempts: Math.max(1, call.attempts, call.losses),
	hints: call.request.method === 'tools/call' ? hub.hints.of(binding.transport, subjectOf(call.request)) : undefined,
	plan: binding.transport.plan,
	wasServerRequestShown: call.wasAsked,
	isCancelled: call.isCancelled,
});

const leave = (call: ClientCall, binding: Binding): void => {
	binding.inFlight--;
	release(call.session, binding);
};

/** Asks the same target for the rest of a stream that it ended on purpose (SEP-1699). What goes wrong now goes wrong after the request was sent. */
const resumeAt = (hub: Hub, call: ClientCall, binding: Binding, {eventId = '', retry = 500}: Trouble): void => {
	setTimeout(() => {
		if (call.isOver || call.binding !== binding) {
			leave(call, binding);
			return;
		}

		const receiver = receive(hub, call, binding);
		call.upstream = binding.channel.resume(eventId, {
			...receiver,
			onTrouble(trouble) {
				receiver.onTrouble(trouble.kind === 'paused' ? trouble : {...trouble, kind: 'cut'});
			},
		});
	}, retry).unref();
};

/** A call's target did not answer it: replay, go on, or tell the client, by the rules of mcp/replay.ts. */
const react = (hub: Hub, call: ClientCall, binding: Binding, trouble: Trouble): void => {
	const {session} = call;
	const {kind} = trouble;
	call.upstream = undefined;
	if (call.isOver) {
		leave(call, binding);
		return;
	}

	if (kind === 'unsent' || kind === 'lost') {
		call.attempts--; // It never left, or was not looked at.
		call.losses += kind === 'lost' ? 1 : 0;
	} else {
		call.deadline = performance.now() + hub.options.getSettings().hold; // What it took there does not count as waiting.
	}

	const remedy = remedyFor(unanswered(hub, call, binding, kind));
	if (remedy === 'resume' && trouble.eventId !== undefined && !binding.isClosed) {
		resumeAt(hub, call, binding, trouble);
		return;
	}

	if (isSessionOver(binding, trouble)) {
		drop(hub, session, binding);
	}

	takeBack(call);
	leave(call, binding);
	switch (remedy) {
		case 'silent': {
			call.outlet.close();
			over(hub, call, undefined);
			break;
		}

		case 'bad-cursor': {
			fail(hub, call, foreignCursor);
			break;
		}

		case 'replay': {
			if (kind === 'unsent') {
				pumpLater(hub, session);
			}

			enqueue(hub, call, trouble);
			break;
		}

		case 'error':
		case 'resume': {
			failOf(hub, call, binding.target, trouble);
		}
	}
};

/** Whether progress goes back to what the client has seen before a replay. */
const isOld = (call: ClientCall, message: Message): boolean => {
	if (call.progressToken === undefined || !('method' in message) || message.method !== 'notifications/progress' || message.params?.progressToken !== call.progressToken) {
		return false;
	}

	const {progress} = message.params;
	if (typeof progress !== 'number' || progress > call.progress) {
		call.progress = typeof progress === 'number' ? progress : call.progress;
		return false;
	}

	return call.attempts > 1;
};

const receive = (hub: Hub, call: ClientCall, binding: Binding): Receiver => ({
	onMessage(message, bytes) {
		const {session} = call;
		if (isResponse(message)) {
			call.upstream = undefined;
			session.failures = 0;
			finish(hub, call, message, {data: oneLine(message, bytes)});
			leave(call, binding);
			hub.options.passive.passed(binding.target, performance.now() - call.startedAt);
			return true;
		}

		const data = call.isOver || isOld(call, message) ? undefined : toClient(binding, message, bytes, {session, call});
		if (data === undefined || call.outlet.send(data)) {
			return true;
		}

		void call.outlet.drained().then(() => {
			call.upstream?.resume();
		});
		return false;
	},
	onTrouble(trouble) {
		if (isItsFault(binding, trouble)) {
			blame(hub, binding.target, trouble.failure);
		}

		react(hub, call, binding, trouble);
	},
	onStream() {
		call.outlet.stream?.();
	},
});

/** Why the session's target can not be asked this; undefined: it can. */
const refusalAt = ({session, request: {method, params}}: ClientCall, binding: Binding): Readonly<{code: number; message: string}> | undefined => {
	const lack = lackOf(session, binding, method);
	if (lack !== undefined) {
		return {code: codes.methodNotFound, message: `"${binding.target}" has no ${lack}.`};
	}

	const issuer = hasCursor(method, params) ? session.cursors.get(textIn(params, 'cursor') ?? '') : undefined;
	return issuer === undefined || issuer === binding.target ? undefined : foreignCursor;
};

const send = (hub: Hub, call: ClientCall, binding: Binding): void => {
	const {session, request} = call;
	call.binding = binding;
	const refusal = refusalAt(call, binding);
	if (refusal) {
		fail(hub, call, refusal);
		return;
	}

	if (waitForHints(hub, call, binding, enqueue)) {
		return;
	}

	call.attempts++;
	binding.inFlight++;
	call.upstream = binding.channel.request(request, receive(hub, call, binding), {
		isFresh: !isSafe(request.method, request.params),
		...credentials(session, binding.transport),
	});
};

/** Waits for a target and goes there. `trouble`: why it has to, if it was at one already. */
const enqueue = (hub: Hub, call: ClientCall, trouble?: Trouble): void => {
	const {session} = call;
	let timer: NodeJS.Timeout | undefined;
	const waiter: Waiter = {
		go(binding) {
			clearTimeout(timer);
			if (!call.isOver) {
				(call.deliver ?? send)(hub, call, binding);
			}
		},
		refuse(target, refusal) {
			clearTimeout(timer);
			if (!call.isOver) {
				failOf(hub, call, target, refusal);
			}
		},
	};
	whenBound(hub, session, waiter);
	if (session.waiting.has(waiter)) {
		timer = setTimeout(() => {
			session.waiting.delete(waiter);
			if (!call.isOver) {
				fail(hub, call, {
					code: codes.proxy,
					message: `No target could take the request within ${formatDuration(performance.now() - call.startedAt)}${trouble ? ` (${trouble.failure.message})` : ''}.`,
					data: {outcome: 'not-run', retryable: true},
				}, 'unsent');
			}
		}, Math.max(0, call.deadline - performance.now()));
	}
};

type Asked = Readonly<{hub: Hub; session: Session; request: Request; outlet: Outlet; bytesIn: number}>;

/** Takes a request of the client's to the session's target and brings back what it says. `deliver`: what to do there instead. */
export const startCall = ({hub, session, request, outlet, bytesIn}: Asked, deliver?: ClientCall['deliver']): void => {
	const {hold, listHold} = hub.options.getSettings();
	const startedAt = performance.now();
	const call: ClientCall = {
		session,
		request,
		outlet,
		deliver,
		at: Date.now(),
		startedAt,
		bytesIn,
		deadline: startedAt + (isList(request.method) ? Math.min(hold, listHold) : hold),
		progressToken: objectIn(request.params, '_meta')?.progressToken,
		progress: Number.NEGATIVE_INFINITY,
		attempts: 0,
		losses: 0,
		asked: new Set(),
		wasAsked: false,
		isCancelled: false,
		isOver: false,
		binding: undefined,
		upstream: undefined,
	};
	session.calls.set(request.id, call);
	session.total++;
	session.usedAt = call.at;
	enqueue(hub, call);
};

/** Takes a call away from its target, as if the connection had ended there. What has not left yet was never run. */
export const cut = (hub: Hub, call: ClientCall, failure: Failure): void => {
	const {upstream, binding} = call;
	if (upstream && binding) {
		const kind = upstream.isSent?.() === false ? 'unsent' : 'cut';
		upstream.abort();
		react(hub, call, binding, {kind, failure});
	}
};

/** The client does not want the answer any more. It is never replayed; what has been sent may still be answered for a while. */
export const cancelCall = (hub: Hub, call: ClientCall): void => {
	call.isCancelled = true;
	if (!call.upstream) {
		call.outlet.close();
		over(hub, call, undefined);
		return;
	}

	setTimeout(cut, cancelTime, hub, call, {code: 'CANCELLED', message: 'cancelled by the client'}).unref();
};

/** Ends all calls of a session with an error. */
export const failAll = (hub: Hub, session: Session, message: string): void => {
	for (const call of session.calls.values()) {
		const {binding, upstream} = call;
		upstream?.abort();
		call.upstream = undefined;
		fail(hub, call, {code: codes.proxy, message, data: {outcome: upstream ? 'unknown' : 'not-run', retryable: !upstream}}, 'cut');
		if (upstream && binding) {
			leave(call, binding);
		}
	}
};
