/** What is kept at most for streams that were cut: events and bytes of one session (mcp.md 2, rule 12). */
const most = {events: 512, bytes: 4 * (1024 ** 2)};

export type RingEvent = Readonly<{stream: string; seq: number; data: Uint8Array; at: number}>;

/** The last events of one session, so that a client whose stream was cut gets what it missed. */
export type Ring = Readonly<{
	add: (stream: string, seq: number, data: Uint8Array) => void;
	/** Events of a stream after one of its own. */
	after: (stream: string, seq: number) => readonly RingEvent[];
	/** Forget what is older than `at` (steady time) and may be forgotten. */
	sweep: (at: number, mayGo: (event: RingEvent) => boolean) => void;
	clear: () => void;
}>;

const none: readonly RingEvent[] = [];

export const createRing = (): Ring => {
	/** Oldest first. */
	const events = new Set<RingEvent>();
	/** The same by stream: each call has one, and looks only at its own. */
	const streams = new Map<string, Set<RingEvent>>();
	let bytes = 0;

	const forget = (event: RingEvent): void => {
		events.delete(event);
		bytes -= event.data.length;
		const own = streams.get(event.stream);
		own?.delete(event);
		if (own?.size === 0) {
			streams.delete(event.stream);
		}
	};

	return {
		add(stream, seq, data) {
			const event = {stream, seq, data, at: performance.now()};
			events.add(event);
			bytes += data.length;
			const own = streams.get(stream);
			if (own) {
				own.add(event);
			} else {
				streams.set(stream, new Set([event]));
			}

			for (const oldest of events) {
				if (events.size <= most.events && bytes <= most.bytes) {
					break;
				}

				forget(oldest);
			}
		},
		after(stream, seq) {
			const own = streams.get(stream);
			return own ? [...own].filter(event => event.seq > seq) : none;
		},
		sweep(at, mayGo) {
			for (const event of events) {
				if (event.at <= at && mayGo(event)) {
					forget(event);
				}
			}
		},
		clear() {
			events.clear();
			streams.clear();
			bytes = 0;
		},
	};
};
