import {performance} from 'node:perf_hooks';
import {clearInterval, setInterval} from 'node:timers';

/** Something that is to happen unless it is put off. One belongs to one thing that waits, and is set again and again. */
export type Alarm = {
	readonly ring: () => void;
	/** The tick at which it rings; infinite while it is not set. */
	due: number;
	/** The tick at which the wheel looks at it; -1 while the wheel does not hold it. */
	place: number;
};

export const newAlarm = (ring: () => void): Alarm => ({ring, due: Number.POSITIVE_INFINITY, place: -1});

export type Wheel = Readonly<{
	/** Rings `ms` from now or up to two ticks later, whatever was set before; 0 = never. */
	set: (alarm: Alarm, ms: number) => void;
	clear: (alarm: Alarm) => void;
	/** Clears it and lets go of it: what waits is gone. */
	drop: (alarm: Alarm) => void;
	/** Alarms it holds. */
	size: () => number;
	/** Rings what is due; it does so by itself. */
	turn: () => void;
}>;

/** Milliseconds. Nothing here is timed more finely. */
const tick = 50;
const width = 1024;

/**
One timer for all that waits: each request puts its connection's time limits off, which costs two assignments here and a new
timer elsewhere. A slot of the wheel is looked at when its tick comes; what has been put off meanwhile moves on to a later one.
It keeps no process alive, and turns only while it holds something.
*/
export const createWheel = (now: () => number = () => performance.now()): Wheel => {
	const slots = Array.from({length: width}, () => new Set<Alarm>());
	const slotAt = (place: number): Set<Alarm> => slots[place % width] ?? new Set();
	const current = (): number => Math.floor(now() / tick);
	let turned = 0;
	let size = 0;
	let timer: NodeJS.Timeout | undefined;

	const remove = (alarm: Alarm): void => {
		if (alarm.place !== -1) {
			slotAt(alarm.place).delete(alarm);
			alarm.place = -1;
			size--;
		}
	};

	const insert = (alarm: Alarm): void => {
		alarm.place = Math.min(Math.max(alarm.due, turned + 1), turned + width - 1);
		slotAt(alarm.place).add(alarm);
		size++;
		if (timer === undefined) {
			timer = setInterval(turn, tick);
			timer.unref();
		}
	};

	const look = (alarm: Alarm, ringing: Alarm[]): void => {
		remove(alarm);
		if (alarm.due <= turned) {
			alarm.due = Number.POSITIVE_INFINITY;
			ringing.push(alarm);
		} else if (alarm.due !== Number.POSITIVE_INFINITY) {
			insert(alarm);
		}
	};

	const turn = (): void => {
		const until = current();
		const ringing: Alarm[] = [];
		// After a long sleep one whole turn is enough: it looks at every slot.
		for (turned = Math.max(turned, until - width); turned < until;) {
			turned++;
			for (const alarm of slotAt(turned)) {
				look(alarm, ringing);
			}
		}

		for (const {ring} of ringing) {
			ring();
		}

		if (size === 0) {
			clearInterval(timer);
			timer = undefined;
		}
	};

	return {
		set(alarm, ms) {
			if (size === 0) {
				turned = current();
			}

			alarm.due = ms > 0 ? turned + Math.ceil(ms / tick) + 1 : Number.POSITIVE_INFINITY;
			if (alarm.place === -1 || alarm.due < alarm.place) {
				remove(alarm);
				if (ms > 0) {
					insert(alarm);
				}
			}
		},
		clear(alarm) {
			alarm.due = Number.POSITIVE_INFINITY;
		},
		drop(alarm) {
			alarm.due = Number.POSITIVE_INFINITY;
			remove(alarm);
		},
		size: () => size,
		turn,
	};
};

/** The wheel of this process. */
export const wheel: Wheel = createWheel();
