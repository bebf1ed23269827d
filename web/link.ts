import type {Frame} from '../source/client/feed.ts';
import {reflect, type Mirror} from '../source/client/mirror.ts';
import {parseOwn} from './json.ts';

/** Two heartbeats of five seconds, and a little. */
const silence = 11_000;
const firstDelay = 500;
const lastDelay = 10_000;

export type LinkStatus = Readonly<{
	status: 'live' | 'lost' | 'stale';
	/** When the last frame came, in ms by this machine's clock. */
	seenAt: number;
	/** When the next try is due; undefined while one is under way or none is needed. */
	retryAt: number | undefined;
}>;

export type Line = Readonly<{
	getMirror: () => Mirror;
	/** The daemon's clock less ours, in ms. */
	getSkew: () => number;
	getStatus: () => LinkStatus;
	/** Try at once. */
	retry: () => void;
}>;

/** The delay before the nth try: doubled each time, with jitter, so that many pages do not come back in one moment. */
const delayOf = (attempt: number): number => Math.min(lastDelay, firstDelay * (2 ** attempt)) * (0.5 + (Math.random() / 2));

/** The live feed, folded by the same `evolve` as in the daemon. Comes back by itself, and asks only for what it missed. */
export const openLine = (start: Mirror, onChange: () => void): Line => {
	let mirror = start;
	let skew = 0;
	let seenAt = Date.now();
	let triedAt = seenAt;
	let attempt = 0;
	let retryAt: number | undefined;
	let socket: WebSocket | undefined;
	let timer: ReturnType<typeof setTimeout> | undefined;

	const connect = (since: number | undefined): void => {
		clearTimeout(timer);
		retryAt = undefined;
		triedAt = Date.now();
		const own = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws${since === undefined ? '' : `?since=${since}`}`);
		socket?.close();
		socket = own;
		own.addEventListener('message', event => {
			if (own === socket) {
				const frame = parseOwn<Frame>(String(event.data));
				if (frame) {
					take(frame);
				}
			}
		});
		own.addEventListener('close', () => {
			if (own === socket) {
				lose();
			}
		});
	};

	const take = (frame: Frame): void => {
		seenAt = Date.now();
		skew = Date.parse(frame.at) - seenAt;
		attempt = 0;
		const next = reflect(mirror, frame);
		if (next) {
			mirror = next;
			onChange();
		} else {
			connect(undefined); // Something is missing in between: begin with a snapshot.
		}
	};

	const lose = (): void => {
		const delay = delayOf(attempt);
		attempt++;
		retryAt = Date.now() + delay;
		clearTimeout(timer);
		timer = setTimeout(connect, delay, mirror.seq);
		onChange();
	};

	const isStale = (): boolean => attempt > 1 || Date.now() - seenAt > silence;

	// A line can die without a word: a machine that slept, a cable that was pulled.
	setInterval(() => {
		if (retryAt === undefined && Date.now() - Math.max(seenAt, triedAt) > silence) {
			const own = socket;
			socket = undefined;
			own?.close();
			attempt = Math.max(1, attempt);
			lose();
		}
	}, 1000);

	connect(mirror.seq);
	return {
		getMirror: () => mirror,
		getSkew: () => skew,
		getStatus: () => ({status: isStale() ? 'stale' : (attempt > 0 ? 'lost' : 'live'), seenAt, retryAt}),
		retry() {
			connect(mirror.seq);
		},
	};
};
