import {codes, failure} from '../mcp/errors.ts';
import {isRequest, isResponse, type Id, type Message, type Notification, type Params, type Request, type Response} from '../mcp/message.ts';
import {textIn} from '../mcp/parse.ts';
import {ChannelError, type Channel, type StreamReceiver, type Trouble} from './channel.ts';

/** One of the sessions that share a process. */
export type Member = {
	/** Who listens to what belongs to no call. */
	receiver: StreamReceiver | undefined;
	/** It does not read fast enough: log lines are not for it until it does, since the process is not held up for one of many. */
	isBehind: boolean;
	/** The least severe log messages it wants; undefined: whatever comes. */
	level: string | undefined;
	readonly uris: Set<string>;
	/** Its requests under way: its id → ours. */
	readonly ids: Map<Id, Id>;
};

/** One process that many sessions share, from its start to its end. */
export type Life = Readonly<{
	channel: Channel;
	members: Set<Member>;
	/** Our next id: one of a kind over all sessions. */
	nextId: () => string;
	/** What the process answers to `initialize`; it is asked once. */
	greet: (request: Request) => Promise<Response>;
	/** Whether this is the first `initialized`, which it is told. */
	isFirstWord: () => boolean;
	/** A request of the process's is shown to this session: only its client may answer it, or hear that it is taken back. */
	asked: Map<Id, Member>;
	/** Who called last: requests that belong to no call go there. */
	called: (member: Member) => void;
	/** The level that satisfies all of them; undefined when none has said. */
	loudest: () => string | undefined;
	isOver: () => boolean;
	/** Nothing more is asked of it. */
	end: () => void;
}>;

/** From everything to the worst only (RFC 5424, as MCP has them). */
const levels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

/** −1: no level of MCP. */
export const rankOf = (level: string | undefined): number => levels.indexOf(level ?? '');

/** Whether a message is for this session, by what it asked for. An unknown level is let through. */
export const isFor = ({level, uris, isBehind}: Member, message: Notification): boolean => {
	if (message.method === 'notifications/message') {
		const rank = rankOf(textIn(message.params, 'level'));
		return !isBehind && (rank === -1 || rank >= rankOf(level));
	}

	const uri = message.method === 'notifications/resources/updated' ? textIn(message.params, 'uri') : undefined;
	return uri === undefined || [...uris].some(own => uri.startsWith(own)); // It may be a part of what was subscribed to.
};

/** Tells a session what belongs to none of its calls. */
const tell = (member: Member, message: Message, bytes: Uint8Array): void => {
	if (member.receiver?.onMessage(message, bytes) === false) {
		member.isBehind = true;
	}
};

/** Nobody is there who could answer the process: it need not wait. */
export const answerForNobody = (channel: Channel, id: Id, method?: string): void => {
	channel.notify(method === 'ping' ? {jsonrpc: '2.0', id, result: {}} : failure(id, codes.methodNotFound, 'No client is there to answer.')).catch(() => undefined);
};

export const createLife = (channel: Channel, onEnd: (life: Life) => void): Life => {
	const members = new Set<Member>();
	const asked = new Map<Id, Member>();
	let count = 0;
	let greeting: Promise<Response> | undefined;
	let isTold = false;
	let isOver = false;
	let newest: Member | undefined;

	const life: Life = {
		channel,
		members,
		asked,
		nextId: () => `shared-${++count}`,
		async greet(request) {
			greeting ??= new Promise((resolve, reject) => {
				channel.request({...request, id: life.nextId()}, {
					onMessage(message) {
						if (isResponse(message)) {
							greeting = 'error' in message ? undefined : greeting;
							resolve(message);
						}

						return true;
					},
					onTrouble(trouble) {
						life.end();
						reject(new ChannelError(trouble));
					},
				});
			});
			return greeting;
		},
		isFirstWord() {
			const isFirst = !isTold;
			isTold = true;
			return isFirst;
		},
		called(member) {
			newest = member;
		},
		loudest: () => [...members].map(({level}) => level).filter(level => level !== undefined).toSorted((a, b) => rankOf(a) - rankOf(b))[0],
		isOver: () => isOver,
		end() {
			isOver = true;
			onEnd(life);
		},
	};

	const ask = (request: Request, bytes: Uint8Array): void => {
		const listening = [...members].filter(({receiver}) => receiver !== undefined);
		const member = newest && listening.includes(newest) ? newest : listening[0];
		if (member) {
			asked.set(request.id, member);
			tell(member, request, bytes);
		} else {
			answerForNobody(channel, request.id, request.method);
		}
	};

	channel.listen({
		onMessage(message, bytes) {
			if (isRequest(message)) {
				ask(message, bytes);
				return true;
			}

			const only = takenBackFrom(life, message);
			for (const member of only ? [only] : members) {
				if (!('method' in message) || isFor(member, message)) {
					tell(member, message, bytes);
				}
			}

			return true;
		},
		onTrouble(trouble: Trouble) {
			life.end();
			for (const {receiver} of members) {
				receiver?.onTrouble(trouble);
			}
		},
	});
	return life;
};

/** The session that was asked what the process takes back with this message. */
export const takenBackFrom = ({asked}: Life, message: Message): Member | undefined => {
	const parameters: Params | undefined = 'method' in message && message.method === 'notifications/cancelled' ? message.params : undefined;
	const id = parameters?.requestId;
	const member = typeof id === 'string' || typeof id === 'number' ? asked.get(id) : undefined;
	if (member) {
		asked.delete(id as Id); // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- it has one
	}

	return member;
};
