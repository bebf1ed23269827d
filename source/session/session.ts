import {Buffer} from 'node:buffer';
import type {SessionInfo} from '../core/session.ts';
import type {TargetId} from '../core/target.ts';
import type {Id, Params, Request} from '../mcp/message.ts';
import {objectIn, textIn} from '../mcp/parse.ts';
import {hasPriming} from '../mcp/versions.ts';
import type {Call as Upstream, Trouble} from '../transport/channel.ts';
import type {Binding} from './binding.ts';
import {shortened} from './bodies.ts';
import type {Hub} from './hub.ts';
import {shortOf} from './ids.ts';
import {createRing, type Ring} from './ring.ts';
import {createStream, type ClientStream} from './stream.ts';

/** Where the messages of one request of the client go. */
export type Outlet = Readonly<{
	/** The target answers on a stream, and so should we: some clients look. */
	stream?: () => void;
	/** A message before the answer. False: wait for `drained`. */
	send: (data: Uint8Array) => boolean;
	/** The answer: nothing follows. */
	answer: (data: Uint8Array) => void;
	/** No answer will come. */
	close: () => void;
	drained: () => Promise<void>;
}>;

/** A request of the client's on its way. */
export type ClientCall = {
	readonly session: Session;
	readonly request: Request;
	readonly outlet: Outlet;
	readonly at: number;
	readonly startedAt: number;
	readonly bytesIn: number;
	/** What to do once there is a target, in place of sending it there. */
	readonly deliver: ((hub: Hub, call: ClientCall, binding: Binding) => void) | undefined;
	/** Steady time until which it may wait for a target. */
	deadline: number;
	readonly progressToken: unknown;
	/** The last progress the client was told, so that a replay never goes back. */
	progress: number;
	attempts: number;
	/** How often a target did not know the session. */
	losses: number;
	/** Requests of the target's within this one that the client has not answered: our ids. */
	readonly asked: Set<number>;
	wasAsked: boolean;
	isCancelled: boolean;
	isOver: boolean;
	/** The last target it was sent to. */
	binding: Binding | undefined;
	upstream: Upstream | undefined;
};

/** Somebody who waits for the session to stand at a target. */
export type Waiter = Readonly<{
	go: (binding: Binding) => void;
	/** The target will not have the session. */
	refuse?: (target: TargetId, trouble: Trouble) => void;
}>;

/** One client's session: ours towards the client, moved between the targets' sessions behind it. */
export type Session = {
	/** SHA-256 of its id: the id itself is nowhere. */
	readonly key: string;
	/** Eight characters to show. */
	readonly id: string;
	readonly principal: string;
	/** Whose number of sessions is limited. */
	readonly owner: string;
	/** The only target of `/targets/NAME/mcp`; undefined: whichever is active. */
	readonly scope: TargetId | undefined;
	/** Of the client's `initialize`, as it was sent. */
	readonly params: Params;
	/** Agreed with the client. */
	version: string;
	/** As the client was told them. */
	capabilities: Params;
	/** Whether the client's `initialize` has been answered. */
	isOpen: boolean;
	isInitialized: boolean;
	level: string | undefined;
	readonly uris: Set<string>;
	/** The client's credentials, in memory only, for targets that are given them. */
	authorization: string | undefined;

	binding: Binding | undefined;
	/** Where it stood before the daemon was started again. */
	bound: Bound | undefined;
	/** Ready at the next candidate. */
	standby: Binding | undefined;
	isPreparing: boolean;
	/** Where it stood last: its client knows what that target offers. */
	stoodAt: TargetId | undefined;
	/** At earlier targets, until their calls are over. */
	readonly parked: Set<Binding>;
	generation: number;
	isBinding: boolean;
	/** Handshakes under way, here and for the standby. */
	readonly openings: Set<Binding>;
	/** Failed attempts to bind in a row. */
	failures: number;
	retry: NodeJS.Timeout | undefined;
	readonly waiting: Set<Waiter>;

	readonly calls: Map<Id, ClientCall>;
	/** The target's requests that the client has been shown: our id → whose, and its own id. */
	readonly asked: Map<number, Readonly<{binding: Binding; id: Id; token: Id | undefined}>>;
	/** Which target gave out a cursor. */
	readonly cursors: Map<string, TargetId>;
	readonly ring: Ring;
	/** Streams of POSTs that a client may come back for, by name. */
	readonly streams: Map<string, ClientStream>;
	readonly standalone: ClientStream;
	nextStream: number;
	/** When its client ceased to listen, steady time; undefined: it listens, or never did. */
	unheardAt: number | undefined;

	readonly openedAt: number;
	usedAt: number;
	/** `usedAt` as it was written to the state file. */
	savedAt: number;
	total: number;
	isEnded: boolean;
	/** It ends with its client's connection and is not remembered (MCP 2024-11-05). */
	isFleeting: boolean;
};

/** What outlives the daemon. */
export type Remembered = Pick<Session, 'key' | 'principal' | 'owner' | 'scope' | 'params' | 'version' | 'capabilities' | 'isInitialized' | 'level' | 'openedAt' | 'usedAt' | 'generation'> & Readonly<{
	uris: readonly string[];
	/** Its session at a target, which that target may still know. */
	bound?: Bound | undefined;
}>;

export type Bound = Readonly<{target: TargetId; sessionId: string | undefined; version: string; capabilities: Params}>;

/** Tells the streams of this run from those of an earlier one. */
const run = Date.now().toString(36);

export const createSession = ({uris, bound, ...remembered}: Remembered): Session => {
	const ring = createRing();
	const session: Session = {
		...remembered,
		bound,
		isOpen: false,
		id: shortOf(remembered.key),
		uris: new Set(uris),
		authorization: undefined,
		binding: undefined,
		standby: undefined,
		isPreparing: false,
		stoodAt: undefined,
		parked: new Set(),
		isBinding: false,
		openings: new Set(),
		failures: 0,
		retry: undefined,
		waiting: new Set(),
		calls: new Map(),
		asked: new Map(),
		cursors: new Map(),
		ring,
		streams: new Map(),
		standalone: createStream({name: `${run}-0`, ring, hasPriming: () => hasPriming(session.version)}),
		nextStream: 1,
		unheardAt: undefined,
		savedAt: remembered.usedAt,
		total: 0,
		isEnded: false,
		isFleeting: false,
	};
	return session;
};

/** Longer ids are not put into names. */
const longestName = 200;

/** Streams of POSTs that are over and may still be asked for. */
const mostStreams = 100;

/**
A stream for one POST. Its name tells the one request it answers, so that a client which comes back for it after a restart of the
proxy, which remembers no streams, gets an answer at least (`lostRequestOf`).
*/
export const openStream = (session: Session, id?: Id): ClientStream => {
	const request = id === undefined ? '' : `.${Buffer.from(JSON.stringify(id)).toString('base64url')}`;
	const stream = createStream({name: `${run}-${session.nextStream++}${request.length > longestName ? '' : request}`, ring: session.ring, hasPriming: () => hasPriming(session.version)});
	session.streams.set(stream.name, stream);
	if (session.streams.size > mostStreams) {
		const over = [...session.streams.values()].find(({isEnded}) => isEnded());
		session.streams.delete(over?.name ?? '');
	}

	return stream;
};

/** The client as it calls itself: its words. */
export const clientOf = ({params}: Pick<Session, 'params'>): string => {
	const info = objectIn(params, 'clientInfo');
	return shortened([textIn(info, 'name') ?? 'unknown', textIn(info, 'version') ?? ''].join(' ').trim());
};

export const describe = (session: Session): SessionInfo => ({
	id: session.id,
	client: clientOf(session),
	protocol: session.version,
	target: session.binding?.target,
	generation: session.binding?.generation ?? session.generation, // A session prepared elsewhere has a number already.
	openedAt: session.openedAt,
	isListening: session.standalone.isAttached(),
	calls: session.total,
	inFlight: session.calls.size,
	usedAt: session.usedAt,
});

/** A stream's name without the request it answers. */
export const nameOf = (name: string): string => name.replace(/\..*$/v, '');

/** Whether a stream of that name answers a POST, in this run or an earlier one. */
export const isOfPost = (name: string): boolean => !nameOf(name).endsWith('-0');

/** The request that a stream of an earlier run was to answer, by the stream's name; undefined when it tells none. */
export const lostRequestOf = (name: string): Id | undefined => {
	const [, word] = /^[^.]*\.(.+)$/v.exec(name) ?? [];
	try {
		const id: unknown = word === undefined || name.startsWith(`${run}-`) ? undefined : JSON.parse(Buffer.from(word, 'base64url').toString());
		return typeof id === 'string' || typeof id === 'number' ? id : undefined;
	} catch {
		return undefined;
	}
};
