import {connect, type Socket} from 'node:net';
import process from 'node:process';
import {Worker} from 'node:worker_threads';
import type {Pace} from './pacer.ts';
import {createReader} from './message.ts';

/** What became of one request. Times are those of `now`. */
export type Outcome = Readonly<{
	/** When it was to be sent, whether or not a connection was free then. */
	dueAt: number;
	endedAt: number;
	/** Status of its answer; 0 when the connection broke, -1 when nothing came within the limit. */
	status: number;
}>;

export type OpenLoad = Readonly<{
	port: number;
	/** Requests a second, come what may. */
	rate: number;
	connections: number;
	/** Milliseconds. */
	duration: number;
	/** The bytes of request number `index`. */
	request: (index: number) => Buffer;
	/** Milliseconds until a request counts as lost. */
	limit?: number;
	/** Called once, `time` ms after the first request was due. */
	at?: Readonly<{time: number; act: () => void}>;
}>;

/** Milliseconds on a clock that all processes of the machine share. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

type Arrival = Readonly<{index: number; dueAt: number}>;

/**
Open loop: requests fall due at a constant rate, wait for a free connection when there is none, and their time counts from
when they were due. So a proxy that stands still is charged with all that would have been asked meanwhile (no coordinated
omission).
*/
export const openLoop = async ({port, rate, connections, duration, request, limit = 10_000, at}: OpenLoad): Promise<readonly Outcome[]> => {
	const outcomes: Outcome[] = [];
	const waiting: Arrival[] = [];
	const idle: Array<(arrival: Arrival) => void> = [];
	const sockets = new Set<Socket>();
	const count = Math.round(rate * duration / 1000);
	let isOver = false;
	const {promise: done, resolve: finish} = Promise.withResolvers<undefined>();

	const settle = (dueAt: number, status: number): void => {
		outcomes.push({dueAt, endedAt: now(), status});
		if (outcomes.length === count) {
			finish(undefined);
		}
	};

	const open = (): void => {
		let current: Arrival | undefined;
		let timer: NodeJS.Timeout | undefined;
		const socket = connect({port, host: '127.0.0.1', noDelay: true});
		sockets.add(socket);
		const end = (status: number): void => {
			clearTimeout(timer);
			if (current) {
				settle(current.dueAt, status);
				current = undefined;
			}
		};

		const take = (arrival: Arrival): void => {
			current = arrival;
			timer = setTimeout(() => {
				end(-1);
				socket.destroy();
			}, limit);
			socket.write(request(arrival.index));
		};

		const next = (): void => {
			const arrival = waiting.shift();
			if (arrival) {
				take(arrival);
			} else {
				idle.push(take);
			}
		};

		socket.on('connect', next);
		socket.on('data', createReader(({head}) => {
			end(Number(head.slice(9, 12)));
			next();
		}));
		socket.on('error', () => {
			socket.destroy();
		});
		socket.on('close', () => {
			end(0);
			sockets.delete(socket);
			const place = idle.indexOf(take);
			if (place !== -1) {
				idle.splice(place, 1);
			}

			if (!isOver) {
				setTimeout(open, 1);
			}
		});
	};

	for (let index = 0; index < connections; index++) {
		open();
	}

	const startAt = now() + 200;
	const interval = 1000 / rate;
	const pacer = new Worker(new URL('pacer.js', import.meta.url), {workerData: {startAt, interval, count} satisfies Pace});
	let index = 0;
	pacer.on('message', (due: number) => {
		for (let left = due; left > 0; left--) {
			const arrival = {index, dueAt: startAt + (index * interval)};
			index++;
			const take = idle.shift();
			if (take) {
				take(arrival);
			} else {
				waiting.push(arrival);
			}
		}
	});
	const patience = setInterval(() => {
		for (let first = waiting[0]; first && now() - first.dueAt > limit; first = waiting[0]) {
			waiting.shift();
			settle(first.dueAt, -1);
		}
	}, 50);
	const alarm = at && setTimeout(at.act, at.time + 200);
	await done;
	isOver = true;
	clearTimeout(alarm);
	clearInterval(patience);
	await pacer.terminate();
	for (const socket of sockets) {
		socket.destroy();
	}

	return outcomes.toSorted((a, b) => a.dueAt - b.dueAt);
};
