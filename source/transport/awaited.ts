import {isResponse} from '../mcp/message.ts';
import {asked, settled, type Pulse} from '../upstream/pulse.ts';
import type {Call, Receiver, Transport} from './channel.ts';

/** Makes one call for which somebody waits, until its answer is here, it came to nothing, or nobody wants it any more. */
const watchOver = <Told extends Receiver>(pulse: Pulse, receiver: Told, start: (watched: Told) => Call): Call => {
	let isWaiting = true;
	const stop = (): void => {
		if (isWaiting) {
			isWaiting = false;
			settled(pulse);
		}
	};

	asked(pulse);
	const call = start({
		...receiver,
		onMessage(message, bytes) {
			if (isResponse(message)) {
				stop();
			}

			return receiver.onMessage(message, bytes);
		},
		onTrouble(trouble) {
			stop();
			receiver.onTrouble(trouble);
		},
	} satisfies Receiver);
	return {
		...call,
		abort() {
			stop();
			call.abort();
		},
	};
};

/** The same transport for clients: while one of their requests waits for its answer, its target's silence is noticed. */
export const awaited = (transport: Transport, pulse: Pulse): Transport => {
	const {open, send} = transport;
	return {
		...transport,
		open(...given) {
			const channel = open(...given);
			return {
				...channel,
				request: (request, receiver, options) => watchOver(pulse, receiver, watched => channel.request(request, watched, options)),
				resume: (eventId, receiver) => watchOver(pulse, receiver, watched => channel.resume(eventId, watched)),
			};
		},
		send: send && ((request, headers, receiver, options) => watchOver(pulse, receiver, watched => send(request, headers, watched, options))),
	};
};
