import {downFailure, isForsaken} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import {isResponse, type Message, type Request, type Response} from '../mcp/message.ts';
import {hasCursor, isList, isSafe} from '../mcp/methods.ts';
import {textIn} from '../mcp/parse.ts';
import {remedyFor, type Remedy} from '../mcp/replay.ts';
import type {Call, StatelessReceiver, Transport, Trouble} from '../transport/channel.ts';
import {brokenOff, isOfSessions, noTarget, onlySessions, type OwnAnswer} from './stateless-answers.ts';
import {hintsFor, learnHints} from './stateless-hints.ts';
import {beginRecord, verdictOn, type Outcome} from './stateless-record.ts';
import {candidate, pauseAfter, placeFor, type Passage} from './stateless-room.ts';

/** A client that waits longer than this for a target is shown a stream with comments, ms. */
const patience = 2000;

/** An answer to a question, without the state that only the target which asked can read: the tool begins anew and asks again. */
const withoutState = (request: Request): Request => {
	const {requestState: _, inputResponses: __, ...parameters} = request.params ?? {};
	return {...request, params: parameters};
};

/** Statuses by which a server or what stands before it says that it can not serve now. */
const isDown = ({kind, status}: Trouble): boolean => kind === 'refused' ? status === 502 || status === 503 || status === 504 : kind !== 'lost';

/** Reports to the health machine what a failed attempt shows of its target. */
export const blame = ({room: {options: {passive}}}: Passage, {plan: {id}}: Transport, trouble: Trouble): void => {
	if (isDown(trouble)) {
		passive.failed(id, trouble.failure);
	}
};

/** Progress may only rise (MCP, "Progress"): after a replay the steps the client has seen come again. */
const createProgress = (): ((message: Message) => boolean) => {
	let highest = Number.NEGATIVE_INFINITY;
	return message => {
		if (!('method' in message) || message.method !== 'notifications/progress' || typeof message.params?.progress !== 'number') {
			return true;
		}

		const isNew = message.params.progress > highest;
		highest = Math.max(highest, message.params.progress);
		return isNew;
	};
};

/** A request while it is under way. */
type Run = {
	readonly passage: Passage;
	readonly end: (outcome: Outcome) => void;
	readonly isProgress: (message: Message) => boolean;
	/** As it is sent; an answer to a question may lose its state on the way. */
	request: Request;
	/** How often it was sent. */
	attempts: number;
	/** Attempts that came to nothing. */
	failures: number;
	/** Until when it is tried, steady time; from the first failure or wait on. */
	deadline: number | undefined;
	at: Transport | undefined;
	call: Call | undefined;
	isOver: boolean;
};

const finish = (run: Run, outcome: Pick<Outcome, 'verdict' | 'response'>): void => {
	run.isOver = true;
	run.end({...outcome, target: run.at?.plan.id, attempts: run.attempts});
};

const say = (run: Run, {status, message}: OwnAnswer, verdict: Outcome['verdict']): void => {
	run.passage.reply.finish(status, message);
	finish(run, {verdict, response: message});
};

const answer = (run: Run, transport: Transport, status: number, message: Response, bytes: Uint8Array): void => {
	const {passage: {room, reply}, request} = run;
	if (isOfSessions(status, message)) {
		say(run, onlySessions(request, transport.plan.id), 'rpc');
		return;
	}

	if ('result' in message) {
		if (request.method === 'tools/list') {
			room.hints.take(transport, message.result, hasCursor(request.method, request.params));
		}

		const state = message.result.resultType === 'input_required' ? textIn(message.result, 'requestState') : undefined;
		if (state !== undefined) {
			room.affinity.remember(state, transport.plan.id);
		}
	}

	reply.finish(status, message, bytes);
	finish(run, verdictOn(message));
};

const remedyAfter = ({passage, request, attempts, isOver}: Run, transport: Transport, trouble: Trouble['kind']): Remedy => remedyFor({
	request,
	trouble,
	attempts,
	hints: hintsFor(passage, transport),
	plan: transport.plan,
	wasServerRequestShown: false, // This era has no requests of targets.
	isCancelled: isOver,
});

/** Whether it answers a question, whose state only the target that asked can read. */
const hasState = ({params}: Request): boolean => textIn(params, 'requestState') !== undefined;

/** The target that could read the state is gone: the tool begins anew, and asks again, if it may be run again at all. False when it may not. */
const beginAnew = (run: Run, transport: Transport): boolean => {
	if (remedyAfter(run, transport, 'cut') !== 'replay') {
		return false;
	}

	run.request = withoutState(run.request);
	return true;
};

const extend = (run: Run): void => {
	const {hold, listHold} = run.passage.room.options.getSettings();
	run.deadline ??= performance.now() + (isList(run.request.method) ? listHold : hold);
};

const onTrouble = (run: Run, transport: Transport, told: Trouble): void => {
	run.call = undefined;
	// Streams of this era can not be resumed: one that ends without an answer is a cut.
	const trouble: Trouble = told.kind === 'paused' ? {...told, kind: 'cut'} : told;
	blame(run.passage, transport, trouble);
	if (run.isOver) {
		return;
	}

	if (trouble.kind === 'lost' || (trouble.kind === 'refused' && isOfSessions(trouble.status ?? 0, trouble.response))) {
		say(run, onlySessions(run.request, transport.plan.id), 'rpc');
		return;
	}

	const remedy = remedyAfter(run, transport, trouble.kind);
	run.attempts -= trouble.kind === 'unsent' ? 1 : 0;
	if (remedy !== 'replay' || (hasState(run.request) && !beginAnew(run, transport))) {
		say(run, brokenOff(run.request, transport.plan.id, trouble, remedy), trouble.kind === 'timeout' ? 'time' : 'net');
		return;
	}

	extend(run);
	setTimeout(go, pauseAfter(run.failures++), run);
};

const receive = (run: Run, transport: Transport): StatelessReceiver => {
	const {room: {options: {passive}}, reply} = run.passage;
	const sentAt = performance.now();
	const isFirst = run.attempts === 1;
	let status = 200;
	return {
		onHead(given) {
			status = given;
			passive.passed(transport.plan.id, performance.now() - sentAt);
		},
		onMessage(message, bytes) {
			if (run.isOver) {
				return true;
			}

			if (isResponse(message)) {
				answer(run, transport, status, message, bytes);
				return true;
			}

			if ((!run.isProgress(message) && !isFirst) || reply.notify(message, bytes)) {
				return true;
			}

			void reply.drained().then(() => {
				run.call?.resume();
			});
			return false;
		},
		onTrouble(trouble) {
			onTrouble(run, transport, trouble);
		},
	};
};

const send = (run: Run, transport: Transport): void => {
	const {passage, request} = run;
	run.at = transport;
	if (!transport.send) {
		say(run, onlySessions(request, transport.plan.id), 'rpc');
		return;
	}

	const learning = learnHints(passage, transport);
	if (learning) {
		void learning.then(() => {
			go(run);
		});
		return;
	}

	run.attempts++;
	run.call = transport.send(request, passage.headers, receive(run, transport), {isFresh: !isSafe(request.method, request.params)});
};

/** The target that asked the question that is answered here, when it is known and not the client's own choice. */
const askerOf = ({passage: {room: {affinity}, scope}, request}: Run): TargetId | undefined => {
	const state = textIn(request.params, 'requestState');
	return scope === undefined && state !== undefined ? affinity.targetOf(state) : undefined;
};

const find = (run: Run): Transport | undefined => {
	const {room, scope} = run.passage;
	const asker = askerOf(run);
	return asker === undefined ? placeFor(room, scope) : candidate(room, asker);
};

const wait = async (run: Run): Promise<void> => {
	const {room, exchange: {signal}, reply} = run.passage;
	const early = setTimeout(reply.open, patience).unref();
	const found = await room.holds.wait(() => find(run), (run.deadline ?? 0) - performance.now(), signal);
	clearTimeout(early);
	if (run.isOver) {
		return;
	}

	if (found) {
		send(run, found);
	} else {
		say(run, noTarget(run.request), 'net');
	}
};

const go = (run: Run): void => {
	const {passage: {room: {options: {getTransport}}}} = run;
	if (run.isOver) {
		return;
	}

	const asker = askerOf(run);
	if (asker !== undefined && !find(run)) {
		const transport = getTransport(asker);
		if (!transport || !beginAnew(run, transport)) {
			say(run, brokenOff(run.request, asker, {kind: 'unsent', failure: {code: 'TARGET_DOWN', message: 'it is down'}}, 'error'), 'net');
			return;
		}
	}

	const ready = find(run);
	if (ready && (run.deadline === undefined || performance.now() < run.deadline)) {
		send(run, ready);
		return;
	}

	extend(run);
	void wait(run);
};

/** Its target is down and another one serves: as if the connection had ended there. Not so where the client named the target. */
const forsake = (run: Run): void => {
	const {passage: {room: {options: {getState}}, scope}, at, call} = run;
	const state = getState();
	if (call && at && scope === undefined && isForsaken(state, at.plan.id)) {
		const kind = call.isSent?.() === false ? 'unsent' : 'cut';
		call.abort();
		onTrouble(run, at, {kind, failure: downFailure(state, at.plan.id)});
	}
};

/** Takes a request of the stateless era to a target and brings its answer, over the deaths of targets as far as its kind allows. */
export const carryRequest = (passage: Passage, bytesIn: number): void => {
	const {room: {runs}} = passage;
	const end = beginRecord(passage, bytesIn);
	const look = (): void => {
		forsake(run);
	};

	const run: Run = {
		passage,
		end(outcome) {
			runs.delete(look);
			end(outcome);
		},
		isProgress: createProgress(),
		request: passage.request,
		attempts: 0,
		failures: 0,
		deadline: undefined,
		at: undefined,
		call: undefined,
		isOver: false,
	};
	runs.add(look);
	passage.exchange.signal.addEventListener('abort', () => {
		passage.reply.leave();
		run.call?.abort(); // In this era a client that leaves cancels.
		finish(run, {verdict: 'gone'});
	}, {once: true});
	go(run);
};
