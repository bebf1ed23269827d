import {findTarget, isCandidate} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import type {Failure} from '../http/failure.ts';
import {ChannelError, type Trouble} from '../transport/channel.ts';
import {createBinding, initialize, restore, type Binding} from './binding.ts';
import type {Hub} from './hub.ts';
import type {Session, Waiter} from './session.ts';

/** Between attempts to reach a target that refuses, in ms: the first ones quick, since they make the failover. */
const pauses = [0, 25, 50, 100, 200, 500, 1000];

/** Where a session should stand now; undefined: nowhere, wait. */
export const wantedTarget = ({options: {getState, getSettings}}: Hub, {scope, binding}: Session): TargetId | undefined => {
	const state = getState();
	if (scope !== undefined) {
		return findTarget(state, scope)?.target.id;
	}

	const current = findTarget(state, binding?.target);
	if (current && getSettings().switch === 'new-only' && isCandidate(current)) {
		return current.target.id;
	}

	const active = findTarget(state, state.active);
	return active && (isCandidate(active) || state.isHeld) ? active.target.id : undefined;
};

/** The binding, if the session can use it as it is. */
export const usable = (hub: Hub, session: Session): Binding | undefined => {
	const {binding} = session;
	return binding && !binding.isClosed && binding.target === wantedTarget(hub, session) && hub.options.getTransport(binding.target) === binding.transport ? binding : undefined;
};

/** Ends a binding at its target, once nothing is under way there. */
export const release = (session: Session, binding: Binding): void => {
	if (binding.isParked && binding.inFlight === 0 && !binding.isClosed) {
		binding.isClosed = true;
		session.parked.delete(binding);
		binding.listening?.abort();
		binding.listening = undefined;
		void binding.channel.close();
	}
};

/** Leaves a target; calls under way there may end. */
export const park = (session: Session, binding: Binding): void => {
	if (session.binding === binding) {
		session.binding = undefined;
	}

	binding.isParked = true;
	binding.listening?.abort();
	binding.listening = undefined;
	session.parked.add(binding);
	release(session, binding);
};

/** Reports a failed attempt to the health machine. */
export const blame = ({options: {passive}}: Hub, target: TargetId, failure: Failure): void => {
	passive.failed(target, failure);
};

const adopt = (hub: Hub, session: Session, binding: Binding): void => {
	const before = session.binding;
	if (before && before !== binding) {
		park(session, before);
	}

	session.binding = binding;
	session.failures = 0;
	hub.arrived(session, binding);
};

/** Gives up a handshake: whoever waits for it is told `cut`. */
export const abandon = (binding: Binding): void => {
	binding.isClosed = true;
	void binding.channel.close();
};

/** Opens a binding that is ready for calls. Rejects with a `ChannelError`; nothing is left open then. */
export const openBinding = async (hub: Hub, session: Session, target: TargetId): Promise<Binding | undefined> => {
	const transport = hub.options.getTransport(target);
	if (!transport) {
		return undefined;
	}

	const binding = createBinding(session, target, transport, transport.open());
	session.openings.add(binding);
	try {
		await hub.enter(async () => {
			if (binding.isClosed) {
				throw new ChannelError({kind: 'unsent', failure: {code: 'TARGET_DOWN', message: 'it is down'}});
			}

			await initialize(session, binding, {jsonrpc: '2.0', id: `pmcp-${binding.generation}`, method: 'initialize', params: session.params});
			await restore(session, binding);
		});
		return binding;
	} catch (error) {
		abandon(binding);
		throw error;
	} finally {
		session.openings.delete(binding);
	}
};

/** The prepared binding, brought up to date. */
const takeStandby = async (hub: Hub, session: Session, target: TargetId): Promise<Binding | undefined> => {
	const {standby} = session;
	if (standby?.target !== target || standby.isClosed || hub.options.getTransport(target) !== standby.transport) {
		return undefined;
	}

	session.standby = undefined;
	try {
		await restore(session, standby);
		return standby;
	} catch {
		park(session, standby);
		return undefined;
	}
};

/** Try again after a pause that grows with each failure; until then everybody waits. */
export const pumpLater = (hub: Hub, session: Session): void => {
	if (session.retry) {
		return;
	}

	const pause = pauses[Math.min(session.failures, pauses.length - 1)] ?? 0;
	session.failures++;
	session.retry = setTimeout(() => {
		session.retry = undefined;
		pump(hub, session);
	}, pause).unref();
};

/** Whether a refusal may be over in a moment: the target starts, or is busy. */
const isPassing = (status: number | undefined): boolean => status !== undefined && (status >= 500 || status === 408 || status === 425 || status === 429);

const refuseAll = (session: Session, target: TargetId, trouble: Trouble): void => {
	for (const waiter of session.waiting) {
		session.waiting.delete(waiter);
		waiter.refuse?.(target, trouble);
	}
};

/** The session that a target had before the daemon was started again, as if nothing had been; whether it still knows it shows. */
const takeBound = (hub: Hub, session: Session, target: TargetId): Binding | undefined => {
	const {bound} = session;
	const transport = bound && hub.options.getTransport(bound.target);
	session.bound = undefined;
	if (!bound || transport?.plan.kind !== 'streamable-http') {
		return undefined;
	}

	const {sessionId, version, capabilities} = bound;
	const binding = createBinding(session, bound.target, transport, transport.open({sessionId, version}));
	Object.assign(binding, {version, capabilities, isTold: session.isInitialized, level: session.level});
	for (const uri of session.uris) {
		binding.uris.add(uri);
	}

	if (bound.target === target) {
		return binding;
	}

	park(session, binding);
	return undefined;
};

const bind = async (hub: Hub, session: Session, target: TargetId): Promise<void> => {
	try {
		const binding = takeBound(hub, session, target) ?? await takeStandby(hub, session, target) ?? await openBinding(hub, session, target);
		if (!binding) {
			return;
		}

		if (session.isEnded) {
			park(session, binding);
		} else {
			adopt(hub, session, binding);
		}
	} catch (error) {
		if (error instanceof ChannelError) {
			const {kind, failure, status} = error.trouble;
			if (kind !== 'lost' && kind !== 'refused') {
				blame(hub, target, failure);
			}

			if (kind === 'refused' && !isPassing(status)) {
				refuseAll(session, target, error.trouble);
			}
		} else {
			throw error;
		}
	}
};

/** Brings a session to where it should be, if anybody waits for it there, and lets them go on. */
export const pump = (hub: Hub, session: Session): void => {
	if (session.isBinding || session.isEnded || session.retry !== undefined || session.waiting.size === 0) {
		return;
	}

	const ready = usable(hub, session);
	if (ready) {
		const waiters = [...session.waiting];
		session.waiting.clear();
		for (const {go} of waiters) {
			go(ready);
		}

		return;
	}

	const target = wantedTarget(hub, session);
	if (target === undefined || !hub.options.getTransport(target)) {
		hub.options.passive.missed();
		return; // An event brings us back here.
	}

	session.isBinding = true;
	void bind(hub, session, target).finally(() => {
		session.isBinding = false;
		if (usable(hub, session)) {
			pump(hub, session);
		} else {
			pumpLater(hub, session);
		}
	});
};

/** Something may have changed for the better: try now, not after the pause. */
export const wake = (hub: Hub, session: Session): void => {
	clearTimeout(session.retry);
	session.retry = undefined;
	pump(hub, session);
};

/** Have somebody told when the session can be used; at once if it can. */
export const whenBound = (hub: Hub, session: Session, waiter: Waiter): void => {
	const ready = session.waiting.size === 0 && !session.isBinding ? usable(hub, session) : undefined;
	if (ready) {
		waiter.go(ready);
	} else {
		session.waiting.add(waiter);
		pump(hub, session);
	}
};

/** The target does not know the session any more, or can not be reached by it: begin anew. */
export const drop = (hub: Hub, session: Session, binding: Binding): void => {
	if (session.binding === binding) {
		session.binding = undefined;
		hub.hear(session);
	}

	binding.isParked = true;
	session.parked.add(binding);
	release(session, binding);
};
