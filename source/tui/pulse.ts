import type {Client, Link} from '../client/client.ts';
import type {Stamped} from '../core/event.ts';
import type {State} from '../core/state.ts';

/** What the screen shows of the proxy at one moment (`at`, wall time). `missed`: news since the screen was frozen. */
export type Snapshot = Readonly<{
	state: State;
	news: readonly Stamped[];
	link: Link;
	at: number;
	frozenAt: number | undefined;
	missed: number;
}>;

/** The client's changes at a pace a person can read: at most four snapshots a second, none while nothing happens. */
export type Pulse = Readonly<{
	get: () => Snapshot;
	subscribe: (listener: () => void) => () => void;
	/** Hold the picture (the traffic goes on), or let it go on. */
	freeze: (isFrozen: boolean) => void;
	/** Show the newest now: a key was pressed. */
	flush: () => void;
	close: () => void;
}>;

/** Least time between two snapshots, in ms. */
export const pulseInterval = 250;

const steps = [2000, 5000, 10_000, 30_000, 60_000];

/** Milliseconds until an age of `age` reads differently (`formatAge` steps 2s 5s 10s 30s, then each minute). */
export const untilAgeStep = (age: number): number => {
	const step = steps.find(step => age < step) ?? (Math.floor(age / 60_000) + 1) * 60_000;
	return Math.max(1, step - age);
};

/** Milliseconds until any age on the screen steps. */
const untilStep = ({state, link, at}: Snapshot): number => {
	const moments = [state.startedAt, ...Object.values(state.targets).flatMap(({healthAt, probe}) => probe ? [healthAt, probe.at] : [healthAt])];
	if (link.status === 'lost') {
		moments.push(link.since);
	}

	return Math.min(...moments.map(moment => untilAgeStep(Math.max(0, at - moment))));
};

export const createPulse = (client: Client, clock: () => number = Date.now): Pulse => {
	const listeners = new Set<() => void>();
	const look = (): Snapshot => ({state: client.getState(), news: client.getNews(), link: client.getLink(), at: clock(), frozenAt: undefined, missed: 0});
	let snapshot = look();
	let publishedAt = snapshot.at;
	let timer: NodeJS.Timeout | undefined;
	let ageTimer: NodeJS.Timeout | undefined;

	const next = (): Snapshot => {
		if (snapshot.frozenAt === undefined) {
			return look();
		}

		const last = snapshot.news.at(-1)?.seq ?? 0;
		const news = client.getNews();
		return {...snapshot, link: client.getLink(), missed: news.length - news.findLastIndex(({seq}) => seq <= last) - 1};
	};

	const publish = (): void => {
		clearTimeout(timer);
		clearTimeout(ageTimer);
		timer = undefined;
		publishedAt = clock();
		snapshot = next();
		for (const listener of listeners) {
			listener();
		}

		if (snapshot.frozenAt === undefined) {
			ageTimer = setTimeout(publish, Math.max(pulseInterval, untilStep(snapshot)));
			ageTimer.unref();
		}
	};

	const unsubscribe = client.subscribe(() => {
		const wait = publishedAt + pulseInterval - clock();
		if (wait <= 0 && timer === undefined) {
			publish();
		} else {
			timer ??= setTimeout(publish, Math.min(pulseInterval, Math.max(1, wait)));
		}
	});
	publish();

	return {
		get: () => snapshot,
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		freeze(isFrozen) {
			snapshot = {...look(), frozenAt: isFrozen ? clock() : undefined};
			publish();
		},
		flush() {
			if (timer !== undefined) {
				publish();
			}
		},
		close() {
			unsubscribe();
			clearTimeout(timer);
			clearTimeout(ageTimer);
		},
	};
};
