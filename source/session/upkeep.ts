import {setImmediate} from 'node:timers/promises';
import type {Hub} from './hub.ts';
import {unhear} from './listen.ts';
import type {Session} from './session.ts';
import {prepareStandby} from './standby.ts';

/** How often sessions are looked after and quiet streams get a comment: what stands between us and a client cuts them after 30 to 60 s; ms. */
const longestRound = 15_000;

/** How often for sessions that end after this time unused. */
export const roundFor = (idle: number): number => Math.min(longestRound, Math.max(50, idle / 2));

/** Events that were sent are kept this long for a client whose connection was cut unnoticed, ms. */
const keepTime = 60_000;

/** A session's last use is written down when it is this much newer than what was written, ms. */
const staleTime = 600_000;

/** Whether nobody has used it for as long as the settings allow, and nothing is under way. */
export const isIdle = ({options: {getSettings}}: Hub, session: Session): boolean => {
	const {idle, idleListening} = getSettings();
	return session.calls.size === 0 && Date.now() - session.usedAt > (session.standalone.isAttached() ? idleListening : idle);
};

/** Forgets what no client will ask for any more. */
const sweep = ({ring, standalone, streams}: Session): void => {
	const wasSent = new Map([standalone, ...streams.values()].map(stream => [stream.name, stream.getSent()]));
	ring.sweep(performance.now() - keepTime, ({stream, seq}) => seq <= (wasSent.get(stream) ?? Number.POSITIVE_INFINITY));
	for (const [name, stream] of streams) {
		if (stream.isEnded() && ring.after(name, 0).length === 0) {
			streams.delete(name);
		}
	}
};

/** What a session needs from time to time. */
export const lookAfter = (hub: Hub, session: Session): void => {
	session.standalone.comment();
	for (const stream of session.streams.values()) {
		stream.comment();
	}

	sweep(session);
	unhear(session);
	prepareStandby(hub, session);
	if (session.usedAt - session.savedAt > staleTime) {
		hub.save(session);
	}
};

/** Sessions looked after in one go of the loop: about a millisecond, which is as long as anything else has to wait for it. */
const portion = 50;

/** Goes through all sessions now and then, in portions; a round that is not over is not joined by another. Returns what ends it. */
export const startRounds = (sessions: ReadonlyMap<string, Session>, interval: number, deed: (session: Session) => void): (() => void) => {
	let isUnderWay = false;
	let isOver = false;
	const round = async (): Promise<void> => {
		let left = portion;
		for (const session of sessions.values()) {
			if (left-- === 0) {
				left = portion;
				await setImmediate(); // eslint-disable-line no-await-in-loop
			}

			if (isOver) {
				return;
			}

			deed(session);
		}
	};

	const timer = setInterval(() => {
		if (!isUnderWay) {
			isUnderWay = true;
			void round().finally(() => {
				isUnderWay = false;
			});
		}
	}, interval).unref();
	return () => {
		isOver = true;
		clearInterval(timer);
	};
};
