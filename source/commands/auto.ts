import {AppError} from '../core/errors.ts';
import type {CliCommand} from './kit/command.ts';
import {withControl} from './kit/source.ts';

export const auto: CliCommand = {
	name: 'auto',
	usage: 'on|off',
	summary: 'Automatic failover on or off',
	details: 'Holds until it is changed again or the proxy starts anew. A manual switch never changes it.',
	words: {min: 1, max: 1},
	async run(context) {
		const {input: [word = ''], out} = context;
		if (word !== 'on' && word !== 'off') {
			throw new AppError('USAGE', `"auto" takes on or off, not "${word}".`, {hint: 'See `pmcp help auto`.'});
		}

		await withControl(context, async ({run, getState}) => {
			await run({type: 'automatic', isAutomatic: word === 'on'});
			const {isAutomatic} = getState();
			out.show({schema: 'pmcp.auto/v1', generatedAt: new Date().toISOString(), isAutomatic}, () => `automatic failover is ${isAutomatic ? 'on' : 'off'}.`);
		});
	},
};
