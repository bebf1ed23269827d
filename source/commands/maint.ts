import {AppError} from '../core/errors.ts';
import {candidates, findTarget} from '../core/state.ts';
import {confirm} from './kit/ask.ts';
import type {CliCommand} from './kit/command.ts';
import {cell} from './kit/output.ts';
import {demandTarget, withControl} from './kit/source.ts';

const states = new Map([['on', 'maintenance'], ['drain', 'drain'], ['off', 'ready']] as const);

const isWord = (word: string): word is 'on' | 'drain' | 'off' => word === 'on' || word === 'drain' || word === 'off';

export const maint: CliCommand = {
	name: 'maint',
	usage: 'NAME on|drain|off',
	summary: 'Take a target out for maintenance, or put it back',
	details: '`drain` keeps probing it, `on` does not. Taking out the active target moves the traffic to the next one; exit 7 when there is none and --force was not given.',
	flags: ['force'],
	words: {min: 2, max: 2},
	async run(context) {
		const {input: [id = '', word = ''], flags, out} = context;
		if (!isWord(word)) {
			throw new AppError('USAGE', `"maint" takes on, drain or off, not "${word}".`, {hint: 'See `pmcp help maint`.'});
		}

		const admin = states.get(word) ?? 'ready';
		await withControl(context, async ({run, getState}) => {
			const before = getState();
			demandTarget(before, id);
			const isLast = admin !== 'ready' && id === before.active && candidates(before).every(({target}) => target.id === id);
			if (isLast && flags.force) {
				await confirm(context, `${cell(id)} is active and nothing else could take over. Take it out all the same?`);
			}

			await run({type: 'admin', id, admin, ...(flags.force && {isForced: true})});
			const {active = null} = getState();
			const document = {schema: 'pmcp.maint/v1', generatedAt: new Date().toISOString(), name: id, admin: findTarget(getState(), id)?.admin ?? admin, activeSystem: active};
			const moved = before.active === getState().active ? '' : ` ${cell(active ?? 'no target')} is active now.`;
			out.show(document, () => `${cell(id)} is ${admin === 'ready' ? 'ready again' : (admin === 'drain' ? 'draining' : 'in maintenance')}.${moved}`);
		});
	},
};
