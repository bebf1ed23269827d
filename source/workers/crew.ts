import {clearTimeout, setTimeout} from 'node:timers';
import type {EventType, Stamped} from '../core/event.ts';
import type {TargetId} from '../core/target.ts';
import {startMember, type Member, type MemberOptions} from './member.ts';

/** The workers beside the daemon's own thread. */
export type Crew = Readonly<{
	/** Resolves when all listen, or have failed to. */
	ready: Promise<unknown>;
	/** What they have in flight, by target, as of the last second. */
	getInFlight: () => ReadonlyMap<TargetId, number>;
	/** Every event, once it is in force. */
	react: (stamped: Stamped) => void;
	/** No more connections; requests in flight may end for at most `drain` ms. Resolves when all threads are gone. */
	close: (drain: number) => Promise<void>;
}>;

/** A worker that dies is replaced after so many ms, longer each time while it does not live for a minute. */
const firstDelay = 100;
const longestDelay = 30_000;
const wellTime = 60_000;

/** Events that say nothing of where a request goes, and are large or many. */
const unneeded = new Set<EventType>(['traffic.sampled', 'mcp.called', 'sessions.changed', 'target.catalogued']);

/** Starts `count` workers, keeps them told, and puts another in the place of one that dies. Their indexes begin with 1. */
export const startCrew = (count: number, options: MemberOptions): Crew => {
	const {getPlan, onNotice} = options;
	const members = new Map<number, Member>();
	const timers = new Map<number, NodeJS.Timeout>();
	let plan = getPlan();
	let isClosing = false;

	const start = (index: number, delay: number): Member => {
		const startedAt = performance.now();
		const member = startMember(options, index);
		members.set(index, member);
		void member.ended.then(reason => {
			members.delete(index);
			if (isClosing) {
				return;
			}

			const next = performance.now() - startedAt > wellTime ? firstDelay : delay;
			onNotice(`worker ${index} died and is replaced: ${reason ?? 'it ended by itself'}`);
			timers.set(index, setTimeout(() => {
				start(index, Math.min(longestDelay, next * 2));
			}, next));
		});
		return member;
	};

	const first = Array.from({length: count}, (_, index) => start(index + 1, firstDelay));
	return {
		ready: Promise.all(first.map(async ({ready}) => ready)),
		getInFlight() {
			const sums = new Map<TargetId, number>();
			for (const {inFlight} of members.values()) {
				for (const [id, value] of inFlight) {
					sums.set(id, (sums.get(id) ?? 0) + value);
				}
			}

			return sums;
		},
		react(stamped) {
			const next = getPlan();
			for (const {post} of members.values()) {
				// First: an event may speak of a target that only the new plan knows.
				if (next !== plan) {
					post({type: 'plan', plan: next});
				}

				if (!unneeded.has(stamped.event.type)) {
					post({type: 'event', stamped});
				}
			}

			plan = next;
		},
		async close(drain) {
			isClosing = true;
			for (const timer of timers.values()) {
				clearTimeout(timer);
			}

			await Promise.all([...members.values()].map(async ({close}) => close(drain)));
		},
	};
};
