import {performance} from 'node:perf_hooks';
import type {ReportAction} from '../core/action.ts';
import {formatDuration} from '../core/duration.ts';
import type {Event} from '../core/event.ts';
import {failoverTo} from '../core/settle.ts';
import {findTarget, patienceWith, type State} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import type {Pulse} from '../upstream/pulse.ts';
import {slept} from './attempt.ts';
import type {Prober} from './prober.ts';

/** In ms. `after`: 0 = never. */
export type SilenceSettings = Readonly<{after: number; limit: number}>;

type Options = Readonly<{
	getState: () => State;
	dispatch: (action: ReportAction) => void;
	getSettings: () => SilenceSettings;
	prober: Pick<Prober, 'answers' | 'check'>;
}>;

export type Silence = Readonly<{
	/** Looks at a target as long as somebody waits for it. */
	watch: (pulse: Pulse) => void;
	/** Every event, once it is in force: from those that follow a verdict it is learned whether that was right. */
	react: (event: Event) => void;
}>;

/** Between two looks at a target that is busy with a long call, in ms, at most. */
const longestPause = 5000;

/** Before another look when the first one told nothing, in ms. */
const doubtPause = 50;

/** One that has said less than this since it came up may still be starting, and gets this many times the limit. */
const fewSounds = 10;
const startFactor = 4;

/** What was taken for dead and came back within `longestWork` was busy: it gets this many times the time it took, for `memory`. In ms. */
const workFactor = 2;
const longestWork = 10_000;
const memory = 3_600_000;

/** How a process ends: what comes back after that is another one. */
const isEnd = (code: string): boolean => code === 'ECONNREFUSED' || code === 'ECONNRESET';

/**
Notices that the active target answers nothing at all. A request may take as long as it likes; but while some wait and not a byte
has come from the target for `after` ms, it is probed at once, and so is the target that would take over. Only when that one
answers and the active one does not is it reported: a slow network or a starved machine silences both. One that answers its probe
is slow, not dead, and is looked at again after a pause that doubles; what is asked after a look at older requests begins anew.

A target that hangs looks like one that is busy and lets its probes wait too. Which it was shows when it comes back by itself: then
it gets the time it needs from then on, so that the mistake is made once.
*/
export const createSilence = ({getState, dispatch, getSettings, prober}: Options): Silence => {
	const pulses = new Map<TargetId, Pulse>();
	/** Since when those were silent that were found to be, steady time. */
	const silent = new Map<TargetId, number>();
	const busy = new Map<TargetId, Readonly<{patience: number; until: number}>>();

	const isWatchable = ({id, waiting}: Pulse): boolean => waiting > 0 && id === getState().active && getSettings().after > 0;

	/** How long this target may be silent before it is looked at. */
	const patienceFor = (id: TargetId): number => {
		const {patience, until} = busy.get(id) ?? {patience: 0, until: 0};
		return Math.max(getSettings().after, until > performance.now() ? patience : 0);
	};

	/** Asks the target and its successor; without a successor a probe of the usual kind has to do. False when nobody can tell yet. */
	const look = async (pulse: Pulse, silence: number): Promise<boolean> => {
		const {id, sounds} = pulse;
		const state = getState();
		const target = findTarget(state, id);
		const next = failoverTo(state);
		if (!target || !next) {
			prober.check([id]);
			return true;
		}

		const since = performance.now() - silence;
		const {limit: least} = getSettings();
		const limit = patienceWith(target, sounds < fewSounds ? startFactor * least : least);
		const [isAlive, isOtherAlive] = await Promise.all([prober.answers(id, limit), prober.answers(next.target.id, patienceWith(next, startFactor * least))]);
		if (isAlive === true || pulse.sounds !== sounds || !isWatchable(pulse)) {
			return true;
		}

		if (isAlive === undefined || isOtherAlive !== true) {
			return false;
		}

		silent.set(id, since);
		dispatch({type: 'silent', id, silence, limit});
		return true;
	};

	const follow = async (pulse: Pulse): Promise<void> => {
		let {sounds} = pulse;
		let heardAt = performance.now();
		let pause = 0;
		let wasFresh = true;
		while (isWatchable(pulse)) {
			const after = patienceFor(pulse.id);
			const isFresh = pulse.askedAt !== 0;
			pause = isFresh && !wasFresh ? after : Math.max(after, pause);
			const silence = performance.now() - (isFresh ? pulse.askedAt : heardAt);
			/* eslint-disable no-await-in-loop -- one look after the other */
			if (silence < pause) {
				await slept(Math.min(after, pause - silence));
			} else if (await look(pulse, silence)) {
				pulse.askedAt = 0;
				heardAt = performance.now();
				wasFresh = isFresh;
				pause = Math.min(longestPause, pause * 2);
			} else {
				await slept(doubtPause);
			}
			/* eslint-enable no-await-in-loop */

			if (pulse.sounds !== sounds) {
				({sounds} = pulse);
				heardAt = performance.now();
				pause = 0;
			}
		}

		pulse.isWatched = false;
	};

	/** It is back without having ended: it was busy, if that did not take all too long. */
	const learn = (id: TargetId): void => {
		const time = performance.now() - (silent.get(id) ?? Number.NEGATIVE_INFINITY);
		silent.delete(id);
		if (time <= longestWork) {
			const patience = workFactor * time;
			busy.set(id, {patience, until: performance.now() + memory});
			dispatch({type: 'notice', room: 'silence', message: `${id} was busy for ${formatDuration(time)}, not gone: from now on it is looked at only when it has been silent for ${formatDuration(patience)}`});
		}
	};

	return {
		watch(pulse) {
			if (isWatchable(pulse)) {
				pulses.set(pulse.id, pulse);
				pulse.isWatched = true;
				void follow(pulse);
			}
		},
		react(event) {
			if (event.type === 'probe.passed') {
				learn(event.id);
			} else if (event.type === 'probe.failed' && isEnd(event.code)) {
				silent.delete(event.id);
			} else if (event.type === 'target.down') {
				const pulse = pulses.get(event.id);
				if (pulse) {
					pulse.sounds = 0;
				}
			}
		},
	};
};
