import {candidates} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import {openBinding, park, wantedTarget} from './binder.ts';
import type {Hub} from './hub.ts';
import type {Session} from './session.ts';

/** Sessions used within this time are worth a second one, ms. */
const recent = 60_000;

/** Who takes over next, if it is known to be up. */
const nextTarget = ({options: {getState}}: Hub, {binding}: Session): TargetId | undefined => {
	const state = getState();
	return candidates(state).find(({target, health}) => health.status === 'up' && target.id !== state.active && target.id !== binding?.target)?.target.id;
};

/** Lets go of a prepared session. */
export const dropStandby = (session: Session): void => {
	const {standby} = session;
	if (standby) {
		session.standby = undefined;
		park(session, standby);
	}
};

/**
Prepares a session at the next candidate, so that a failover costs no handshake (what databases call a warm standby). Only over Streamable HTTP: elsewhere it would cost a child or a stream each.
*/
export const prepareStandby = (hub: Hub, session: Session): void => {
	const {options: {getSettings, getTransport}} = hub;
	const {standby} = session;
	if (standby !== undefined && standby.target === wantedTarget(hub, session) && standby.target !== session.binding?.target) {
		return; // Its turn has come: the next use of the session takes it.
	}

	const isWanted = getSettings().warmStandby && session.scope === undefined && session.isInitialized && !session.isEnded
		&& (session.standalone.isAttached() || Date.now() - session.usedAt < recent);
	const target = isWanted ? nextTarget(hub, session) : undefined;
	if (session.standby && session.standby.target !== target) {
		dropStandby(session);
	}

	if (target === undefined || session.standby !== undefined || session.isPreparing || getTransport(target)?.plan.kind !== 'streamable-http') {
		return;
	}

	session.isPreparing = true;
	// Whoever does not want it now is asked again later.
	void openBinding(hub, session, target).catch(() => undefined).then(binding => {
		session.isPreparing = false;
		if (!binding) {
			return;
		}

		session.standby = binding;
		if (session.isEnded || session.binding?.target === target) {
			dropStandby(session);
		}
	});
};

/** For a new session, in ms: one that is over by then costs no second handshake. */
const firstDelay = 500;

export const prepareStandbySoon = (hub: Hub, session: Session): void => {
	setTimeout(() => {
		prepareStandby(hub, session);
	}, firstDelay).unref();
};
