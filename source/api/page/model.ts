import type {McpCall} from '../../core/call.ts';
import type {SortKey} from '../../core/listing.ts';
import type {Stamped} from '../../core/event.ts';
import {findTarget, isCandidate, isServing, stateWord, type State, type StateWord, type TargetState} from '../../core/state.ts';
import type {TargetId} from '../../core/target.ts';

/**
How much the page can be trusted to be now. `static`: drawn by the server, no script has run. `lost`: the connection broke a
moment ago. `stale`: no sign of life for two heartbeats, or no way back.
*/
export type LinkShown = 'static' | 'live' | 'lost' | 'stale';

/** All that the page shows. */
export type Model = Readonly<{
	state: State;
	news: readonly Stamped[];
	/** Wall time by the daemon's clock, in ms. */
	now: number;
	link: LinkShown;
	/** When the daemon was last heard of, and how many seconds until the next try, while the link is not live. */
	seenAt: number;
	retryIn: number | undefined;
	isPaused: boolean;
	/** The rows to show, in order. */
	rows: readonly TargetState[];
	sort: SortKey;
	isReversed: boolean;
	filter: string;
	/** The calls to show, newest first, and what they are filtered by. */
	calls: readonly McpCall[];
	callFilter: string;
	/** The row that the keys act on. */
	selected: TargetId | undefined;
}>;

/** Whether a change can be asked for: only by someone who sees what is true now. */
export const isOperable = ({link}: Pick<Model, 'link'>): boolean => link === 'live' || link === 'lost';

/** As many calls as the page lists. */
export const callsShown = 200;

/** The newest calls of these, newest first. */
export const newestCalls = (calls: readonly McpCall[]): readonly McpCall[] => calls.slice(-callsShown).toReversed();

/** Glyph of each state word, the same as in the terminal. */
export const glyphs: Readonly<Record<StateWord, string>> = {UP: '✔', DOWN: '✖', CHECK: '~', MAINT: '‖', DRAIN: '◐'};

export type Mood = 'good' | 'warn' | 'bad' | 'stale';

/** The page in one word: can it be trusted, can anything be served, is anything wrong. */
export const moodOf = ({state, link}: Pick<Model, 'state' | 'link'>): Mood => {
	if (link === 'stale') {
		return 'stale';
	}

	if (!isServing(state)) {
		return 'bad';
	}

	const isTroubled = Object.values(state.targets).some(({health}) => health.status === 'down') || state.faults.length > 0;
	return isTroubled ? 'warn' : 'good';
};

const signs: Readonly<Record<Mood, string>> = {good: '✔', warn: '!', bad: '✖', stale: '?'};

/** The tab's title: the sign changes its shape, not only its colour. */
export const titleOf = (model: Pick<Model, 'state' | 'link'>): string => `${signs[moodOf(model)]} ${model.state.active ?? 'no target'} – pmcp`;

/** Drawn on 16 × 16: a disc, a triangle, a cross, an empty ring. */
const shapes: Readonly<Record<Mood, string>> = {
	good: '<circle cx="8" cy="8" r="7" fill="#12a150"/>',
	warn: '<path d="M8 1l7 14H1z" fill="#d99000"/>',
	bad: '<path d="M2 2l12 12M14 2L2 14" stroke="#d92d3a" stroke-width="4"/>',
	stale: '<circle cx="8" cy="8" r="6" fill="none" stroke="#7b8494" stroke-width="2" stroke-dasharray="3"/>',
};

/** The tab's icon as a `data:` address. */
export const iconOf = (model: Pick<Model, 'state' | 'link'>): string => `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${shapes[moodOf(model)]}</svg>`)}`;

/** Another target that could take over now, the most preferred one that is known to be up. */
export const standbyOf = (state: State): TargetState | undefined => Object.values(state.targets)
	.filter(target => isCandidate(target) && target.health.status === 'up' && target.target.id !== state.active)
	.toSorted((a, b) => a.target.priority - b.target.priority)[0];

export const activeOf = (state: State): TargetState | undefined => findTarget(state, state.active);

/** Glyph and word of a target's state. */
export const signOf = (target: TargetState): string => `${glyphs[stateWord(target)]} ${stateWord(target)}`;
