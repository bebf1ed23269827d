import {performance} from 'node:perf_hooks';
import type {TargetId} from '../core/target.ts';

/** What is known of a target's being alive without looking: plain values, so that a request costs a few assignments. */
export type Pulse = {
	readonly id: TargetId;
	/** Requests that wait for their answer. */
	waiting: number;
	/** When the first of those was asked since something came last (steady time); 0 = none was. */
	askedAt: number;
	/** How often something came from it. */
	sounds: number;
	/** Somebody looks from time to time. */
	isWatched: boolean;
	/** Called with each request while nobody does. */
	readonly watch: (pulse: Pulse) => void;
};

export const createPulse = (id: TargetId, watch: Pulse['watch'] = () => undefined): Pulse => ({id, waiting: 0, askedAt: 0, sounds: 0, isWatched: false, watch});

/** The pulses of all targets, by name; a target that comes back under its name has the same. */
export const createPulses = (watch: Pulse['watch']): ((id: TargetId) => Pulse) => {
	const pulses = new Map<TargetId, Pulse>();
	return id => {
		let pulse = pulses.get(id);
		if (!pulse) {
			pulse = createPulse(id, watch);
			pulses.set(id, pulse);
		}

		return pulse;
	};
};

/** A request waits for its answer from now on. */
export const asked = (pulse: Pulse): void => {
	pulse.waiting++;
	if (pulse.askedAt === 0) {
		pulse.askedAt = performance.now();
	}

	if (!pulse.isWatched) {
		pulse.watch(pulse);
	}
};

/** It has its answer, or waits no more. */
export const settled = (pulse: Pulse): void => {
	pulse.waiting--;
};

/** Something has come from the target. */
export const heard = (pulse: Pulse): void => {
	pulse.askedAt = 0;
	pulse.sounds++;
};
