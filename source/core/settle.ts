import type {Difference} from './catalogue.ts';
import {formatDuration} from './duration.ts';
import type {Clock, Event} from './event.ts';
import {differenceTo, isBarred, tellDifference} from './gate.ts';
import {policies} from './policies/index.ts';
import type {Cause} from './rules.ts';
import {candidates, failbackDelay, findTarget, isCandidate, isFlapping, preferred, stateWord, type State, type TargetState} from './state.ts';
import type {TargetId} from './target.ts';

/** Why a switch happens. `isForced`: to a target that is no candidate. */
export type Why = Readonly<{cause: Cause; detail: string; isForced?: boolean}>;

const withDifference = (detail: string, difference: Difference | undefined): string => difference ? `${detail}; it ${tellDifference(difference)}` : detail;

/** The switch, with what clients will miss in its detail, unless the rules ignore that. */
export const switched = (state: State, to: TargetId | undefined, {cause, detail, isForced = false}: Why): Event => ({
	type: 'active.switched',
	from: state.active,
	to,
	cause,
	epoch: state.epoch + 1,
	isForced,
	detail: withDifference(detail, state.rules.gate === 'ignore' ? undefined : differenceTo(state, to)),
});

/** Who would take over: of those that are up and that the gate lets in; with nobody up, of those not probed yet. */
export const chooseNext = (state: State, {isGated = true} = {}): TargetState | undefined => {
	const choices = candidates(state).filter(({target}) => target.id !== state.active && !(isGated && isBarred(state, target.id)));
	return chooseAmong(choices.filter(({health}) => health.status === 'up'), state) ?? chooseAmong(choices, state);
};

const chooseAmong = ([first, ...rest]: readonly TargetState[], state: State): TargetState | undefined => first && policies[state.rules.policy].choose([first, ...rest], state);

/** What the gate says of those that are up, each once. */
const skips = (state: State, rows: readonly TargetState[]): Event[] => rows.flatMap((row): Event[] => {
	const difference = row.health.status === 'up' && row.target.id !== state.active && isBarred(state, row.target.id) ? differenceTo(state, row.target.id) : undefined;
	const detail = difference && tellDifference(difference);
	return detail === undefined || detail === row.skipped ? [] : [{type: 'target.skipped', id: row.target.id, detail}];
});

/** Whether the proxy may move by itself at all. */
const mayMove = ({isAutomatic, isStopping, pin}: State): boolean => isAutomatic && !isStopping && pin?.mode !== 'hard';

/** Whom a failover would go to now. It trusts no target that has not been seen up: its first probe is under way, and brings us back here. */
export const failoverTo = (state: State): TargetState | undefined => {
	const next = mayMove(state) && !state.isHeld ? chooseNext(state) : undefined;
	return next?.health.status === 'up' ? next : undefined;
};

/** What the proxy does by itself after anything happened: at most one switch. */
export const settle = (state: State, {now}: Clock): Event[] => {
	const active = findTarget(state, state.active);
	if (!active || !mayMove(state)) {
		return [];
	}

	if (!isCandidate(active)) {
		if (state.isHeld) {
			return [];
		}

		const next = failoverTo(state);
		const why = active.failure ? `: ${active.failure.message}` : '';
		const skipped = skips(state, candidates(state));
		return next ? [...skipped, switched(state, next.target.id, {cause: 'failover', detail: `${active.target.id} is ${stateWord(active)}${why}`})] : skipped;
	}

	const better = state.rules.failback === 'automatic' ? findTarget(state, preferred(state)) : undefined;
	if (!better || better === active || !mayFailBack(state, better, now)) {
		return [];
	}

	if (isBarred(state, better.target.id)) {
		return skips(state, [better]);
	}

	return [switched(state, better.target.id, {cause: 'failback', detail: `${better.target.id} has been up for ${formatDuration(now - better.healthNow)}`})];
};

/** Only back from a failover, only to a target that has stayed up long enough, and never twice within the hold-down. */
const mayFailBack = (state: State, better: TargetState, now: number): boolean => state.cause === 'failover'
	&& better.admin === 'ready'
	&& better.health.status === 'up'
	&& !isFlapping(better, now, state.rules)
	&& now - better.healthNow >= failbackDelay(better, now, state.rules)
	&& now - state.switchedNow >= state.rules.holdDown;
