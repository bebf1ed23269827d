import type {Message} from '../mcp/message.ts';
import type {Call, StreamReceiver, Trouble} from './channel.ts';

/** Where what belongs to no request of ours goes, on wires that bring it whether anybody listens or not. */
export type Ear = Readonly<{
	/** Tells the listener, or keeps it for one. False = no more until `resume`. */
	tell: (message: Message, bytes: Uint8Array) => boolean;
	/** Who listens from now on; what was kept comes first. */
	listen: (receiver: StreamReceiver) => Call;
	/** Nothing follows. */
	end: (trouble: Trouble) => void;
	/** Nobody is told any more. */
	close: () => void;
}>;

/** Messages that wait for somebody to listen, at most; the oldest go first. */
const mostUnheard = 512;

/** `resume`: lets the wire go on after somebody answered false. */
export const createEar = (resume: () => void): Ear => {
	const unheard: Array<Readonly<{message: Message; bytes: Uint8Array}>> = [];
	let listener: StreamReceiver | undefined;
	return {
		tell(message, bytes) {
			if (listener) {
				return listener.onMessage(message, bytes);
			}

			unheard.push({message, bytes});
			if (unheard.length > mostUnheard) {
				unheard.shift();
			}

			return true;
		},
		listen(receiver) {
			listener = receiver;
			receiver.onOpen?.();
			for (const {message, bytes} of unheard.splice(0)) {
				receiver.onMessage(message, bytes);
			}

			return {
				resume,
				abort() {
					if (listener === receiver) {
						listener = undefined;
					}

					resume(); // It may have held up the others.
				},
			};
		},
		end(trouble) {
			const heard = listener;
			listener = undefined;
			heard?.onTrouble(trouble);
		},
		close() {
			listener = undefined;
		},
	};
};
