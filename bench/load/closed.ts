import {connect} from 'node:net';
import {performance} from 'node:perf_hooks';
import {quantile} from '../kit/statistics.ts';
import {createReader} from './message.ts';
import {requestBytes, sizeOf, type Kind} from './request.ts';

export type LoadResult = Readonly<{
	requests: number;
	/** Answers that were not 200, or too short, and connections that broke. */
	errors: number;
	seconds: number;
	/** Milliseconds. */
	p50: number;
	p99: number;
}>;

export type Load = Readonly<{
	port: number;
	kind: Kind;
	connections: number;
	/** Milliseconds. */
	duration: number;
}>;

/** Closed loop: each connection sends its next request when the answer is whole. Where wrk is missing, and for the short run. */
export const closedLoop = async ({port, kind, connections, duration}: Load): Promise<LoadResult> => {
	const bytes = requestBytes(kind, port);
	const expected = sizeOf(kind);
	const times: number[] = [];
	let errors = 0;
	const start = performance.now();
	const end = start + duration;

	const drive = async (): Promise<void> => new Promise(resolve => {
		const socket = connect({port, host: '127.0.0.1', noDelay: true});
		let sentAt = 0;
		let isDone = false;
		const send = (): void => {
			sentAt = performance.now();
			if (sentAt >= end) {
				isDone = true;
				socket.destroy();
				return;
			}

			socket.write(bytes);
		};

		socket.on('connect', send);
		socket.on('data', createReader(({head, body}) => {
			times.push(performance.now() - sentAt);
			if (!head.startsWith('HTTP/1.1 200') || body.length < expected) {
				errors++;
			}

			send();
		}));
		socket.on('error', () => {
			socket.destroy();
		});
		socket.on('close', () => {
			errors += Number(!isDone);
			resolve();
		});
	});

	await Promise.all(Array.from({length: connections}, drive));
	const seconds = (performance.now() - start) / 1000;
	return {requests: times.length, errors, seconds, p50: quantile(times, 0.5), p99: quantile(times, 0.99)};
};
