import type {Action} from './action.ts';
import type {Event} from './event.ts';
import {nextHealth} from './health.ts';
import {failoverTo} from './settle.ts';
import {findTarget, type State} from './state.ts';

/** What one result of a probe or of traffic does to a target's health. */
export const takeResult = (state: State, action: Extract<Action, {type: 'passed' | 'failed'}>): Event[] => {
	const {id, isPassive} = action;
	const target = findTarget(state, id);
	if (!target) {
		return []; // A late result of a target that a reload took away.
	}

	const isPassed = action.type === 'passed';
	// `rise` asks for active probes: traffic that still gets through says nothing about a target that is down.
	if (isPassive && (target.health.status === 'down' || (isPassed && target.health.streak === 0 && target.health.status === 'up'))) {
		return [];
	}

	const next = nextHealth(target.health, isPassed, state.rules);
	const {streak} = next;
	const hasTurned = next.status !== target.health.status;
	if (action.type === 'passed') {
		const passed: Event = isPassive ? {type: 'passive.passed', id, streak} : {type: 'probe.passed', id, ms: action.ms, streak, ...(action.note !== undefined && {note: action.note})};
		return hasTurned ? [passed, {type: 'target.up', id}] : [passed];
	}

	const {code, message} = action;
	const failed: Event = {type: isPassive ? 'passive.failed' : 'probe.failed', id, code, message, streak};
	return hasTurned ? [failed, {type: 'target.down', id, code, message}] : [failed];
};

/**
Silence takes the active target down at once, whatever its streak, but only when another one takes over: it may be merely busy,
and then waiting is better than nothing. It comes up again as any other does.
*/
export const takeSilence = (state: State, {id, silence, limit}: Extract<Action, {type: 'silent'}>): Event[] => {
	const target = findTarget(state, id);
	if (id !== state.active || target?.health.status === 'down' || !failoverTo(state)) {
		return [];
	}

	const reason = {code: 'SILENT', message: `silent for ${Math.round(silence)} ms, and its probe did not answer in ${Math.round(limit)} ms`};
	return [{type: 'probe.failed', id, ...reason, streak: 0}, {type: 'target.down', id, ...reason}];
};
