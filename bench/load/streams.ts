import {connect, type Socket} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import {until} from '../kit/process.ts';
import {now} from './open.ts';

export type Streams = Readonly<{
	/** Milliseconds that each event took since the last time this was asked. */
	takeDelays: () => number[];
	/** Streams that were refused or ended, which none should. */
	broken: () => number;
	close: () => Promise<void>;
}>;

const stamp = /data: (\d+) /gv;

/** Open event streams one each `interval` ms and wait until each has said something. */
export const openStreams = async (port: number, path: string, count: number, interval: number): Promise<Streams> => {
	const sockets: Socket[] = [];
	let delays: number[] = [];
	let talking = 0;
	let broken = 0;
	let isClosing = false;

	const open = (): void => {
		const socket = connect({port, host: '127.0.0.1', noDelay: true});
		let isTalking = false;
		let isAccepted = false;
		socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n\r\n`, 'latin1');
		socket.on('data', (chunk: Buffer) => {
			const at = now();
			isAccepted ||= chunk.toString('latin1', 0, 12).startsWith('HTTP/1.1 200');
			if (!isAccepted) {
				socket.destroy();
				return;
			}

			for (const [, sentAt] of chunk.toString('latin1').matchAll(stamp)) {
				delays.push(at - (Number(sentAt) / 1e6));
				talking += Number(!isTalking);
				isTalking = true;
			}
		});
		socket.on('error', () => {
			socket.destroy();
		});
		socket.on('close', () => {
			broken += Number(!isClosing);
		});
		sockets.push(socket);
	};

	const startAt = now();
	while (sockets.length < count) {
		while (sockets.length < Math.min(count, (now() - startAt) / interval)) {
			open();
		}

		await delay(5); // eslint-disable-line no-await-in-loop -- they come one after the other
	}

	await until(`${count} streams say something`, () => talking + broken >= count);
	return {
		takeDelays() {
			const taken = delays;
			delays = [];
			return taken;
		},
		broken: () => broken,
		async close() {
			isClosing = true;
			await Promise.all(sockets.map(async socket => new Promise<void>(resolve => {
				if (socket.closed) {
					resolve();
				} else {
					socket.on('close', () => {
						resolve();
					});
					socket.destroy();
				}
			})));
		},
	};
};
