/*
A clock for the open loop, in a thread of its own: timers of the event loop are whole milliseconds and late, this one is
right to some microseconds. Tells how many requests are due since the last time. Times are process.hrtime's, in ms.
*/
import process from 'node:process';
import {parentPort, workerData} from 'node:worker_threads';

export type Pace = Readonly<{startAt: number; interval: number; count: number}>;

const {startAt, interval, count} = workerData as Pace;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

for (let told = 0; told < count;) {
	const now = Number(process.hrtime.bigint()) / 1e6;
	const due = Math.min(count, Math.floor((now - startAt) / interval) + 1);
	if (due > told) {
		parentPort?.postMessage(due - told);
		told = due;
	}

	Atomics.wait(sleeper, 0, 0, Math.max(0.01, startAt + (told * interval) - now));
}
