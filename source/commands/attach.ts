import type {Daemon} from '../client/discover.ts';
import {AppError} from '../core/errors.ts';
import type {CliCommand, Context} from './kit/command.ts';
import {connectTo, demandRunning} from './kit/place.ts';
import {hasTerminal, lookOf} from './kit/terminal.ts';

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/v;

/** The dashboard on a daemon that runs elsewhere. Beyond this machine nothing can be changed without a token. */
export const attachTo = async (daemon: Daemon, {flags}: Context): Promise<void> => {
	const {url, token} = daemon;
	const hangUp = new AbortController();
	const leave = (): void => {
		hangUp.abort();
	};

	process.once('SIGHUP', leave).once('SIGTERM', leave);
	const [client, {runTui}] = await Promise.all([connectTo(daemon, flags), import('../tui/run.tsx')]);
	try {
		const isReadOnly = token === undefined && !loopback.test(new URL(url).hostname);
		await runTui({client, options: {mode: 'attached', isReadOnly, signal: hangUp.signal, ...lookOf(flags)}});
	} finally {
		client.close();
		process.off('SIGHUP', leave).off('SIGTERM', leave);
	}
};

export const attach: CliCommand = {
	name: 'attach',
	usage: '[URL]',
	summary: 'The dashboard on a proxy that runs already',
	details: 'Leaving it leaves the proxy as it is. It finds the proxy again by itself after a lost link.',
	words: {max: 1},
	examples: [['pmcp attach http://10.0.0.5:4000 --token-file token', 'on another machine']],
	async run(context) {
		const {input: [url], flags} = context;
		if (!hasTerminal(flags)) {
			throw new AppError('USAGE', '"attach" needs a terminal.', {hint: 'Without one, follow what happens with `pmcp events -f`.'});
		}

		await attachTo(await demandRunning({...flags, ...(url !== undefined && {daemon: url})}), context);
	},
};
