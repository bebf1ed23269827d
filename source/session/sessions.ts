import type {Event} from '../core/event.ts';
import type {SessionInfo} from '../core/session.ts';
import type {Handler} from '../http/exchange.ts';
import {park, release} from './binder.ts';
import {failAll} from './calls.ts';
import {createFront} from './front.ts';
import {createLimiter, type Hub} from './hub.ts';
import {learnHints} from './hints.ts';
import {hear} from './listen.ts';
import {createMoves} from './moves.ts';
import type {Registry} from './open.ts';
import {createOauthRefusal} from './oauth.ts';
import type {SessionOptions} from './options.ts';
import {createPatience} from './post.ts';
import {createSession, describe, type Remembered, type Session} from './session.ts';
import {dropStandby, prepareStandby} from './standby.ts';
import {createSseFront} from './sse-front.ts';
import {createStateFile} from './state-file.ts';
import {createToolHints} from './tool-hints.ts';
import {isIdle, lookAfter, roundFor, startRounds} from './upkeep.ts';

/** All MCP sessions of this proxy. */
export type Sessions = Readonly<{
	/** Answers `/mcp` and `/targets/NAME/mcp`, `/sse` and `/messages` while MCP is spoken there, and what asks for OAuth. */
	handle: Handler;
	registry: Registry;
	/** By its short id. */
	find: (id: string) => SessionInfo | undefined;
	/** Ends one as if its client had; false when there is none. */
	end: (id: string) => boolean;
	/** Every event, once it is in force. */
	react: (event: Event) => void;
	/** Takes up the sessions of the last run. */
	restore: () => Promise<void>;
	/** Clients are let go and sessions remembered; call it when no request comes any more. */
	stop: () => Promise<void>;
	/** Ends streams on which nobody waits for an answer, so that connections can drain. */
	hush: () => void;
}>;

/** How long a client has to come back after a restart of the proxy, ms: it notices at once, but tries again after seconds. */
const returnTime = 60_000;

/** Handshakes at a time. */
const mostHandshakes = 32;

const rememberedOf = (session: Session): Remembered => {
	const {key, principal, owner, scope, params, version, capabilities, isInitialized, level, openedAt, usedAt, generation, uris, binding, bound} = session;
	const sessionId = binding?.channel.getSessionId();
	return {
		key, principal, owner, scope, params, version, capabilities, isInitialized, level, openedAt, usedAt, generation,
		uris: [...uris],
		bound: binding ? {target: binding.target, sessionId, version: binding.version, capabilities: binding.capabilities} : bound,
	};
};

export const createSessions = (options: SessionOptions): Sessions => {
	const {getSettings, onSession, onNotice} = options;
	const sessions = new Map<string, Session>();
	const byId = new Map<string, Session>();
	const counts = new Map<string, number>();
	const patience = createPatience();
	const file = options.stateFile === undefined
		? undefined
		: createStateFile({
			file: options.stateFile,
			onFault: onNotice,
			getCount: () => sessions.size,
			getAll: () => [...sessions.values()].filter(({isOpen, isFleeting}) => isOpen && !isFleeting).map(session => rememberedOf(session)),
		});

	const save = (session: Session): void => {
		if (session.isOpen && !session.isEnded && !session.isFleeting) {
			session.savedAt = session.usedAt;
			file?.save(rememberedOf(session));
		}
	};

	const hub: Hub = {
		options,
		sessions,
		hints: createToolHints(options.getState),
		enter: createLimiter(mostHandshakes),
		save,
		async saved(session) {
			save(session);
			await file?.flushed();
		},
		hear(session) {
			hear(hub, session);
		},
		arrived(session, binding) {
			moves.arrived(session, binding.target);
			if (binding.isTold) {
				void learnHints(hub, session, binding);
			}

			save(session);
			hear(hub, session);
			prepareStandby(hub, session);
			onSession(session.id);
		},
	};

	const moves = createMoves(hub);

	const leaveAll = (session: Session): void => {
		clearTimeout(session.retry);
		dropStandby(session);
		if (session.binding) {
			park(session, session.binding);
		}

		for (const binding of session.parked) {
			binding.inFlight = 0;
			release(session, binding);
		}
	};

	const registry: Registry = {
		hub,
		patience,
		countOf: owner => counts.get(owner) ?? 0,
		add(session) {
			sessions.set(session.key, session);
			byId.set(session.id, session);
			counts.set(session.owner, registry.countOf(session.owner) + 1);
		},
		end(session) {
			if (session.isEnded) {
				return;
			}

			session.isEnded = true;
			failAll(hub, session, 'The session was ended.');
			session.waiting.clear();
			leaveAll(session);
			session.standalone.end();
			session.ring.clear();
			sessions.delete(session.key);
			byId.delete(session.id);
			const left = registry.countOf(session.owner) - 1;
			if (left > 0) {
				counts.set(session.owner, left);
			} else {
				counts.delete(session.owner);
			}

			if (session.isOpen) {
				file?.forget(session.key);
				onSession(session.id);
			}
		},
	};

	const stopRounds = startRounds(sessions, roundFor(getSettings().idle), session => {
		if (isIdle(hub, session)) {
			registry.end(session);
		} else {
			lookAfter(hub, session);
		}
	});

	const refuseOauth = createOauthRefusal(options.watch);
	const front = createFront(registry);
	const olderFront = createSseFront(registry);

	return {
		handle: exchange => refuseOauth(exchange) || front(exchange) || olderFront(exchange),
		registry,
		find(id) {
			const session = byId.get(id);
			return session?.isOpen ? describe(session) : undefined;
		},
		end(id) {
			const session = byId.get(id);
			if (session) {
				registry.end(session);
			}

			return session !== undefined;
		},
		react: moves.react,
		async restore() {
			const {idle, idleListening, limit} = getSettings();
			const now = Date.now();
			const found = await file?.load() ?? [];
			for (const remembered of found.filter(({usedAt}) => now - usedAt <= idleListening).slice(-limit)) {
				// Even one that was not used for long gets the time to show itself: its client may have listened all the while.
				const session = createSession({...remembered, usedAt: Math.max(remembered.usedAt, now - idle + Math.min(idle, returnTime))});
				session.isOpen = true;
				session.stoodAt = remembered.bound?.target;
				registry.add(session);
				onSession(session.id);
			}
		},
		hush() {
			for (const session of sessions.values()) {
				session.standalone.end();
			}
		},
		async stop() {
			stopRounds();
			for (const session of sessions.values()) {
				save(session);
				failAll(hub, session, 'The proxy is stopping.');
				clearTimeout(session.retry);
				dropStandby(session);
			}

			await file?.flushed();
		},
	};
};
