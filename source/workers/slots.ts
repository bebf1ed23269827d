import type {Crowd} from '../proxy/listener.ts';

/** Client connections by worker, where all threads see them: a limit holds for all together, at once. */
export const createSlots = (count: number): Int32Array => new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));

/** What a listener knows of the others. The first one is the daemon's own thread. */
export const crowdOf = (slots: Int32Array, index: number): Crowd => ({
	isFirst: index === 0,
	others() {
		let sum = 0;
		for (let other = 0; other < slots.length; other++) {
			sum += other === index ? 0 : Atomics.load(slots, other);
		}

		return sum;
	},
	tell(count) {
		Atomics.store(slots, index, count);
	},
});
