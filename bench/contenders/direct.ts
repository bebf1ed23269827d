import {firstMessage, launch, program, type Launched} from '../kit/process.ts';
import type {Contender} from './contender.ts';

/** A target of the benchmark, in a process of its own beside the load. */
export type Target = Contender & Readonly<{ports: readonly number[]; process: Launched}>;

/** Start one of `bench/targets/`; asked directly, it is the contender that nobody can beat. */
export const startTarget = async (file: string, ...options: string[]): Promise<Target> => {
	const launched = launch([...program(`targets/${file}.js`), ...options], {processor: 1});
	const {port, ports = [port]} = await firstMessage<{port: number; ports?: readonly number[]}>(launched);
	return {name: 'direct', port, ports, pids: [], process: launched, stop: launched.end};
};
