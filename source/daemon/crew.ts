import {availableParallelism} from 'node:os';
import process from 'node:process';
import {Worker} from 'node:worker_threads';
import type {SecurePlace} from '../http/endpoint.ts';
import type {GuardSettings} from '../http/guard.ts';
import type {Listener} from '../proxy/listener.ts';
import {mostWorkers, type Settings} from '../settings/schema.ts';
import {startCrew, type Crew} from '../workers/crew.ts';
import type {MemberOptions} from '../workers/member.ts';
import {planEndpoints, shareOf, type WorkerPlan} from '../workers/plan.ts';
import type {Configuration} from './configuration.ts';

/** The setting `server.workers` as a number here. `auto` leaves a core to everything else. Only Linux spreads connections over several listeners of a port: elsewhere it is said that there is one. */
export const workersFor = (wish: number | 'auto', onNotice: (message: string) => void, platform = process.platform): number => {
	if (platform !== 'linux') {
		if (wish !== 1) {
			onNotice(`server.workers is 1 here: ${platform} does not spread connections over several`);
		}

		return 1;
	}

	return wish === 'auto' ? Math.max(1, Math.min(mostWorkers, availableParallelism() - 1)) : wish;
};

/** Where the daemon listens since its start. */
type Places = Pick<Listener, 'port' | 'secure'>;

/** What the guard compares with. */
export const guardFor = ({host, allowedHosts, allowedOrigins}: Settings['server'], {port, secure}: Places): GuardSettings => ({
	hosts: secure ? [host, secure.host] : [host],
	ports: secure ? [port, secure.port] : [port],
	allowedHosts,
	allowedOrigins,
});

/** The place of the start with the certificate of now. What clients must show there stays as it was, for a worker that comes later too. */
const renewed = (secure: SecurePlace, now: SecurePlace | undefined): SecurePlace => {
	const {cert, key} = now?.identity ?? secure.identity;
	return {...secure, identity: {...secure.identity, cert, key}};
};

/** What the settings mean for each of `count` workers at those places; the same object until they change. */
const planFor = (configuration: Configuration, {port, secure}: Places, count: number): (() => WorkerPlan) => configuration.select(({server, proxy, logging}) => {
	const {endpoints, limits, secure: now} = configuration.get().derived;
	const isLogged = logging.level === 'trace' || logging.level === 'debug' || logging.level === 'info';
	return {
		host: server.host,
		port,
		secure: secure && renewed(secure, now),
		limits: shareOf(limits, count),
		endpoints: planEndpoints(endpoints),
		guard: guardFor(server, {port, secure}),
		paths: proxy.standardEndpoints,
		silence: proxy.silence,
		accessFormat: isLogged ? logging.format : 'none',
	};
});

type Options = Readonly<Omit<MemberOptions, 'spawn' | 'getPlan'> & {configuration: Configuration; places: Places}>;

/** The workers beside this thread: as many as there are slots, less one. */
export const startWorkers = ({configuration, places, ...options}: Options): Crew => {
	const count = options.slots.length;
	return startCrew(count - 1, {
		...options,
		getPlan: planFor(configuration, places, count),
		spawn: start => new Worker(new URL('plane.js', import.meta.url), {workerData: start}),
	});
};
