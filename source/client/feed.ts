import {isNews, type Stamped} from '../core/event.ts';
import {sentenceOf, toneOf} from '../core/sentence.ts';
import type {State} from '../core/state.ts';
import type {History} from '../store/history.ts';
import type {Store} from '../store/store.ts';

/** How many news a snapshot carries and a mirror keeps. */
export const newsKept = 500;

/*
The wire type of `/ws` and of the worker's port: one JSON object a frame. First a snapshot, then events with rising `seq`.
`system-change` is the older clients' frame (docs/api.md, *kept*); it carries the event too, so that a mirror reads all frames alike.
*/
export type SnapshotFrame = Readonly<{type: 'snapshot'; schema: 'pmcp.stream/v1'; seq: number; at: string; activeSystem: string | null; state: State; news: readonly Stamped[]}>;
export type EventFrame = Readonly<{type: 'event'; seq: number; at: string; stamped: Stamped}>;
export type SystemChangeFrame = Readonly<{type: 'system-change'; seq: number; at: string; activeSystem: string | null; previousSystem: string | null; reason: string; stamped: Stamped}>;
/** Sent each five seconds, so that a silent line can be told from a quiet one. */
export type HeartbeatFrame = Readonly<{type: 'heartbeat'; seq: number; at: string}>;
export type Frame = SnapshotFrame | EventFrame | SystemChangeFrame | HeartbeatFrame;

export const heartbeatInterval = 5000;

/** An event with the words for it: readers need not know how each is told. */
const told = (stamped: Stamped): Stamped => isNews(stamped) ? {...stamped, sentence: sentenceOf(stamped.event), tone: toneOf(stamped.event)} : stamped;

export const snapshotFrame = (state: State, seq: number, news: readonly Stamped[], at = Date.now()): SnapshotFrame => ({
	type: 'snapshot',
	schema: 'pmcp.stream/v1',
	seq,
	at: new Date(at).toISOString(),
	activeSystem: state.active ?? null,
	state,
	news: news.map(stamped => told(stamped)),
});

export const eventFrame = (stamped: Stamped): EventFrame | SystemChangeFrame => {
	const {seq, event} = stamped;
	const at = new Date(stamped.at).toISOString();
	return event.type === 'active.switched'
		? {type: 'system-change', activeSystem: event.to ?? null, previousSystem: event.from ?? null, reason: event.cause, at, seq, stamped: told(stamped)}
		: {type: 'event', seq, at, stamped: told(stamped)};
};

/** What a server of the live feed needs: where to begin, what was missed, what comes. */
export type Feed = Readonly<{
	snapshot: () => SnapshotFrame;
	/** The frames after `seq`, oldest first; undefined when they are gone, so that a snapshot is due. */
	since: (seq: number) => EventFrames | undefined;
	/** Each new frame once, in order. Returns the unsubscribe. */
	subscribe: (listener: (frame: EventFrame | SystemChangeFrame) => void) => () => void;
	getSeq: () => number;
}>;

type EventFrames = ReadonlyArray<EventFrame | SystemChangeFrame>;

/** A snapshot tells the bodies of so many newest calls: all of them would be more than a reader's line may hold. */
export const bodiesTold = 100;

const withoutOldBodies = (state: State): State => ({
	...state,
	calls: state.calls.map((call, index) => {
		if (call.request === undefined || index >= state.calls.length - bodiesTold) {
			return call;
		}

		const {request: _request, response: _response, ...rest} = call;
		return rest;
	}),
});

/** The feed of this process's store. */
export const createFeed = (store: Store, history: History): Feed => ({
	snapshot: () => snapshotFrame(withoutOldBodies(store.getState()), store.getSeq(), history.last(newsKept)),
	since: seq => history.since(seq)?.map(stamped => eventFrame(stamped)),
	subscribe: listener => store.subscribe(stamped => {
		listener(eventFrame(stamped));
	}),
	getSeq: store.getSeq,
});
