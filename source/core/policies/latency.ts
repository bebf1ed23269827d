import {noAnswer, type TargetState} from '../state.ts';
import type {Policy} from './policy.ts';

const latencyOf = ({probes}: TargetState): number => {
	const answered = probes.filter(ms => ms !== noAnswer).toSorted((a, b) => a - b);
	return answered[Math.floor(answered.length / 2)] ?? Number.MAX_VALUE;
};

export const latency: Policy = {
	name: 'latency',
	summary: 'the candidate whose recent probes were fastest (median)',
	choose: choices => choices.toSorted((a, b) => latencyOf(a) - latencyOf(b))[0] ?? choices[0],
};
