import {Buffer} from 'node:buffer';
import {PassThrough} from 'node:stream';

type Handlers = Readonly<{onDoubleInterrupt: () => void; onLost: () => void}>;

/** How close two Ctrl-C must be to count as one wish, in ms. */
const interruptWindow = 2000;

const ctrlC = 3;

/** Counts Ctrl-C in raw input; tells when it came twice within the window. */
const createCounter = (onDouble: () => void): ((data: Uint8Array) => void) => {
	let lastAt = -Infinity;
	return data => {
		for (const _ of data.filter(byte => byte === ctrlC)) {
			const now = performance.now();
			if (now - lastAt < interruptWindow) {
				onDouble();
			}

			lastAt = now;
		}
	};
};

/** A stand-in for the terminal's input: as much of one as Ink asks for. */
const createStandIn = (stdin: NodeJS.ReadStream) => {
	const stream = Object.assign(new PassThrough(), {
		isTTY: true,
		setRawMode(isRaw: boolean) {
			stdin.setRawMode(isRaw);
			return stream;
		},
		ref() {
			stdin.ref();
			return stream;
		},
		unref() {
			stdin.unref();
			return stream;
		},
	});
	return stream;
};

/**
The keys, for Ink to read. Ctrl-C is counted before anyone else sees it, so that the way out does not depend on the screen;
`onLost` tells that the terminal is gone.
*/
export const createKeyStream = (stdin: NodeJS.ReadStream, {onDoubleInterrupt, onLost}: Handlers): Readonly<{stream: NodeJS.ReadStream; stop: () => void}> => {
	const stream = createStandIn(stdin);
	const count = createCounter(onDoubleInterrupt);
	const forward = (chunk: Uint8Array | string): void => {
		const data = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
		count(data);
		stream.write(data);
	};

	stdin.on('data', forward);
	stdin.on('end', onLost);
	stdin.on('error', onLost);
	return {
		stream: stream as unknown as NodeJS.ReadStream, // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- A stand-in for the real one.
		stop() {
			stdin.off('data', forward);
			stdin.off('end', onLost);
			stdin.pause();
			stream.destroy();
		},
	};
};
