import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import type {Daemon} from '../client/discover.ts';
import {callRest} from '../client/rest.ts';
import {AppError} from '../core/errors.ts';
import {isAlive, isSameProcess, removeRecord} from '../store/record.ts';
import type {CliCommand} from './kit/command.ts';
import {durationOf, timeoutOf} from './kit/output.ts';
import {findAny} from './kit/place.ts';

const pollInterval = 50;
const grace = 2000;

/** Whether it is gone: its process when we know that for certain, else what listens at its address. */
const isGone = async ({record, url, token}: Daemon): Promise<boolean> => {
	if (record) {
		return record.startTime === undefined ? !isAlive(record.pid) : !isSameProcess(record);
	}

	try {
		await callRest({url, token}, 'GET', '/api/proxy/status', {timeout: 1000});
		return false;
	} catch (error) {
		return error instanceof AppError && error.code === 'DAEMON_UNREACHABLE';
	}
};

/** Waits until it is gone; false when the time is up first. */
const goneWithin = async (daemon: Daemon, ms: number): Promise<boolean> => {
	const end = performance.now() + ms;
	for (;;) {
		if (await isGone(daemon)) { // eslint-disable-line no-await-in-loop -- one look after the other is the point
			return true;
		}

		if (performance.now() > end) {
			return false;
		}

		await delay(pollInterval); // eslint-disable-line no-await-in-loop
	}
};

/** A signal to a pid that is proven to be the daemon's and to none else; false when that can not be proven. */
const signal = ({record}: Daemon, name: 'SIGTERM' | 'SIGKILL'): boolean => {
	if (!record || !isSameProcess(record)) {
		return false;
	}

	process.kill(record.pid, name);
	return true;
};

const ask = async ({url, token, status}: Daemon): Promise<void> => {
	if (status && !status.isStopping) {
		await callRest({url, token}, 'POST', '/api/proxy/actions', {body: {type: 'stop', cause: 'pmcp stop'}, timeout: 5000});
	}
};

type Patience = Readonly<{
	/** How long it may take to end by itself, ms. */
	time: number;
	/** What is in flight then is cut. */
	isCut: boolean;
	/** One that hangs is killed. */
	isForced: boolean;
}>;

/**
Asks it to stop, or, when it does not answer, sends SIGTERM. When the time is up: SIGTERM again, which ends it at once, or SIGKILL,
which nothing survives, as far as the caller wants that.
*/
const end = async (daemon: Daemon, {time, isCut, isForced}: Patience): Promise<boolean> => {
	const isHung = daemon.status === undefined;
	if (!isHung) {
		await ask(daemon);
	} else if (!signal(daemon, 'SIGTERM')) {
		const hint = `Look at pid ${daemon.record?.pid ?? '?'} yourself.`;
		throw new AppError('TIMED_OUT', `the proxy at ${daemon.url} does not answer, and its process can not be told for certain.`, {hint});
	}

	return await goneWithin(daemon, isHung && isForced ? Math.min(time, grace) : time)
		|| ((isCut || isForced) && signal(daemon, 'SIGTERM') && await goneWithin(daemon, grace))
		|| (isForced && signal(daemon, 'SIGKILL') && goneWithin(daemon, grace));
};

const stillThere = ({url, status}: Daemon): AppError => status
	? new AppError('TIMED_OUT', `the proxy at ${url} has not ended yet: requests are in flight.`, {hint: 'Cut them with `pmcp stop --drain 0s`.'})
	: new AppError('TIMED_OUT', `the proxy at ${url} does not answer, and has not ended.`, {hint: 'Kill it with `pmcp stop --force`.'});

export const stop: CliCommand = {
	name: 'stop',
	summary: 'Stop the running proxy',
	details: `It takes no new connections and lets requests in flight finish, as long as \`server.limits.drain\` says.
With --drain TIME what is still in flight then is cut. With --force one that hangs, or does not end in time, is killed.
Returns when it is gone; --no-wait returns at once.`,
	flags: ['drain', 'force', 'wait'],
	examples: [['pmcp stop --drain 5s', 'stop within five seconds or so'], ['pmcp stop --force', 'end one that hangs']],
	async run({flags, out}) {
		const daemon = await findAny(flags);
		if (!daemon) {
			throw new AppError('DAEMON_UNREACHABLE', 'no proxy runs here, so there is nothing to stop.', {hint: ''});
		}

		const {url, record, status} = daemon;
		const document = {schema: 'pmcp.stop/v1', generatedAt: new Date().toISOString(), url, pid: record?.pid ?? status?.pid ?? null};
		if (flags.wait === false) {
			await ask(daemon);
			out.show({...document, isStopped: false}, () => `the proxy at ${url} is stopping.`);
			return;
		}

		const time = flags.drain === undefined ? timeoutOf(flags, 40_000) : durationOf('--drain', flags.drain);
		if (!await end(daemon, {time, isCut: flags.drain !== undefined, isForced: flags.force === true})) {
			throw stillThere(daemon);
		}

		if (record) {
			removeRecord(record); // It does so itself, unless it was cut short.
		}

		out.show({...document, isStopped: true}, () => `the proxy at ${url} has stopped.`);
	},
};
