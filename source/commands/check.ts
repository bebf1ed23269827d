import {waitFor} from '../client/wait.ts';
import {AppError} from '../core/errors.ts';
import {candidates, findTarget, inOrder, type State, type TargetState} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import type {CliCommand, Context} from './kit/command.ts';
import {columns} from './kit/columns.ts';
import {cell, timeoutOf, type Output} from './kit/output.ts';
import {demandTarget, withControl, type Control} from './kit/source.ts';

const probeOf = (state: State, id: TargetId): TargetState['probe'] => findTarget(state, id)?.probe;

/** Has these probed, and waits for a result of each that was not there before. */
const probeAll = async ({flags}: Context, ids: readonly TargetId[], {client, offline, run, getState}: Control): Promise<void> => {
	if (!client) {
		await offline?.check(ids);
		return;
	}

	const before = getState();
	const isNew = (id: TargetId): boolean => JSON.stringify(probeOf(getState(), id)) !== JSON.stringify(probeOf(before, id));
	await Promise.all(ids.map(async id => run({type: 'check', id})));
	await waitFor(client.subscribe, () => ids.every(id => isNew(id)), timeoutOf(flags, 10_000), () => (
		new AppError('TIMED_OUT', `no result in time from: ${ids.filter(id => !isNew(id)).join(', ')}.`)
	));
};

/** 21 when no target that could serve has passed its last probe, 20 when one of those asked for failed. */
const verdict = (state: State, results: readonly TargetState[]): number => {
	if (!candidates(state).some(({probe}) => probe?.isPassed)) {
		return 21;
	}

	return results.some(({probe}) => !probe?.isPassed) ? 20 : 0;
};

const row = ({target, probe, note}: TargetState, out: Output): string[] => probe?.isPassed
	? [cell(target.id), out.paint('green', 'PASSED'), `${Math.round(probe.ms)}ms`, `${cell(target.probe)}${note === undefined ? '' : `: ${cell(note)}`}`]
	: [cell(target.id), out.paint('red', 'FAILED'), '-', `${cell(target.probe)}: ${cell(probe?.message ?? 'no result')}`];

export const check: CliCommand = {
	name: 'check',
	usage: '[NAME…]',
	summary: 'Probe targets once, now',
	details: 'Exit 0 when all passed, 20 when one failed, 21 when no target is usable. Works without a running proxy too.',
	words: {max: 1000},
	async run(context) {
		const {input, out} = context;
		return withControl(context, async control => {
			const state = control.getState();
			const ids = input.length > 0 ? [...new Set(input)].map(id => demandTarget(state, id).target.id) : inOrder(state).map(({target}) => target.id);
			await probeAll(context, ids, control);
			const after = control.getState();
			const results = ids.map(id => findTarget(after, id)).filter(target => target !== undefined);
			const items = results.map(({target, health, probe, note}) => ({
				name: target.id,
				isPassed: probe?.isPassed ?? false,
				ms: probe?.isPassed ? probe.ms : null,
				code: probe && !probe.isPassed ? probe.code : null,
				message: probe && !probe.isPassed ? probe.message : null,
				health: health.status,
				note: note ?? null,
			}));
			out.show({schema: 'pmcp.check/v1', generatedAt: new Date().toISOString(), items}, () => results.length === 0 ? 'no targets' : columns(results.map(target => row(target, out))));
			return verdict(after, results);
		});
	},
};
