import type {Clock, Event} from './event.ts';
import {callsKept, findTarget, flapLevel, initialTarget, noAnswer, probesKept, type State, type TargetState} from './state.ts';
import {noTraffic, type TargetId} from './target.ts';

const patch = (state: State, id: TargetId, change: (target: TargetState) => Partial<TargetState>): State => {
	const target = findTarget(state, id);
	return target ? {...state, targets: {...state.targets, [id]: {...target, ...change(target)}}} : state;
};

const withHealth = (state: State, id: TargetId, status: 'up' | 'down', {at, now}: Clock): State => patch(state, id, ({health, flaps}) => ({
	health: {status, streak: 0},
	healthAt: at,
	healthNow: now,
	// The first verdict after the start is news, not a change of mind.
	flaps: health.status === 'unknown'
		? flaps
		: {
			level: status === 'down' ? flapLevel(flaps, now, state.rules) + 1 : flaps.level,
			levelNow: status === 'down' ? now : flaps.levelNow,
			changes: [...flaps.changes.filter(change => now - change < state.rules.flapWindow), now],
		},
}));

const without = (state: State, id: TargetId): State => {
	const {[id]: _, ...targets} = state.targets;
	return {...state, targets, pin: state.pin?.id === id ? undefined : state.pin, previous: state.previous === id ? undefined : state.previous};
};

const withSessions = ({sessions}: State, {changed, closed}: Extract<Event, {type: 'sessions.changed'}>): State['sessions'] => {
	const next = {...sessions, ...Object.fromEntries(changed.map(session => [session.id, session]))};
	for (const id of closed) {
		delete next[id]; // eslint-disable-line @typescript-eslint/no-dynamic-delete -- a copy of our own
	}

	return next;
};

/** A switch is a new question to the gate. */
const unskipped = (targets: State['targets']): State['targets'] => Object.values(targets).every(({skipped}) => skipped === undefined)
	? targets
	: Object.fromEntries(Object.entries(targets).map(([id, target]) => [id, {...target, skipped: undefined}]));

const withProbe = (probes: TargetState['probes'], ms: number): TargetState['probes'] => [...probes, ms].slice(-probesKept);

const withStreak = ({health}: TargetState, streak: number): TargetState['health'] => health.streak === streak ? health : {status: health.status, streak};

/** The next state: what this event changed. Decides nothing; the same events give the same state anywhere. */
export const evolve = (state: State, event: Event, clock: Clock): State => {
	switch (event.type) {
		case 'target.added': {
			return {...state, targets: {...state.targets, [event.target.id]: initialTarget(event.target, clock.at, clock.now)}};
		}

		case 'target.changed': {
			return patch(state, event.target.id, ({target, admin, traffic}) => target.url === event.target.url && target.probe === event.target.probe
				? {target: event.target}
				: {...initialTarget(event.target, clock.at, clock.now), admin, traffic});
		}

		case 'target.removed': {
			return without(state, event.id);
		}

		case 'rules.changed': {
			return {...state, rules: event.rules};
		}

		case 'settings.applied': {
			return {...state, faults: []};
		}

		case 'settings.refused': {
			return {...state, faults: event.faults};
		}

		case 'probe.passed': {
			return patch(state, event.id, target => ({
				health: withStreak(target, event.streak),
				probe: {at: clock.at, isPassed: true, ms: event.ms},
				probes: withProbe(target.probes, event.ms),
				note: event.note,
			}));
		}

		case 'probe.failed': {
			const {code, message} = event;
			return patch(state, event.id, target => ({
				health: withStreak(target, event.streak),
				failure: {code, message},
				probe: {at: clock.at, isPassed: false, code, message},
				probes: withProbe(target.probes, noAnswer),
			}));
		}

		case 'passive.passed': {
			return patch(state, event.id, target => ({health: withStreak(target, event.streak)}));
		}

		case 'passive.failed': {
			return patch(state, event.id, target => ({health: withStreak(target, event.streak), failure: {code: event.code, message: event.message}}));
		}

		case 'target.up': {
			const next = patch(withHealth(state, event.id, 'up', clock), event.id, () => ({failure: undefined}));
			return event.id === next.active ? {...next, isHeld: false} : next;
		}

		case 'target.down': {
			return withHealth(state, event.id, 'down', clock);
		}

		case 'target.catalogued': {
			return patch(state, event.id, () => ({catalogue: event.catalogue}));
		}

		case 'target.skipped': {
			return patch(state, event.id, () => ({skipped: event.detail}));
		}

		case 'admin.changed': {
			return patch(state, event.id, () => ({admin: event.admin}));
		}

		case 'active.switched': {
			const {to, from, cause, epoch, detail, isForced} = event;
			const previous = findTarget(state, from) ? from : undefined;
			return {...state, targets: unskipped(state.targets), active: to, previous, cause, epoch, detail, isHeld: isForced, switchedAt: clock.at, switchedNow: clock.now};
		}

		case 'automatic.changed': {
			return {...state, isAutomatic: event.isAutomatic};
		}

		case 'pin.changed': {
			return {...state, pin: event.pin};
		}

		case 'traffic.sampled': {
			const targets = Object.fromEntries(Object.entries(state.targets).map(([id, target]) => [id, {...target, traffic: event.targets[id] ?? noTraffic}]));
			return {...state, targets};
		}

		case 'mcp.called': {
			return {...state, calls: [...state.calls, ...event.calls].slice(-callsKept)};
		}

		case 'sessions.changed': {
			return {...state, sessions: withSessions(state, event)};
		}

		case 'stop.requested': {
			return {...state, isStopping: true};
		}

		case 'session.ended':
		case 'check.requested':
		case 'reload.requested':
		case 'fault.noticed': {
			return state;
		}
	}
};
