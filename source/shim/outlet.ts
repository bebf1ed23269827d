import {Buffer} from 'node:buffer';
import type {Writable} from 'node:stream';
import type {Message} from '../mcp/message.ts';
import type {Call} from '../transport/channel.ts';

/** Where messages go: one JSON text a line, nothing else ever. */
export type Outlet = Readonly<{
	/** `bytes`: its text as it came. False: stop `call` (handed in by `pause`) until it is told to go on. */
	send: (message: Message, bytes?: Uint8Array) => boolean;
	/** Has this call go on when there is room again. */
	pause: (call: Call) => void;
	/** Resolves when everything is out. */
	flush: () => Promise<void>;
}>;

const lineFeed = Buffer.from('\n');

export const createOutlet = (output: Writable): Outlet => {
	let paused = new Set<Call>();
	output.on('drain', () => {
		const calls = paused;
		paused = new Set();
		for (const call of calls) {
			call.resume();
		}
	});

	return {
		send(message, bytes) {
			// A pretty-printed text has lines of its own.
			const text = bytes === undefined || bytes.includes(0x0A) || bytes.includes(0x0D) ? Buffer.from(JSON.stringify(message)) : bytes;
			return output.write(Buffer.concat([text, lineFeed]));
		},
		pause(call) {
			paused.add(call);
		},
		async flush() {
			await new Promise<void>(resolve => {
				output.write('', () => {
					resolve();
				});
			});
		},
	};
};
