import type {Timeouts} from '../http/endpoint.ts';
import type {Dialler} from './dial.ts';
import type {Job} from './job.ts';
import {breakLine, openLine, type Line} from './line.ts';
import type {Pulse} from './pulse.ts';
import {wheel} from './wheel.ts';

type Events = Readonly<{
	/** A new line stands. */
	onUp: (line: Line) => void;
	/** The response is whole. */
	onDone: (job: Job) => void;
	/** The line broke under it. */
	onBroken: (job: Job, error: Error, isReused: boolean) => void;
}>;

/** Connections to one target: the one used last is used next, so that the others grow old and close. One request at a time on each. */
export type Pool = Readonly<{
	/** A line that is free, or a new one on its way; for a fresh one always the latter. */
	take: (isFresh?: boolean) => Line;
	/** Keeps none from now on; those in use end by themselves. */
	close: () => void;
	/** Cuts those on which a request waits for its head. */
	forsake: (error: Error) => void;
	/** Cuts all. */
	destroy: () => void;
}>;

/** Kept shorter than a target says it keeps a connection, in ms: a request may be on its way when it closes. */
const margin = 1000;

const closed = new Error('The connection is not needed any more.');

export const createPool = (dialler: Dialler, timeouts: Timeouts, pulse: Pulse, {onUp, onDone, onBroken}: Events): Pool => {
	const idle: Line[] = [];
	const all = new Set<Line>();
	let isClosed = false;
	let hint = '';
	let hinted = timeouts.keepAlive;

	/** How long a line may be idle, in ms; 0 = not at all. Targets say the same each time. */
	const idleTime = (keepAlive: string): number => {
		if (keepAlive !== hint) {
			hint = keepAlive;
			const [, seconds] = /(?:^|[\s,;])timeout=(\d{1,9})/iv.exec(keepAlive) ?? [];
			hinted = seconds === undefined ? timeouts.keepAlive : Math.max(0, Math.min(timeouts.keepAlive, (Number(seconds) * 1000) - margin));
		}

		return hinted;
	};

	const host = {
		onUp,
		onDone(line: Line, job: Job) {
			const time = idleTime(job.keepAlive);
			if (line.isKept && job.isUploaded && !job.request.isFresh && !isClosed && time > 0 && !line.socket.destroyed) {
				line.isReused = true;
				idle.push(line);
				wheel.set(line.alarm, time);
			} else {
				breakLine(line, closed);
			}

			onDone(job);
		},
		onBroken(line: Line, job: Job | undefined, error: Error) {
			all.delete(line);
			const place = idle.lastIndexOf(line);
			if (place !== -1) {
				idle.splice(place, 1);
			}

			if (job) {
				onBroken(job, error, line.isReused);
			}
		},
	};

	return {
		take(isFresh = false) {
			const free = isFresh ? undefined : idle.pop();
			if (free) {
				wheel.clear(free.alarm);
				return free;
			}

			const line = openLine(dialler, timeouts, pulse, host);
			all.add(line);
			return line;
		},
		close() {
			isClosed = true;
			for (const line of idle.splice(0)) {
				breakLine(line, closed);
			}
		},
		forsake(error) {
			for (const line of all) {
				if (line.job && !line.hasHead) {
					breakLine(line, error);
				}
			}
		},
		destroy() {
			isClosed = true;
			for (const line of all) {
				breakLine(line, closed);
			}
		},
	};
};
