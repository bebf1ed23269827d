import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {flushCompileCache} from 'node:module';
import process from 'node:process';
import {findDaemons} from '../client/discover.ts';
import {AppError, catalogue, toAppError, type ErrorCode} from '../core/errors.ts';
import {formatDuration} from '../core/duration.ts';
import {surviveFaults} from '../daemon/faults.ts';
import {handleSignals} from '../daemon/signals.ts';
import type {CliCommand, Context} from './kit/command.ts';
import type {Flags} from './kit/flags.ts';
import {timeoutOf} from './kit/output.ts';
import {loadOptionsOf, settingsOf} from './kit/place.ts';

/** `ADDRESS_IN_USE` with who holds the address and what can be done, when it is a proxy; any other error as it is. */
export const explainTaken = async (error: unknown, flags: Flags): Promise<AppError> => {
	const known = toAppError(error);
	if (known.code !== 'ADDRESS_IN_USE') {
		return known;
	}

	const {host, port} = settingsOf(flags).settings.server;
	const sentence = `cannot listen on ${host}:${port}: address already in use (EADDRINUSE).`;
	const [holder] = await findDaemons({port, timeout: 1000});
	const another = `Or use another port:  \`pmcp start --port ${port === 65_535 ? 4000 : port + 1}\`.`;
	if (!holder) {
		return new AppError('ADDRESS_IN_USE', sentence, {cause: error, hint: `It is held by another program.\n${another}`});
	}

	const {status, record} = holder;
	const since = status?.uptimeMs ? `, up ${formatDuration(status.uptimeMs)}` : '';
	return new AppError('ADDRESS_IN_USE', sentence, {
		cause: error,
		hint: `It is held by another pmcp (pid ${status?.pid ?? record?.pid ?? '?'}${since}).\nAttach to it:  \`pmcp attach\`.\n${another}\nOr stop it:  \`pmcp stop\`.`,
	});
};

/** Where it listens, and which process it is. */
type Place = Readonly<{url: string; secureUrl?: string | undefined; pid: number}>;

type Answer = Readonly<{type: 'started'} & Place> | Readonly<{type: 'failed'; code: ErrorCode; error: string; hint: string}>;

const isAnswer = (value: unknown): value is Answer => typeof value === 'object' && value !== null && 'type' in value
	&& (value.type === 'started' || (value.type === 'failed' && 'code' in value && String(value.code) in catalogue));

/** Tells a process that it is the one in the background: its words are the same. */
const detachedMark = 'PMCP_DETACHED';
const isDetached = (): boolean => process.env[detachedMark] !== undefined;

/** Tells the process that detached this one, when there is such a one, and lets go of it. */
const answerParent = (answer: Answer): void => {
	if (process.send && isDetached()) {
		process.send(answer, undefined, {}, () => {
			process.disconnect?.();
		});
	}
};

const announce = ({out, version}: Context, {url, secureUrl, pid}: Place): void => {
	if (out.isJson) {
		out.show({schema: 'pmcp.start/v1', generatedAt: new Date().toISOString(), url, secureUrl, pid, version}, () => '');
	} else {
		out.note(`proxy-mcp ${version} listens on ${[url, secureUrl].filter(address => address !== undefined).join(' and ')} (pid ${pid})`);
	}
};

/** A second order to stop: at once. */
export const stopNow = (): never => process.exit(143); // eslint-disable-line unicorn/no-process-exit

/** The daemon in this process, without a dashboard, until it is stopped. */
export const startHere = async (context: Context): Promise<void> => {
	const {flags, version} = context;
	try {
		settingsOf(flags); // Every fault at once, before anything starts.
		const {createDaemon} = await import('../daemon/daemon.ts');
		const daemon = await createDaemon({load: loadOptionsOf(flags), version});
		const {client, url, secureUrl, done} = daemon;
		const place = {url, secureUrl, pid: process.pid};
		surviveFaults(daemon.tell);
		const ask = (action: Parameters<typeof client.run>[0]): void => {
			void client.run(action);
		};

		const release = handleSignals({
			reload() {
				ask({type: 'reload'});
			},
			stop(cause) {
				if (client.getState().isStopping) {
					stopNow(); // It was asked before, by another command.
				}

				ask({type: 'stop', cause});
			},
			stopNow,
		});
		announce(context, place);
		answerParent({type: 'started', ...place});
		flushCompileCache(); // Else it is written at the end alone, and not at all by a daemon that is killed.
		await done;
		release();
	} catch (error) {
		const known = await explainTaken(error, flags);
		answerParent({type: 'failed', ...known.toJSON()});
		throw known;
	}
};

/** The daemon in a process of its own, which outlives this one: this program again, with these words. Resolves when it listens, within `limit` ms; throws why it does not. */
export const spawnDaemon = async (words: readonly string[], limit: number): Promise<Place> => {
	const [node = '', program = ''] = process.argv;
	const child = spawn(node, [...process.execArgv, program, ...words], {
		detached: true,
		stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
		env: {...process.env, [detachedMark]: '1'},
	});
	const signal = AbortSignal.timeout(limit);
	const answer: unknown = await Promise.race([once(child, 'message', {signal}), once(child, 'exit', {signal})]).then(([first]: unknown[]) => first, () => undefined);
	if (!isAnswer(answer)) {
		child.kill();
		throw signal.aborted
			? new AppError('TIMED_OUT', `the proxy did not listen within ${formatDuration(limit)}.`)
			: new AppError('FAILED', 'the proxy ended before it listened.', {hint: 'See why: `pmcp start` without --detach.'});
	}

	if (answer.type === 'failed') {
		throw new AppError(answer.code, answer.error, {hint: answer.hint});
	}

	child.unref();
	return answer;
};

const startDetached = async (context: Context): Promise<void> => {
	const {flags} = context;
	settingsOf(flags);
	announce(context, await spawnDaemon(process.argv.slice(2), timeoutOf(flags, 15_000)));
};

export const start: CliCommand = {
	name: 'start',
	summary: 'The proxy without a dashboard',
	details: 'In the foreground until SIGTERM or Ctrl-C, which let requests in flight finish; a second one ends it at once. SIGHUP reads the settings again.',
	flags: ['detach', 'logLevel', 'workers'],
	examples: [
		['pmcp start -d && pmcp status', 'in the background; returns when it listens'],
		['pmcp start --config ./proxy.json --port 4001', 'with other settings'],
	],
	async run(context) {
		await (context.flags.detach && !isDetached() ? startDetached(context) : startHere(context));
	},
};
