import {isResponse, type Message, type Params} from '../mcp/message.ts';
import {objectIn} from '../mcp/parse.ts';
import type {Call, StatelessReceiver, Transport, Trouble} from '../transport/channel.ts';
import {brokenOff, isOfSessions, onlySessions, type OwnAnswer} from './stateless-answers.ts';
import {blame} from './stateless-call.ts';
import {beginRecord, verdictOn, type Outcome} from './stateless-record.ts';
import {ofSubscription, pauseAfter, placeFor, type Passage, type Room} from './stateless-room.ts';

/** A client that listens for changes (MCP 2026-07-28, `subscriptions/listen`). */
type Listen = {
	readonly passage: Passage;
	readonly end: (outcome: Outcome) => void;
	readonly entry: Room['listens'] extends Set<infer Entry> ? Entry : never;
	/** What the first target agreed to tell; undefined until then. */
	agreed: Params | undefined;
	/** Where it listens or tries to. */
	at: Transport | undefined;
	call: Call | undefined;
	/** Counts the attempts: what an older one is still told is not ours any more. */
	turn: number;
	failures: number;
	timer: NodeJS.Timeout | undefined;
	isOver: boolean;
};

const acknowledged = 'notifications/subscriptions/acknowledged';

/** A target that can not be listened to may be asked again after this long, ms. */
const refusedPause = 5000;

/** What the client may have missed between two targets, or what may be otherwise at the new one. */
const missedNotices = (agreed: Params): Array<Readonly<{method: string; params: Params}>> => {
	const kinds = ['tools', 'prompts', 'resources'].filter(kind => agreed[`${kind}ListChanged`] === true);
	const {resourceSubscriptions: uris} = agreed;
	return [
		...kinds.map(kind => ({method: `notifications/${kind}/list_changed`, params: {}})),
		...(Array.isArray(uris) ? uris : []).map(uri => ({method: 'notifications/resources/updated', params: {uri: uri as unknown}})),
	];
};

const finish = (listen: Listen, outcome: Pick<Outcome, 'verdict' | 'response'>): void => {
	const {passage: {room}, entry, at, turn} = listen;
	listen.isOver = true;
	clearTimeout(listen.timer);
	room.listens.delete(entry);
	listen.end({...outcome, target: at?.plan.id, attempts: turn});
};

const say = (listen: Listen, {status, message}: OwnAnswer): void => {
	listen.passage.reply.finish(status, message);
	finish(listen, {verdict: 'rpc', response: message});
};

const again = (listen: Listen, pause: number): void => {
	clearTimeout(listen.timer);
	listen.timer = setTimeout(go, pause, listen);
};

/** The first agreement is the client's; of a later one it must not know, but what it may have missed. */
const agree = (listen: Listen, message: Message, bytes: Uint8Array): boolean => {
	const {passage: {reply, request}, agreed} = listen;
	listen.failures = 0;
	if (!agreed) {
		listen.agreed = objectIn('method' in message ? message.params : undefined, 'notifications') ?? {};
		return reply.notify(message, bytes);
	}

	return missedNotices(agreed)
		.map(({method, params}) => reply.notify({jsonrpc: '2.0', method, params: {...params, ...ofSubscription(request.id)}}))
		.every(Boolean);
};

const onTrouble = (listen: Listen, transport: Transport, trouble: Trouble): void => {
	const {passage, agreed} = listen;
	blame(passage, transport, trouble);
	if (trouble.kind === 'refused' || trouble.kind === 'lost') {
		if (agreed) {
			again(listen, refusedPause);
		} else {
			say(listen, isOfSessions(trouble.status ?? 400, trouble.response) ? onlySessions(passage.request, transport.plan.id) : brokenOff(passage.request, transport.plan.id, trouble, 'error'));
		}

		return;
	}

	again(listen, pauseAfter(listen.failures++));
};

const receive = (listen: Listen, transport: Transport): StatelessReceiver => {
	const {passage: {room: {options: {passive}, hints}, reply, request}} = listen;
	const turn = ++listen.turn;
	const sentAt = performance.now();
	let status = 200;
	const isOld = (): boolean => listen.isOver || listen.turn !== turn;
	return {
		onHead(given) {
			status = given;
			passive.passed(transport.plan.id, performance.now() - sentAt);
		},
		onMessage(message, bytes) {
			if (isOld()) {
				return true;
			}

			if (isResponse(message)) {
				const isFailed = 'error' in message;
				if (isFailed && listen.agreed) {
					again(listen, refusedPause);
				} else if (isFailed && isOfSessions(status, message)) {
					say(listen, onlySessions(request, transport.plan.id));
				} else {
					reply.finish(status, message, bytes);
					finish(listen, verdictOn(message));
				}

				return true;
			}

			if (message.method === 'notifications/tools/list_changed') {
				hints.forget(transport);
			}

			if (message.method === acknowledged ? agree(listen, message, bytes) : reply.notify(message, bytes)) {
				return true;
			}

			void reply.drained().then(() => {
				if (!isOld()) {
					listen.call?.resume();
				}
			});
			return false;
		},
		onTrouble(trouble) {
			if (!isOld()) {
				onTrouble(listen, transport, trouble);
			}
		},
	};
};

const go = (listen: Listen): void => {
	const {passage: {room, request, headers, scope, reply}} = listen;
	listen.timer = undefined;
	const transport = placeFor(room, scope);
	listen.at = transport;
	if (!transport) {
		reply.open(); // `follow` brings us back here.
		return;
	}

	if (transport.send) {
		listen.call = transport.send(request, headers, receive(listen, transport));
	} else if (!listen.agreed) {
		say(listen, onlySessions(request, transport.plan.id));
	}
};

/** Goes where the requests go: a client is told of changes at the target that serves it. */
const follow = (listen: Listen): void => {
	const {passage: {room, scope}} = listen;
	if (placeFor(room, scope) !== listen.at) {
		clearTimeout(listen.timer);
		listen.call?.abort();
		listen.turn++;
		go(listen);
	}
};

/**
Keeps a client's stream of changes open over the deaths of targets: it is told of one agreement, and after each move that
everything it listens for may have changed. A target that ends the stream on purpose, with a result, ends it for the client too.
*/
export const carryListen = (passage: Passage, bytesIn: number): void => {
	const listen: Listen = {
		passage,
		end: beginRecord(passage, bytesIn),
		entry: {
			follow() {
				follow(listen);
			},
			end() {
				const {reply, request: {id}} = passage;
				reply.finish(200, {jsonrpc: '2.0', id, result: {resultType: 'complete', ...ofSubscription(id)}});
				listen.call?.abort();
				finish(listen, {verdict: 'ok'});
			},
		},
		agreed: undefined,
		at: undefined,
		call: undefined,
		turn: 0,
		failures: 0,
		timer: undefined,
		isOver: false,
	};
	passage.room.listens.add(listen.entry);
	passage.exchange.signal.addEventListener('abort', () => {
		if (!listen.isOver) {
			passage.reply.leave();
			listen.call?.abort();
			finish(listen, {verdict: listen.agreed ? 'ok' : 'gone'});
		}
	}, {once: true});
	go(listen);
};
