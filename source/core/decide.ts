import type {Action} from './action.ts';
import {AppError} from './errors.ts';
import type {Clock, Event} from './event.ts';
import {evolve} from './evolve.ts';
import {differenceTo, tellDifference} from './gate.ts';
import {chooseNext, settle, switched, type Why} from './settle.ts';
import {findTarget, isCandidate, preferred, stateWord, type State, type TargetState} from './state.ts';
import type {TargetId} from './target.ts';
import {takeResult, takeSilence} from './verdict.ts';

/** What follows from an action: the events in order. Throws an `AppError` when an operator's wish is refused. */
export const decide = (state: State, action: Action, clock: Clock): Event[] => {
	const asked = answer(state, action, clock);
	const after = fold(state, asked, clock);
	return [...asked, ...settle(after, clock)];
};

const fold = (state: State, events: readonly Event[], clock: Clock): State => {
	let current = state;
	for (const event of events) {
		current = evolve(current, event, clock);
	}

	return current;
};

const known = (state: State, id: TargetId): TargetState => {
	const target = findTarget(state, id);
	if (!target) {
		const names = Object.keys(state.targets).join(', ');
		throw new AppError('TARGET_UNKNOWN', `No target is called "${id}". Known: ${names || 'none'}.`);
	}

	return target;
};

const demandEpoch = (state: State, {ifEpoch}: {ifEpoch?: number}): void => {
	if (ifEpoch !== undefined && ifEpoch !== state.epoch) {
		throw new AppError('STATE_MOVED', `The active target changed meanwhile: it is ${state.active ?? 'none'} now (epoch ${state.epoch}, not ${ifEpoch}).`);
	}
};

/** A switch on request: nothing to do when it is active already, refused when it could not serve. */
const switchTo = (state: State, id: TargetId, {cause, detail, isForced = false}: Why): Event[] => {
	const target = known(state, id);
	if (id === state.active) {
		return [];
	}

	if (isCandidate(target)) {
		const difference = state.rules.gate === 'require' ? differenceTo(state, id) : undefined;
		if (difference && !isForced) {
			throw new AppError('TARGET_DIFFERS', `"${id}" ${tellDifference(difference)}.`);
		}

		return [switched(state, id, {cause, detail: difference ? `${detail}, by force` : detail})];
	}

	if (!isForced) {
		const why = target.failure ? `: ${target.failure.message}` : '';
		throw new AppError('TARGET_UNHEALTHY', `"${id}" is ${stateWord(target)}${why}.`);
	}

	return [switched(state, id, {cause, detail: `${detail}, by force`, isForced: true})];
};

const answer = (state: State, action: Action, clock: Clock): Event[] => {
	switch (action.type) {
		case 'switch': {
			demandEpoch(state, action);
			return switchTo(state, action.id, {cause: 'manual', detail: 'switched by hand', isForced: action.isForced ?? false});
		}

		case 'failback': {
			demandEpoch(state, action);
			const id = preferred(state);
			return id === undefined ? [] : switchTo(state, id, {cause: 'failback', detail: 'failed back by hand'});
		}

		case 'undo': {
			demandEpoch(state, action);
			if (state.previous === undefined) {
				throw new AppError('STATE_MOVED', 'There is no switch to undo.', {hint: 'Name the target: `pmcp switch NAME`.'});
			}

			return switchTo(state, state.previous, {cause: 'manual', detail: 'switch undone'});
		}

		case 'admin': {
			return setAdmin(state, action);
		}

		case 'automatic': {
			return action.isAutomatic === state.isAutomatic ? [] : [{type: 'automatic.changed', isAutomatic: action.isAutomatic}];
		}

		case 'pin': {
			if (action.pin === undefined) {
				return state.pin ? [{type: 'pin.changed', pin: undefined}] : [];
			}

			return [{type: 'pin.changed', pin: action.pin}, ...switchTo(state, action.pin.id, {cause: 'manual', detail: `pinned (${action.pin.mode})`})];
		}

		case 'check': {
			return [{type: 'check.requested', ids: action.id === undefined ? Object.keys(state.targets) : [known(state, action.id).target.id]}];
		}

		case 'end-session': {
			if (!Object.hasOwn(state.sessions, action.id)) {
				throw new AppError('SESSION_UNKNOWN', `No open session is called "${action.id}".`);
			}

			return [{type: 'session.ended', id: action.id}];
		}

		case 'reload': {
			return [{type: 'reload.requested'}];
		}

		case 'stop': {
			return state.isStopping ? [] : [{type: 'stop.requested', cause: action.cause}];
		}

		case 'configure': {
			return configure(state, action, clock);
		}

		case 'refuse': {
			return [{type: 'settings.refused', faults: action.faults}];
		}

		case 'follow': {
			// Another program's word is followed even to a target that is down, but not held against a failover.
			return known(state, action.id).target.id === state.active ? [] : [switched(state, action.id, {cause: 'lockfile', detail: 'the lock file was changed by another program'})];
		}

		case 'passed':
		case 'failed': {
			return takeResult(state, action);
		}

		case 'silent': {
			return takeSilence(state, action);
		}

		case 'sample': {
			return [{type: 'traffic.sampled', targets: action.targets}];
		}

		case 'calls': {
			const {calls, dropped = 0} = action;
			return calls.length + dropped > 0 ? [{type: 'mcp.called', calls, dropped}] : [];
		}

		case 'sessions': {
			const {changed, closed} = action;
			return changed.length + closed.length > 0 ? [{type: 'sessions.changed', changed, closed}] : [];
		}

		case 'catalogue': {
			const {id, catalogue} = action;
			const target = findTarget(state, id);
			// A late answer of a target that a reload took away, or nothing new.
			return !target || JSON.stringify(target.catalogue) === JSON.stringify(catalogue) ? [] : [{type: 'target.catalogued', id, catalogue}];
		}

		case 'notice': {
			return [{type: 'fault.noticed', room: action.room, message: action.message}];
		}

		case 'tick': {
			return [];
		}
	}
};

const setAdmin = (state: State, {id, admin, isForced}: Extract<Action, {type: 'admin'}>): Event[] => {
	if (known(state, id).admin === admin) {
		return [];
	}

	const changed: Event = {type: 'admin.changed', id, admin};
	if (admin === 'ready' || id !== state.active) {
		return [changed];
	}

	// Taking the active target out is an order to move, whatever automatic mode says.
	const after = evolve(state, changed, {at: 0, now: 0});
	const next = chooseNext(after) ?? (isForced ? chooseNext(after, {isGated: false}) : undefined);
	if (!next && !isForced) {
		throw new AppError('NO_CANDIDATE', `"${id}" is active and no other target is up${chooseNext(after, {isGated: false}) ? ' that offers the same' : ''}.`);
	}

	return next ? [changed, switched(state, next.target.id, {cause: 'manual', detail: `${id} was put into ${admin}`})] : [changed];
};

const configure = (state: State, {targets, rules, changes, remembered}: Extract<Action, {type: 'configure'}>, clock: Clock): Event[] => {
	const wanted = new Set(targets.map(({id}) => id));
	const events: Event[] = [{type: 'rules.changed', rules}];
	for (const id of Object.keys(state.targets)) {
		if (!wanted.has(id)) {
			events.push({type: 'target.removed', id});
		}
	}

	for (const target of targets) {
		const current = findTarget(state, target.id);
		if (!current) {
			events.push({type: 'target.added', target});
		} else if (JSON.stringify(current.target) !== JSON.stringify(target)) {
			events.push({type: 'target.changed', target});
		}
	}

	events.push({type: 'settings.applied', changes});
	const after = fold(state, events, clock);
	if (findTarget(after, after.active)) {
		return events;
	}

	const first = (state.active === undefined ? findTarget(after, remembered) : undefined) ?? findTarget(after, rules.defaultTarget) ?? chooseNext(after) ?? Object.values(after.targets)[0];
	if (first?.target.id === after.active) {
		return events;
	}

	const why: Why = state.active === undefined ? {cause: 'startup', detail: 'started'} : {cause: 'failover', detail: `${state.active} was removed from the settings`};
	return [...events, switched(after, first?.target.id, why)];
};
