import {availableParallelism} from 'node:os';
import process from 'node:process';
import {Worker} from 'node:worker_threads';
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

type Ports = Pick<Listener, 'port' | 'securePort'>;

/** What the guard compares with. */
export const guardFor = ({host, tls, allowedHosts, allowedOrigins}: Settings['server'], {port, securePort}: Ports): GuardSettings => ({
	hosts: [host, tls?.host ?? host],
	ports: securePort === undefined ? [port] : [port, securePort],
	allowedHosts,
	allowedOrigins,
});

/** What the settings mean for each of `count` workers at those ports; the same object until they change. */
const planFor = (configuration: Configuration, {port, securePort}: Ports, count: number): (() => WorkerPlan) => configuration.select(({server, proxy, logging}) => {
	const {endpoints, limits, identity} = configuration.get().derived;
	const {host, tls} = server;
	const isLogged = logging.level === 'trace' || logging.level === 'debug' || logging.level === 'info';
	return {
		host,
		port,
		secure: identity && securePort !== undefined ? {host: tls?.host ?? host, port: securePort, identity} : undefined,
		limits: shareOf(limits, count),
		endpoints: planEndpoints(endpoints),
		guard: guardFor(server, {port, securePort}),
		paths: proxy.standardEndpoints,
		silence: proxy.silence,
		accessFormat: isLogged ? logging.format : 'none',
	};
});

type Options = Readonly<Omit<MemberOptions, 'spawn' | 'getPlan'> & {configuration: Configuration; ports: Ports}>;

/** The workers beside this thread: as many as there are slots, less one. */
export const startWorkers = ({configuration, ports, ...options}: Options): Crew => {
	const count = options.slots.length;
	return startCrew(count - 1, {
		...options,
		getPlan: planFor(configuration, ports, count),
		spawn: start => new Worker(new URL('plane.js', import.meta.url), {workerData: start}),
	});
};
