import {Buffer} from 'node:buffer';
import process from 'node:process';

/** What a stream's `write` is called with. */
export type Write = NodeJS.WriteStream['write'];

/** A stream whose `write` is ours: the real one, and the way back. */
export type Captured = Readonly<{write: Write; restore: () => void}>;

const isCallback = (value: unknown): value is () => void => typeof value === 'function';

/** Replaces a stream's `write`, so that nobody paints over the screen; what is written so is told. */
export const captureWrites = (stream: NodeJS.WriteStream, onText: (text: string) => void): Captured => {
	const own = Object.getOwnPropertyDescriptor(stream, 'write');
	const write: Write = stream.write.bind(stream);
	stream.write = (chunk: Uint8Array | string, encoding?: unknown, callback?: unknown): boolean => {
		onText(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
		const done = [encoding, callback].find(argument => isCallback(argument));
		if (done) {
			queueMicrotask(done);
		}

		return true;
	};

	return {
		write,
		restore() {
			if (own) {
				Object.defineProperty(stream, 'write', own);
			} else {
				delete (stream as Partial<NodeJS.WriteStream>).write;
			}
		},
	};
};

/** Node prints warnings past `process.stderr`, so its printer is put aside. Returns the way back. */
export const captureWarnings = (onText: (text: string) => void): (() => void) => {
	const before = process.listeners('warning');
	const listener = ({name, message}: Error): void => {
		onText(`${name}: ${message}`);
	};

	process.removeAllListeners('warning');
	process.on('warning', listener);
	return () => {
		process.off('warning', listener);
		for (const earlier of before) {
			process.on('warning', earlier);
		}
	};
};
