import {performance} from 'node:perf_hooks';
import {setImmediate as immediate, setTimeout as sleep} from 'node:timers/promises';
import type {ReportAction} from '../core/action.ts';
import {AppError} from '../core/errors.ts';
import {failureOf} from '../http/failure.ts';
import {probes} from './index.ts';
import type {Watched} from './probe.ts';

/** A result this much later (ms) than its time limit tells of a stall on our side (suspended, starved), not of the target. */
const stallTolerance = 1000;

/** One probe and its verdict, its time in ms with two decimals; undefined when that time says that we, not the target, were asleep. `stopped` ends it early. */
export const attempt = async (watched: Watched, stopped?: AbortSignal): Promise<ReportAction | undefined> => {
	const {id, kind, timeout} = watched.plan;
	const startedAt = performance.now();
	const limit = AbortSignal.timeout(timeout);
	try {
		const note = await probes[kind].run(watched, stopped ? AbortSignal.any([stopped, limit]) : limit);
		return {type: 'passed', id, ms: Math.round((performance.now() - startedAt) * 100) / 100, isPassive: false, ...(note !== undefined && {note})};
	} catch (error) {
		if (performance.now() - startedAt > timeout + stallTolerance) {
			return undefined;
		}

		const failure = limit.aborted ? failureOf(new AppError('TARGET_TIMEOUT', `no answer within ${timeout} ms`)) : failureOf(error);
		return {type: 'failed', id, ...failure, isPassive: false};
	}
};

/** A probe under way; `result` never rejects. */
export type Running = Readonly<{stop: AbortController; startedAt: number; result: ReturnType<typeof attempt>}>;

/** A timer of ours that is this much late (ms) tells of us: what came meanwhile has not been read yet. */
const lateness = 50;

/** Waits, without keeping the process alive; resolves to whether it woke in time. */
export const slept = async (ms: number): Promise<boolean> => {
	const due = performance.now() + ms;
	await sleep(ms, undefined, {ref: false});
	return performance.now() - due <= lateness;
};

/** Whether a target answered within `limit` ms of its probe's beginning, well or not; undefined when we slept meanwhile and can not tell. */
export const isAnswered = async ({startedAt, result}: Running, limit: number): Promise<boolean | undefined> => {
	const silence = slept(Math.max(0, startedAt + limit - performance.now())).then(async isInTime => {
		await immediate(); // An answer that is here is read first.
		return isInTime ? false : undefined;
	});
	return Promise.race([silence, result.then(found => found && !(found.type === 'failed' && found.code === 'TARGET_TIMEOUT'))]);
};
