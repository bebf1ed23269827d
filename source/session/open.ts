import type {TargetId} from '../core/target.ts';
import type {Exchange, RequestHead} from '../http/exchange.ts';
import {valueOf} from '../http/headers.ts';
import {codes} from '../mcp/errors.ts';
import type {Request, Success} from '../mcp/message.ts';
import {objectIn, textIn} from '../mcp/parse.ts';
import {agreeOn} from '../mcp/versions.ts';
import {startCall} from './calls.ts';
import {promised} from './capabilities.ts';
import {finish} from './ending.ts';
import type {Hub} from './hub.ts';
import {sendFailure} from './http.ts';
import {keyOf, newId, principalOf} from './ids.ts';
import {createPost, type Patience} from './post.ts';
import {clientOf, createSession, openStream, type Outlet, type Session} from './session.ts';

/** At the limit, a session its client has not used for this long, and does not listen to, makes room for its next one, in ms. */
const abandonedTime = 60_000;

export type Registry = Readonly<{
	hub: Hub;
	patience: Patience;
	countOf: (owner: string) => number;
	add: (session: Session) => void;
	end: (session: Session) => void;
}>;

const abandoned = ({hub}: Registry, owner: string): Session | undefined => [...hub.sessions.values()]
	.filter(session => session.owner === owner && session.calls.size === 0 && !session.standalone.isAttached() && Date.now() - session.usedAt > abandonedTime)
	.toSorted((a, b) => a.usedAt - b.usedAt)[0];

/** Why there is no room for one more session; undefined: there is. Clients seldom end theirs, so their oldest unused one goes first. */
const refusal = (registry: Registry, owner: string): string | undefined => {
	const {limit, limitPerClient} = registry.hub.options.getSettings();
	const {size} = registry.hub.sessions;
	const isFull = size >= limit;
	if (!isFull && registry.countOf(owner) < limitPerClient) {
		return undefined;
	}

	const old = abandoned(registry, owner);
	if (old) {
		registry.end(old);
		return undefined;
	}

	return isFull ? `The proxy holds ${size} sessions, as many as it may.` : `This client holds ${limitPerClient} sessions, as many as it may.`;
};

/** Answers the client's `initialize` with what a target said to it; kept on disk before it leaves. */
const welcome = async (hub: Hub, session: Session, request: Request): Promise<Success> => {
	const {binding} = session;
	const result = binding?.result ?? {};
	session.version = textIn(result, 'protocolVersion') ?? session.version;
	session.capabilities = promised(objectIn(result, 'capabilities') ?? {});
	session.isOpen = true;
	await hub.saved(session);
	hub.options.onSession(session.id);
	return {jsonrpc: '2.0', id: request.id, result: {...result, capabilities: session.capabilities}};
};

type Opening = Readonly<{head: RequestHead; request: Request; scope: TargetId | undefined}>;

/** Makes a session for a client's `initialize`, with an id of ours; or says why there is no room. */
export const admit = (registry: Registry, {head: {headers, peer}, request, scope}: Opening): Readonly<{session: Session; id: string}> | string => {
	const principal = principalOf(headers);
	const parameters = request.params ?? {};
	const owner = [principal, peer, clientOf({params: parameters})].join(' ');
	const refused = refusal(registry, owner);
	if (refused !== undefined) {
		return refused;
	}

	const id = newId();
	const now = Date.now();
	const session = createSession({
		key: keyOf(id),
		principal,
		owner,
		scope,
		params: parameters,
		version: agreeOn(textIn(parameters, 'protocolVersion')),
		capabilities: {},
		isInitialized: false,
		level: undefined,
		uris: [],
		openedAt: now,
		usedAt: now,
		generation: 0,
	});
	session.authorization = valueOf(headers, 'authorization');
	registry.add(session);
	return {session, id};
};

/** Takes an admitted session's `initialize` to a target. A session that no target takes is ended. */
export const begin = (registry: Registry, session: Session, {request, outlet, bytesIn}: Readonly<{request: Request; outlet: Outlet; bytesIn: number}>): void => {
	const {hub} = registry;
	const watched: Outlet = {
		...outlet,
		answer(data) {
			outlet.answer(data);
			if (!session.isOpen) {
				queueMicrotask(() => { // Not before this call is over: ending the session would answer it again.
					registry.end(session);
				});
			}
		},
	};
	startCall({hub, session, request, outlet: watched, bytesIn}, (_hub, call, binding) => {
		call.attempts = 1;
		call.binding = binding;
		void welcome(hub, session, request).then(answer => {
			finish(hub, call, answer);
		});
	});
};

/** Opens a session over Streamable HTTP: its id goes out with the answer. */
export const openSession = (registry: Registry, {exchange, request, scope, bytesIn}: Readonly<{exchange: Exchange; request: Request; scope: TargetId | undefined; bytesIn: number}>): void => {
	const admitted = admit(registry, {head: exchange.head, request, scope});
	if (typeof admitted === 'string') {
		sendFailure(exchange, 503, codes.proxy, admitted, {id: request.id, headers: ['Retry-After', '60']});
		return;
	}

	const {session, id} = admitted;
	const outlet = createPost(exchange, {patience: registry.patience, open: () => openStream(session, request.id), count: 1, headers: ['Mcp-Session-Id', id]});
	begin(registry, session, {request, outlet, bytesIn});
};
