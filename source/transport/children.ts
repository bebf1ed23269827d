import {ChannelError} from './channel.ts';
import {startChild, type Child, type StdioPlan} from './child.ts';

/** What outlives a proxy that was killed: its children's pids. */
export type ChildRecord = Readonly<{add: (pid: number) => void; remove: (pid: number) => void}>;

/** A child in use. */
export type Tenant = {
	readonly child: Child;
	/** The health probe's: outside the cap, and not taken away. */
	readonly isProbe: boolean;
	/** Whether it can be taken away: nothing is under way. */
	isIdle: () => boolean;
	usedAt: number;
	/** It is being taken away. */
	evict: () => void;
};

/** All children of one target. */
export type Children = Readonly<{
	/** A child of one's own. Throws a `ChannelError` (`unsent`) when there can be none now. `isProbe`: beside the cap. */
	take: (tenancy: (child: Child) => Tenant, isProbe?: boolean) => Tenant;
	/** Its tenant has left. Resolves when it is gone. */
	giveBack: (tenant: Tenant) => Promise<void>;
	count: () => number;
	/** Resolves when all are gone. */
	close: () => Promise<void>;
}>;

type Options = Readonly<{plan: StdioPlan; onLog: (line: string) => void; record: ChildRecord | undefined}>;

const firstPause = 200;
const longestPause = 10_000;
/** A child that lived this long was no failed start, ms. */
const longEnough = 10_000;
/** So many ends unasked within this time are a crash loop: nothing is started for a while (Erlang's "restart intensity"). */
const mostCrashes = 5;
const crashWindow = 60_000;
const loopPause = 30_000;
const look = 5000;

/** Starts and ends the children of one target: a cap, idle ones reaped, pauses between failed starts, a stop to crash loops, spares kept warm. */
export const createChildren = ({plan, onLog, record}: Options): Children => {
	const {max, idle, spares: wantedSpares} = plan.children;
	const tenants = new Set<Tenant>();
	const spares: Child[] = [];
	const all = new Set<Child>();
	let crashes: number[] = [];
	let pause = 0;
	let notBefore = 0;
	let isClosed = false;
	let lastFailure = '';

	let isLooping = false;

	/** Over in a moment (one process crashed, all are busy): no word against the target, as a 503 with Retry-After would be none. */
	const putOff = (message: string): ChannelError => new ChannelError({kind: 'refused', status: 503, failure: {code: 'CHILD_BUSY', message}});
	const refuse = (message: string): ChannelError => new ChannelError({kind: 'unsent', failure: {code: 'CHILD_REFUSED', message}});

	const noteCrash = (startedAt: number, message: string): void => {
		const now = performance.now();
		lastFailure = message;
		pause = now - startedAt > longEnough ? 0 : Math.min(longestPause, Math.max(firstPause, pause * 2));
		crashes = [...crashes.filter(at => now - at < crashWindow), now];
		notBefore = now + pause;
		isLooping = crashes.length >= mostCrashes;
		if (isLooping) {
			crashes = [];
			notBefore = now + loopPause;
			onLog(`ended ${mostCrashes} times within ${crashWindow / 1000} s; not started again for ${loopPause / 1000} s: ${message}`);
		}
	};

	const start = (): Child => {
		const stopped = {isAsked: false};
		const child = startChild({
			plan,
			onLog,
			onStart(pid) {
				record?.add(pid);
			},
			onEnd(pid) {
				record?.remove(pid);
			},
		});
		const watched: Child = {
			...child,
			hear(receiver) {
				child.hear({
					...receiver,
					onExit(failure) {
						all.delete(watched);
						if (!stopped.isAsked) {
							noteCrash(child.startedAt, failure.message);
						}

						receiver.onExit(failure);
						keepWarm();
					},
				});
			},
			async stop() {
				stopped.isAsked = true;
				await child.stop();
				all.delete(watched);
			},
		};
		all.add(watched);
		return watched;
	};

	const mayStart = (): boolean => !isClosed && performance.now() >= notBefore;

	const keepWarm = (): void => {
		while (mayStart() && spares.length < wantedSpares && all.size < max + wantedSpares) {
			const spare = start();
			spares.push(spare);
			spare.hear({
				onMessage: () => true,
				onExit() {
					const place = spares.indexOf(spare);
					if (place !== -1) {
						spares.splice(place, 1);
					}
				},
			});
		}
	};

	const giveBack = async (tenant: Tenant): Promise<void> => {
		tenants.delete(tenant);
		await tenant.child.stop();
	};

	/** The least recently used one that does nothing. */
	const evictable = (): Tenant | undefined => [...tenants].filter(tenant => !tenant.isProbe && tenant.isIdle()).toSorted((a, b) => a.usedAt - b.usedAt)[0];

	const evict = (tenant: Tenant): void => {
		tenant.evict();
		void giveBack(tenant);
	};

	const makeRoom = (): void => {
		if ([...tenants].filter(tenant => !tenant.isProbe).length < max) {
			return;
		}

		const old = evictable();
		if (!old) {
			throw putOff(`all ${max} processes are busy`);
		}

		evict(old);
	};

	const timer = setInterval(() => {
		for (const tenant of tenants) {
			if (!tenant.isProbe && tenant.isIdle() && performance.now() - tenant.usedAt > idle) {
				evict(tenant);
			}
		}

		keepWarm();
	}, Math.min(look, Math.max(50, idle / 2))).unref();

	keepWarm();
	return {
		take(tenancy, isProbe = false) {
			if (isClosed) {
				throw refuse('the proxy is stopping, or the settings changed');
			}

			if (!isProbe) {
				makeRoom();
			}

			const spare = isProbe ? undefined : spares.shift();
			if (!spare && !mayStart()) {
				throw (isLooping ? refuse : putOff)(`starts again in ${Math.ceil((notBefore - performance.now()) / 1000)} s: ${lastFailure}`);
			}

			const tenant = tenancy(spare ?? start());
			tenants.add(tenant);
			keepWarm();
			return tenant;
		},
		giveBack,
		count: () => all.size,
		async close() {
			isClosed = true;
			clearInterval(timer);
			for (const tenant of tenants) {
				tenant.evict();
			}

			tenants.clear();
			await Promise.all([...all].map(async child => child.stop()));
		},
	};
};
