import {showChange} from './kit/change.ts';
import {showPlan} from './kit/plan.ts';
import type {CliCommand} from './kit/command.ts';
import {withControl} from './kit/source.ts';

export const undo: CliCommand = {
	name: 'undo',
	summary: 'Back to the target that was active before the last switch',
	flags: ['dryRun'],
	async run(context) {
		await withControl(context, async control => {
			const before = control.getState();
			if (context.flags.dryRun) {
				showPlan(context, {type: 'undo'}, control);
				return;
			}

			await control.run({type: 'undo'});
			showChange(context, before, control);
		});
	},
};
