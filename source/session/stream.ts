import {Buffer} from 'node:buffer';
import type {RawHeaders, Reply} from '../http/exchange.ts';
import type {Ring} from './ring.ts';

/** The head of every event stream; the last field keeps nginx from collecting it. */
export const streamHeaders: RawHeaders = ['Content-Type', 'text/event-stream', 'Cache-Control', 'no-cache, no-transform', 'X-Accel-Buffering', 'no'];

/** When a client whose stream was cut should come back, in ms: the official one tries twice only, so not too soon. */
const retry = 2000;

/**
One event stream towards a client (SSE, HTML Living Standard 9.2). Its reply may come and go: what is pushed is kept in the
session's ring, numbered `<stream>_<seq>`, and written to whoever is there.
*/
export type ClientStream = Readonly<{
	name: string;
	/** One message, JSON on one line. False: wait for `drained`. */
	push: (data: Uint8Array) => boolean;
	/**
	Send what follows here, after what was missed: events after `seq`, or without one those nobody has been sent. Ends the reply
	before it. `headers` undefined: the head is out, and the client knows messages only (MCP 2024-11-05).
	*/
	attach: (reply: Reply, headers: RawHeaders | undefined, seq?: number) => void;
	/** This reply's client has left. */
	detach: (reply: Reply) => void;
	isAttached: () => boolean;
	drained: () => Promise<void>;
	/** Keeps connections alive that nobody uses. */
	comment: () => void;
	/** Nothing follows. */
	end: () => void;
	isEnded: () => boolean;
	/** Events up to this one have been written to somebody. */
	getSent: () => number;
}>;

type Options = Readonly<{name: string; ring: Ring; /** Whether its client knows empty events (SEP-1699). */ hasPriming: () => boolean}>;

const tail = Buffer.from('\n\n');

export const createStream = ({name, ring, hasPriming}: Options): ClientStream => {
	let seq = 0;
	let sent = 0;
	let current: Reply | undefined;
	let isEnded = false;
	const write = (reply: Reply, number: number, data: Uint8Array): boolean => {
		sent = Math.max(sent, number);
		return reply.write(Buffer.concat([Buffer.from(`event: message\nid: ${name}_${number}\ndata: `), data, tail]));
	};

	return {
		name,
		push(data) {
			ring.add(name, ++seq, data);
			return current === undefined || write(current, seq, data);
		},
		attach(reply, headers, from) {
			current?.end();
			current = reply;
			if (headers) {
				reply.head(200, [...streamHeaders, ...headers]);
			}

			const begin = from ?? sent;
			if (headers && hasPriming()) {
				reply.write(`id: ${name}_${begin}\nretry: ${retry}\ndata: \n\n`);
			}

			for (const event of ring.after(name, begin)) {
				write(reply, event.seq, event.data);
			}

			if (isEnded) {
				reply.end();
				current = undefined;
			}
		},
		detach(reply) {
			if (current === reply) {
				current = undefined;
			}
		},
		isAttached: () => current !== undefined,
		drained: async () => current?.drained(),
		comment() {
			current?.write(': still here\n\n');
		},
		end() {
			isEnded = true;
			current?.end();
			current = undefined;
		},
		isEnded: () => isEnded,
		getSent: () => sent,
	};
};
