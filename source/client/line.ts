import {clearTimeout, setTimeout} from 'node:timers';
import type {AppError} from '../core/errors.ts';
import {createBell} from './bell.ts';
import {openFeed} from './carrier.ts';
import type {Link} from './client.ts';
import {emptyMirror, reflect, type Mirror} from './mirror.ts';
import type {Address} from './rest.ts';

/** A mirror of a daemon's state that keeps itself up to date over the live feed, and comes back after a lost link. */
export type Line = Readonly<{
	getMirror: () => Mirror;
	getLink: () => Link;
	/** Whether there has been a snapshot. Throws what ended the very first attempt. */
	isReady: () => boolean;
	subscribe: (listener: () => void) => () => void;
	/** Try again at once, when the link is lost. */
	retry: () => void;
	close: () => void;
}>;

/** Milliseconds: between two heartbeats of the daemon, and until the first and the slowest attempt to connect again. */
export type Pace = Readonly<{heartbeat: number; fastest: number; slowest: number}>;

/** Opens the line. The first attempt is the only one unless it brings a snapshot. */
export const createLine = (address: Address, {heartbeat, fastest, slowest}: Pace): Line => {
	const bell = createBell();
	let mirror = emptyMirror;
	let link: Link = {status: 'lost', since: Date.now(), reason: 'not connected yet', attempt: 0, retryAt: Date.now()};
	let refusal: AppError | undefined;
	let hasMirror = false;
	let isGapped = true;
	let attempt = 0;
	let heardAt = Date.now();
	let timer: NodeJS.Timeout | undefined;
	let closeFeed: (() => void) | undefined;

	const live = (): void => {
		attempt = 0;
		heardAt = Date.now();
		link = {status: 'live'};
		bell.ring();
	};

	const lose = (reason: string): void => {
		closeFeed?.();
		closeFeed = undefined;
		// Jitter, so that many readers do not come back in the same moment.
		const delay = Math.min(slowest, fastest * (2 ** attempt)) * (0.75 + (Math.random() / 2));
		attempt++;
		link = {status: 'lost', since: heardAt, reason, attempt, retryAt: Date.now() + delay};
		timer = setTimeout(connect, delay);
		bell.ring();
	};

	const connect = (): void => {
		clearTimeout(timer);
		closeFeed = openFeed({
			address,
			since: isGapped ? undefined : mirror.seq,
			silence: heartbeat * 2.5,
			onOpen() {
				if (!isGapped) {
					live();
				}
			},
			onFrame(frame) {
				const next = reflect(mirror, frame);
				isGapped = !next;
				if (next) {
					mirror = next;
					hasMirror = true;
					live();
				} else {
					lose('events were missing');
				}
			},
			onEnd(error) {
				if (hasMirror) {
					lose(error.message);
				} else {
					refusal = error;
					bell.ring();
				}
			},
		});
	};

	connect();
	return {
		getMirror: () => mirror,
		getLink: () => link,
		isReady() {
			if (refusal) {
				throw refusal;
			}

			return hasMirror;
		},
		subscribe: bell.subscribe,
		retry() {
			if (hasMirror && !closeFeed) {
				connect();
			}
		},
		close() {
			clearTimeout(timer);
			closeFeed?.();
			hasMirror = false;
		},
	};
};
