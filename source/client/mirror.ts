import {isNews, type Stamped} from '../core/event.ts';
import {evolve} from '../core/evolve.ts';
import {initialState, type State} from '../core/state.ts';
import {newsKept, type Frame} from './feed.ts';

/** What a mirror holds: the daemon's state, folded here by the same `evolve`. */
export type Mirror = Readonly<{state: State; seq: number; news: readonly Stamped[]}>;

export const emptyMirror: Mirror = {state: /* @__PURE__ */ initialState(0), seq: 0, news: []}; // The page, which begins with a snapshot, does without.

export const addNews = (news: readonly Stamped[], stamped: Stamped): readonly Stamped[] => isNews(stamped) ? [...news.slice(1 - newsKept), stamped] : news;

/**
One frame into the mirror. What was seen already is dropped; `undefined` says that events are missing in between, so that
a new snapshot must be asked for.
*/
export const reflect = (mirror: Mirror, frame: Frame): Mirror | undefined => {
	if (frame.type === 'snapshot') {
		return {state: frame.state, seq: frame.seq, news: frame.news};
	}

	if (frame.type === 'heartbeat') {
		return frame.seq > mirror.seq ? undefined : mirror;
	}

	const {stamped} = frame;
	if (stamped.seq <= mirror.seq) {
		return mirror;
	}

	return stamped.seq === mirror.seq + 1
		? {state: evolve(mirror.state, stamped.event, stamped), seq: stamped.seq, news: addNews(mirror.news, stamped)}
		: undefined;
};
