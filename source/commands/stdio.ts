import process from 'node:process';
import {findDaemon, type Daemon} from '../client/discover.ts';
import {AppError, toAppError} from '../core/errors.ts';
import type {CliCommand} from './kit/command.ts';
import type {Flags} from './kit/flags.ts';
import {timeoutOf} from './kit/output.ts';
import {demandRunning, findRunning, settingsOf} from './kit/place.ts';
import {spawnDaemon} from './start.ts';

/** How long a proxy that went away may stay away before requests get errors, and before it is started from here; ms. */
const patience = 20_000;
const startAfter = 1000;
const pollInterval = 100;

const pause = async (ms: number): Promise<void> => new Promise(resolve => {
	setTimeout(resolve, ms);
});

/** A flag as words of a command line. */
const words = (name: string, value: string | undefined): string[] => value === undefined ? [] : [`--${name}`, value];

/** The running proxy; one is started in the background when there is none and none was named. Two that start at once find the one that won. */
const findOrStart = async (flags: Flags): Promise<Daemon> => {
	const running = await findRunning(flags);
	if (running) {
		return running;
	}

	settingsOf(flags); // Every fault at once.
	const {config, port, host, tokenFile} = flags;
	try {
		await spawnDaemon(['start', ...words('config', config), ...words('port', port), ...words('host', host), ...words('token-file', tokenFile)], timeoutOf(flags, 15_000));
	} catch (error) {
		if (toAppError(error).code !== 'ADDRESS_IN_USE') {
			throw error;
		}
	}

	return demandRunning(flags);
};

/** Starts it where it was, with the settings it had: its sessions are kept by its port. Only one that ran here; another starter may be quicker. */
const startAgain = async ({url, record}: Daemon): Promise<void> => {
	if (record) {
		await spawnDaemon(['start', ...words('config', record.settings), '--port', String(new URL(url).port)], patience).catch(() => undefined);
	}
};

/** Waits until the proxy answers again, and starts it when a client waits and nobody else has. Whoever asks meanwhile waits for the same. */
const createRevival = (daemon: Daemon): (isUrgent: boolean) => Promise<void> => {
	let reviving: Promise<void> | undefined;
	let isUrgent = false;
	const wait = async (): Promise<void> => {
		const begin = performance.now();
		let hasStarted = false;
		while (performance.now() - begin < patience) {
			if (await findDaemon({url: daemon.url, token: daemon.token, timeout: 1000})) { // eslint-disable-line no-await-in-loop -- asked again and again
				return;
			}

			if (isUrgent && !hasStarted && performance.now() - begin > startAfter) {
				hasStarted = true;
				await startAgain(daemon); // eslint-disable-line no-await-in-loop
			}

			await pause(pollInterval); // eslint-disable-line no-await-in-loop
		}

		throw new AppError('DAEMON_UNREACHABLE', `No proxy answers at ${daemon.url}.`);
	};

	return async urgent => {
		isUrgent ||= urgent;
		reviving ??= wait().finally(() => {
			reviving = undefined;
			isUrgent = false;
		});
		return reviving;
	};
};

export const stdio: CliCommand = {
	name: 'stdio',
	summary: 'MCP on stdin and stdout, for clients that know nothing else',
	details: `Passes on what an MCP client says to the running proxy, which it starts in the background when there is none, so that the client
takes part in failover like any other. stdout carries MCP and nothing else. It outlives the proxy: the session goes on with the next one.`,
	flags: ['target'],
	examples: [
		['pmcp stdio', 'as the command of an MCP server in the settings of an editor'],
		['pmcp stdio --target cline', 'one target, whatever is active'],
	],
	async run({flags}) {
		const [daemon, {runShim}, {createHttpTransport}] = await Promise.all([findOrStart(flags), import('../shim/shim.ts'), import('../transport/streamable-http.ts')]);
		const {target} = flags;
		const names = daemon.status?.targets.map(({name}) => name) ?? [];
		if (target !== undefined && !names.includes(target)) {
			throw new AppError('TARGET_UNKNOWN', `No target is called "${target}". Known: ${names.join(', ') || 'none'}.`);
		}

		await runShim({
			input: process.stdin,
			output: process.stdout,
			revive: createRevival(daemon),
			transport: createHttpTransport({
				id: 'proxy',
				kind: 'streamable-http',
				endpoint: {
					id: 'proxy',
					url: new URL(daemon.url),
					headers: {},
					tls: {isVerified: true},
					timeouts: {connect: 2000, response: 60_000, idle: 0, upgrade: 0, keepAlive: 30_000},
				},
				path: target === undefined ? '/mcp' : `/targets/${encodeURIComponent(target)}/mcp`,
				trustsHints: false,
				replay: 'safe',
				lostStatuses: [],
				forwardsAuth: false,
			}),
		});
		process.exit(0); // eslint-disable-line unicorn/no-process-exit -- everything is out; a stuck connection must not keep it
	},
};
