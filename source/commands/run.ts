import process from 'node:process';
import {findDaemons, type Daemon} from '../client/discover.ts';
import {AppError, toAppError} from '../core/errors.ts';
import {startDaemonWorker} from '../daemon/worker.ts';
import {handleSignals} from '../daemon/signals.ts';
import {loadSettings} from '../settings/load.ts';
import {attachTo} from './attach.ts';
import type {CliCommand, Context} from './kit/command.ts';
import {findRunning, givenUrl, loadOptionsOf, settingsOf, type LoadOptions} from './kit/place.ts';
import {hasTerminal, lookOf} from './kit/terminal.ts';
import {explainTaken, startHere, stopNow} from './start.ts';

/** How long a daemon that was told to stop may take beyond its own time for requests in flight. */
const patience = 5000;

/**
The daemon in a worker thread of this process, the dashboard in front of it. Leaving the dashboard stops the daemon.
`onStart` is told where it listens. Throws what `createDaemon` throws.
*/
export const openDashboard = async ({flags, version}: Context, load: LoadOptions, onStart?: (url: string) => void): Promise<void> => {
	const {drain} = loadSettings(load).settings.server.limits; // Every fault at once, before anything starts.
	const output: string[] = [];
	const keep = (text: string): void => {
		output.push(text);
	};

	// Both at the same time: each has a core of its own.
	const [daemon, {runTui}] = await Promise.all([startDaemonWorker({load, version}, keep), import('../tui/run.tsx')]);
	const {client, done} = daemon;
	onStart?.(daemon.url);
	const over = new AbortController();
	const ended = done.then(() => undefined, (error: unknown) => error).then(error => {
		over.abort();
		return error;
	});

	const stop = (cause: string): void => {
		if (client.getState().isStopping) {
			stopNow();
		}

		void client.run({type: 'stop', cause}).catch(() => undefined); // It ends, or has ended: `done` tells.
		over.abort();
	};

	const release = handleSignals({
		reload() {
			stop('the terminal is gone'); // SIGHUP: with a dashboard, nobody can look at it any more.
		},
		stop,
		stopNow,
	});
	const leave = (): void => {
		void client.run({type: 'stop', cause: 'the dashboard was left'}).catch(() => undefined);
	};

	const fault = await runTui({client, options: {mode: 'own', signal: over.signal, ...lookOf(flags)}, onQuit: leave}).then(() => undefined, (error: unknown) => error);
	leave(); // However the screen ended.
	const error = await Promise.race([ended, tooLate(drain + patience)]);
	release();
	await daemon.terminate();
	if (error !== undefined) {
		throw new AppError('FAILED', `the proxy broke: ${toAppError(error).message}`, {cause: error, hint: output.join('').trim()});
	}

	if (fault !== undefined) {
		throw new AppError('FAILED', `the dashboard broke: ${toAppError(fault).message}`, {cause: fault, hint: 'Without it: `pmcp start`.'});
	}
};

const tooLate = async (ms: number): Promise<undefined> => new Promise(resolve => {
	setTimeout(resolve, ms, undefined).unref();
});

/** The daemon at a port. Port 0 is any free one: nobody is there yet. */
const findAt = async (port: number): Promise<Daemon | undefined> => {
	const [daemon] = port === 0 ? [] : await findDaemons({port});
	return daemon;
};

/** `pmcp` alone. Not listed: it has no name. */
export const run: CliCommand = {
	name: '',
	summary: 'The dashboard: attached to the proxy that runs here, else with one of its own',
	flags: ['logLevel', 'workers'],
	async run(context) {
		const {flags} = context;
		if (!hasTerminal(flags)) {
			await startHere(context);
			return;
		}

		const {settings: {server}} = settingsOf(flags);
		const running = givenUrl(flags) === undefined ? await findAt(server.port) : await findRunning(flags);
		if (running?.status) {
			await attachTo(running, context);
			return;
		}

		try {
			await openDashboard(context, loadOptionsOf(flags));
		} catch (error) {
			throw await explainTaken(error, flags);
		}
	},
};
