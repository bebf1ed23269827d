import {Buffer} from 'node:buffer';
import {Duplex} from 'node:stream';
import {asBuffer, ownCopy, type TunnelMessage} from './messages.ts';

type Post = (message: TunnelMessage) => void;

/** One end of an upgraded connection that reaches into another thread. */
export type Tunnel = Readonly<{
	take: (message: TunnelMessage) => void;
	/** The other thread is gone. */
	cut: () => void;
}>;

/** The end in the worker, which has the socket: nothing is read from it faster than the other end takes it. */
export const lendSocket = (id: number, {socket, first}: Readonly<{socket: Duplex; first: Buffer}>, post: Post, onClose: () => void): Tunnel => {
	const close = (): void => {
		post({type: 'tunnel-close', id});
		onClose();
	};

	if (first.length > 0) {
		post({type: 'tunnel', id, bytes: ownCopy(first)});
	}

	socket.on('error', () => undefined).on('data', (chunk: Buffer) => {
		post({type: 'tunnel', id, bytes: ownCopy(chunk)});
	}).once('end', () => {
		post({type: 'tunnel-end', id});
	}).once('close', close);
	if (socket.destroyed) {
		close();
	}

	return {
		take(message) {
			switch (message.type) {
				case 'tunnel': {
					socket.write(message.bytes, () => {
						post({type: 'tunnel-taken', id});
					});
					break;
				}

				case 'tunnel-end': {
					socket.end();
					break;
				}

				case 'tunnel-close': {
					socket.destroy();
					break;
				}

				case 'tunnel-hold': {
					socket.pause();
					break;
				}

				case 'tunnel-go': {
					socket.resume();
					break;
				}

				case 'tunnel-taken': {
					break;
				}
			}
		},
		cut() {
			socket.destroy();
		},
	};
};

/** The end in the daemon's thread: as good as the socket. */
export const borrowSocket = (id: number, post: Post): Tunnel & Readonly<{socket: Duplex}> => {
	let isHeld = false;
	let onTaken: (() => void) | undefined;
	const send = (bytes: Uint8Array, done: () => void): void => {
		onTaken = done;
		post({type: 'tunnel', id, bytes: ownCopy(bytes)});
	};

	const socket = new Duplex({
		read() {
			if (isHeld) {
				isHeld = false;
				post({type: 'tunnel-go', id});
			}
		},
		write(chunk: Buffer, _encoding, done) {
			send(chunk, done);
		},
		writev(chunks, done) {
			send(Buffer.concat(chunks.map(({chunk}) => chunk as Buffer)), done); // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- texts are decoded before they come here
		},
		final(done) {
			post({type: 'tunnel-end', id});
			done();
		},
		destroy(error, done) {
			post({type: 'tunnel-close', id});
			done(error);
		},
	});
	// Whoever takes a socket may use what only sockets have; the real one is tuned already.
	const same = (): Duplex => socket;
	Object.assign(socket, {
		setTimeout: same,
		setNoDelay: same,
		setKeepAlive: same,
		destroySoon() {
			socket.end(() => {
				socket.destroy();
			});
		},
	});
	return {
		socket,
		take(message) {
			switch (message.type) {
				case 'tunnel': {
					if (!socket.push(asBuffer(message.bytes)) && !isHeld) {
						isHeld = true;
						post({type: 'tunnel-hold', id});
					}

					break;
				}

				case 'tunnel-taken': {
					onTaken?.();
					break;
				}

				case 'tunnel-end': {
					socket.push(null);
					break;
				}

				case 'tunnel-close': {
					socket.destroy();
					break;
				}

				case 'tunnel-hold':
				case 'tunnel-go': {
					break;
				}
			}
		},
		cut() {
			socket.destroy();
		},
	};
};
