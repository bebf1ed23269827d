import {Buffer} from 'node:buffer';
import {isRequest, isResponse, type Id, type Message, type Notification, type Request, type Response} from '../mcp/message.ts';
import {objectIn, textIn} from '../mcp/parse.ts';
import {compareVersions, isLegacy} from '../mcp/versions.ts';
import {ChannelError, type Call, type Channel, type Receiver, type Trouble} from './channel.ts';
import {answerForNobody, createLife, isFor, rankOf, takenBackFrom, type Life, type Member} from './shared-life.ts';

const ignore = (): void => undefined;

const lost: Trouble = {kind: 'lost', failure: {code: 'CHILD_ENDED', message: 'its process has ended'}};
const closed: Trouble = {kind: 'cut', failure: {code: 'SESSION_CLOSED', message: 'the session was closed'}};

const bytesOf = (message: Message): Uint8Array => Buffer.from(JSON.stringify(message));

/** A request with another id, and its progress token made one of a kind with it. */
const readdressed = (request: Request, id: Id): Request => {
	const meta = objectIn(request.params, '_meta');
	return meta?.progressToken === undefined
		? {...request, id}
		: {...request, id, params: {...request.params, _meta: {...meta, progressToken: id}}};
};

/** The one answer to `initialize`, for a client of an older version than the first one's: it would turn away from a newer one. */
const greetingFor = ({id, params}: Request, answer: Response): Response => {
	const asked = textIn(params, 'protocolVersion') ?? '';
	const agreed = 'result' in answer ? textIn(answer.result, 'protocolVersion') ?? '' : '';
	return 'result' in answer && isLegacy(asked) && compareVersions(asked, agreed) < 0
		? {...answer, id, result: {...answer.result, protocolVersion: asked}}
		: {...answer, id};
};

/** What this request changes in what its session wants; what is asked of the process in its place; undefined: nothing need be. */
const wish = (life: Life, member: Member, request: Request): Request | undefined => {
	const {method, params} = request;
	const uri = textIn(params, 'uri') ?? '';
	switch (method) {
		case 'logging/setLevel': {
			const level = textIn(params, 'level');
			if (rankOf(level) === -1) {
				return request; // For the process to refuse.
			}

			member.level = level;
			return {...request, params: {...params, level: life.loudest()}};
		}

		case 'resources/subscribe': {
			member.uris.add(uri);
			return request;
		}

		case 'resources/unsubscribe': {
			member.uris.delete(uri);
			return [...life.members].some(({uris}) => uris.has(uri)) ? undefined : request;
		}

		default: {
			return request;
		}
	}
};

const soon = (act: () => void): Call => {
	queueMicrotask(act);
	return {resume: ignore, abort: ignore};
};

/** One session's place at the process. */
type Seat = Readonly<{life: Life; member: Member; /** Its calls under way, by its own ids. */ receivers: Map<Id, Receiver>}>;

const over = ({member, receivers}: Seat, id: Id): void => {
	member.ids.delete(id);
	receivers.delete(id);
};

/** The process is not held up for one of many: a session that is behind gets answers and questions only, until it has caught up. */
const pass = ({member}: Seat, {onMessage}: Receiver, message: Message, bytes = bytesOf(message)): true => {
	member.isBehind = !onMessage(message, bytes);
	return true;
};

/** What the process says within a call, in this session's words. `ours`: the id it knows the call by. */
const hear = (seat: Seat, {request, ours}: Readonly<{request: Request; ours: Id}>, receiver: Receiver, [message, bytes]: Readonly<[Message, Uint8Array]>): true => {
	const {life, member} = seat;
	if (isResponse(message)) {
		over(seat, request.id);
		return pass(seat, receiver, {...message, id: request.id});
	}

	if (isRequest(message)) {
		life.asked.set(message.id, member);
		return pass(seat, receiver, message, bytes);
	}

	const other = takenBackFrom(life, message);
	if (other && other !== member) {
		other.receiver?.onMessage(message, bytes);
		return true;
	}

	if (message.params?.progressToken === ours) {
		const progressToken = objectIn(request.params, '_meta')?.progressToken;
		return member.isBehind || pass(seat, receiver, {...message, params: {...message.params, progressToken}});
	}

	return !isFor(member, message) || pass(seat, receiver, message, bytes);
};

const greet = async ({life}: Seat, request: Request, receiver: Receiver): Promise<void> => {
	try {
		const answer = greetingFor(request, await life.greet(request));
		receiver.onMessage(answer, bytesOf(answer));
	} catch (error) {
		receiver.onTrouble(error instanceof ChannelError ? error.trouble : lost);
	}
};

const call = (seat: Seat, request: Request, receiver: Receiver): Call => {
	const {life, member, receivers} = seat;
	const wanted = wish(life, member, request);
	if (!wanted) {
		const answer: Response = {jsonrpc: '2.0', id: request.id, result: {}};
		return soon(() => {
			receiver.onMessage(answer, bytesOf(answer));
		});
	}

	const ours = life.nextId();
	member.ids.set(request.id, ours);
	receivers.set(request.id, receiver);
	life.called(member);
	const {abort} = life.channel.request(readdressed(wanted, ours), {
		...receiver,
		onMessage: (...said) => hear(seat, {request, ours}, receiver, said),
		onTrouble(trouble) {
			over(seat, request.id);
			if (trouble.kind !== 'refused') {
				life.end();
			}

			receiver.onTrouble(trouble);
		},
	});
	return {
		resume() {
			member.isBehind = false;
		},
		abort() {
			over(seat, request.id);
			abort();
		},
	};
};

/** Tells the process something; what it needs not hear, or not twice, is kept from it. */
const notify = async ({life, member}: Seat, message: Notification | Response): Promise<void> => {
	if (isResponse(message)) {
		life.asked.delete(message.id ?? '');
	} else if (message.method === 'notifications/initialized' && !life.isFirstWord()) {
		return;
	} else if (message.method === 'notifications/cancelled') {
		const id = message.params?.requestId;
		const requestId = typeof id === 'string' || typeof id === 'number' ? member.ids.get(id) : undefined;
		return requestId === undefined ? undefined : life.channel.notify({...message, params: {...message.params, requestId}});
	}

	return life.channel.notify(message);
};

/** Nothing of it stays behind at the process: its calls are taken back, and its subscriptions, as far as they are nobody else's. */
const leave = ({life, member, receivers}: Seat): void => {
	const {channel, members} = life;
	members.delete(member);
	member.receiver = undefined;
	if (life.isOver()) {
		return;
	}

	for (const requestId of member.ids.values()) {
		channel.notify({jsonrpc: '2.0', method: 'notifications/cancelled', params: {requestId, reason: 'The client has left.'}}).catch(ignore);
	}

	for (const [id, whose] of life.asked) {
		if (whose === member) {
			life.asked.delete(id);
			answerForNobody(channel, id);
		}
	}

	for (const uri of member.uris) {
		if (![...members].some(({uris}) => uris.has(uri))) {
			channel.request({jsonrpc: '2.0', id: life.nextId(), method: 'resources/unsubscribe', params: {uri}}, {onMessage: () => true, onTrouble: ignore});
		}
	}

	for (const receiver of receivers.values()) {
		receiver.onTrouble(closed);
	}

	receivers.clear();
	member.ids.clear();
};

const join = (life: Life): Channel => {
	const member: Member = {receiver: undefined, isBehind: false, level: undefined, uris: new Set(), ids: new Map()};
	const seat: Seat = {life, member, receivers: new Map()};
	life.members.add(member);
	return {
		getSessionId: () => undefined,
		setVersion: ignore,
		request(request, receiver) {
			if (life.isOver()) {
				return soon(() => {
					receiver.onTrouble(lost);
				});
			}

			return request.method === 'initialize'
				? soon(() => {
					void greet(seat, request, receiver);
				})
				: call(seat, request, receiver);
		},
		resume: life.channel.resume,
		notify: async message => notify(seat, message),
		listen(receiver) {
			member.receiver = receiver;
			receiver.onOpen?.();
			return {
				resume() {
					member.isBehind = false;
				},
				abort() {
					member.receiver = member.receiver === receiver ? undefined : member.receiver;
				},
			};
		},
		async close() {
			leave(seat);
		},
	};
};

/**
Makes many sessions out of one: for programs that are too heavy to be started for each. `initialize` is asked once and its answer
remembered; ids and progress tokens are made unique. Each session hears the log messages of its own level and the resources it
subscribed to; what else belongs to no call goes to everybody, and requests of the process go to whoever called last. What can not be
told apart is the price of sharing: the process knows one client, the first.
*/
export const createShared = (open: () => Channel): (() => Channel) => {
	let current: Life | undefined;
	return () => {
		current ??= createLife(open(), life => {
			current = current === life ? undefined : current;
		});
		return join(current);
	};
};
