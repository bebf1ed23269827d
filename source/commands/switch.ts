import type {OperatorAction} from '../core/action.ts';
import {AppError} from '../core/errors.ts';
import {differenceTo, tellDifference} from '../core/gate.ts';
import {findTarget, isCandidate, stateWord, type State} from '../core/state.ts';
import {waitFor} from '../client/wait.ts';
import {showChange} from './kit/change.ts';
import {showPlan} from './kit/plan.ts';
import type {CliCommand, Context} from './kit/command.ts';
import {confirm} from './kit/ask.ts';
import {cell, timeoutOf} from './kit/output.ts';
import {demandTarget, withControl, type Control} from './kit/source.ts';

/** `--wait`: until nothing is in flight any more on the target that was active. */
const drained = async ({flags}: Context, before: State, {client}: Control): Promise<void> => {
	const {active} = before;
	const inFlight = (): number => findTarget(client?.getState() ?? before, active)?.traffic.inFlight ?? 0;
	if (flags.wait && client) {
		await waitFor(client.subscribe, () => inFlight() === 0, timeoutOf(flags, 30_000), () => (
			new AppError('TIMED_OUT', `it is switched, but ${inFlight()} requests are still in flight on ${cell(active)}.`)
		));
	}
};

export const switchTo: CliCommand = {
	name: 'switch',
	usage: 'NAME',
	summary: 'Make a target the active one',
	details: `Requests in flight finish where they began; new ones go to NAME.
Exit 0 also when it is active already; 7 when it can not serve and --force was not given.
Without a running proxy it checks the target itself, writes the lock file, and says so.`,
	flags: ['force', 'dryRun', 'wait'],
	words: {min: 1, max: 1},
	examples: [
		['pmcp switch cline', 'switch, when cline is up'],
		['pmcp switch cline --dry-run --json', 'what would happen'],
		['pmcp switch cline --wait --timeout 1m', 'return when the last request on the old target is done'],
	],
	async run(context) {
		const {input: [id = ''], flags} = context;
		await withControl(context, async control => {
			const before = control.getState();
			const target = demandTarget(before, id);
			const action: OperatorAction = {type: 'switch', id, ...(flags.force && {isForced: true})};
			if (flags.dryRun) {
				await control.offline?.check([id]);
				showPlan(context, action, control);
				return;
			}

			const difference = id === before.active || before.rules.gate === 'ignore' ? undefined : differenceTo(before, id);
			const isRisky = flags.force && id !== before.active && (!isCandidate(target) || difference !== undefined);
			if (difference) {
				context.out.note(`Beware: ${cell(id)} ${tellDifference(difference)}.`);
			}

			if (isRisky) {
				await confirm(context, isCandidate(target) ? 'Switch to it all the same?' : `${cell(id)} is ${stateWord(target)}. Switch to it all the same?`);
			}

			await control.run(isRisky ? {...action, ifEpoch: before.epoch} : action);
			await drained(context, before, control);
			showChange(context, before, control);
		});
	},
};
