import {preferred} from '../core/state.ts';
import {AppError} from '../core/errors.ts';
import {showChange} from './kit/change.ts';
import {showPlan} from './kit/plan.ts';
import type {CliCommand} from './kit/command.ts';
import {withControl} from './kit/source.ts';

export const failback: CliCommand = {
	name: 'failback',
	summary: 'Back to the preferred target',
	flags: ['dryRun'],
	async run(context) {
		await withControl(context, async control => {
			const before = control.getState();
			const id = preferred(before);
			if (id === undefined) {
				throw new AppError('NO_CANDIDATE', 'there is no target to go back to.', {hint: 'All are in maintenance: `pmcp maint NAME off`.'});
			}

			if (context.flags.dryRun) {
				await control.offline?.check([id]);
				showPlan(context, {type: 'failback'}, control);
				return;
			}

			await control.run({type: 'failback'});
			showChange(context, before, control);
		});
	},
};
