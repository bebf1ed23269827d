import {formatAge} from '../../core/duration.ts';
import {count} from '../../core/sentence.ts';
import {findTarget, stateWord, totalTraffic, type State} from '../../core/state.ts';
import type {Snapshot} from '../pulse.ts';
import {draw, drawEnds, widthOfPieces, statePiece, type Look, type Piece} from '../theme.ts';
import {formatRate, formatShare} from '../text.ts';
import {isTiny} from '../size.ts';
import type {Ui} from '../ui.ts';

const withoutScheme = (url: string): string => url.replace(/^https?:\/\//v, '').replace(/\/$/v, '');

/** Who gets the traffic. When the active target can not serve, that is what stands here. */
export const activePieces = (look: Look, state: State): Piece[] => {
	const active = findTarget(state, state.active);
	return active
		? [['cyan', look.glyphs.active], ' ', ['bold', active.target.id], ' ', statePiece(look, stateWord(active))]
		: [['red', look.glyphs.down], ' ', ['bold', 'none']];
};

/** Whether the view is live, frozen or stale. */
const livePiece = (look: Look, {link, frozenAt, missed, at, state}: Snapshot): Piece => {
	if (link.status === 'lost') {
		return [['yellow', 'inverse'], `[STALE ${formatAge(at - link.since)}]`];
	}

	if (frozenAt !== undefined) {
		return [['yellow', 'inverse'], `[PAUSED +${missed}]`];
	}

	return state.isStopping ? [['yellow', 'inverse'], '[STOPPING]'] : [look.isColored ? 'green' : 'bold', '[LIVE]'];
};

const modePiece = ({isAutomatic, pin, isHeld}: State): Piece => {
	if (pin) {
		return ['yellow', `  (pinned ${pin.mode})`];
	}

	if (isHeld) {
		return ['yellow', '  (held by force)'];
	}

	return isAutomatic ? ['dim', '  (auto-failover on)'] : ['yellow', '  (auto-failover OFF)'];
};

/** Line 1: who gets the traffic, is it well, how much is it, is this view live. The longest wording that fits. */
export const headerLine = (look: Look, snapshot: Snapshot, {url, isReadOnly, width}: {url: string; isReadOnly: boolean; width: number}): string => {
	const {state, at} = snapshot;
	const {rate, errorRate, inFlight} = totalTraffic(state);
	const {arrow} = look.glyphs;
	const name: Piece = ['bold', 'pmcp'];
	const active = activePieces(look, state);
	const mode = modePiece(state);
	const where = withoutScheme(url);
	const errors = `err ${formatShare(errorRate)}${errorRate === undefined ? '' : '%'}`;
	const since = at - state.startedAt < 2000 ? 'just started' : `up ${formatAge(at - state.startedAt)}`;
	const end: Piece[] = [isReadOnly ? ['yellow', '[READ-ONLY] '] : '', livePiece(look, snapshot), ' '];
	const open = Object.keys(state.sessions).length;
	const sessions = open === 0 ? '' : `  ${open} sess`;
	const long: Piece[] = [`${formatRate(rate)} req/s  ${errors}  ${inFlight} in flight${sessions}  ${since}  `, ...end];
	const short: Piece[] = [`${formatRate(rate)}/s  ${errors}  ${inFlight} in flight${sessions}  `, ...end];
	const shorter: Piece[] = [`${formatRate(rate)}/s ${errors} `, ...end];
	const shortMode: Piece = state.isAutomatic && !state.pin && !state.isHeld ? '' : mode;
	const wordings: ReadonlyArray<readonly [left: Piece[], right: Piece[]]> = [
		[[' ', name, `  ${where}  ${arrow}  `, ...active, mode], long],
		[[' ', name, `  ${where}  ${arrow}  `, ...active, shortMode], long],
		[[' ', name, ` ${arrow} `, ...active, shortMode], short],
		[[' ', name, ` ${arrow} `, ...active, shortMode], shorter],
		[[' ', name, ` ${arrow} `, ...active], shorter],
		[[' ', name, ` ${arrow} `, ...active], end],
	];
	const [left, right] = wordings.find(([first, last]) => widthOfPieces(first) + widthOfPieces(last) < width) ?? [active, end];
	return drawEnds(look, left, right, width);
};

const figuresOf = (state: State): string => {
	const {rate, errorRate, inFlight} = totalTraffic(state);
	return `${formatRate(rate)} req/s  err ${formatShare(errorRate)}${errorRate === undefined ? '' : '%'}  ${inFlight} in flight`;
};

const tones = {good: ['green', 'up'], bad: ['red', 'down'], note: ['cyan', 'note']} as const;

/** How many targets and calls the lists show; `newer`: calls above the cursor. */
type Shown = Readonly<{targets: number; calls: number; newer: number}>;

const tabs = [['1 Targets', ['list', 'target']], ['2 Traffic', ['traffic', 'call']], ['3 Sessions', ['sessions']]] as const satisfies ReadonlyArray<readonly [string, ReadonlyArray<Ui['page']>]>;

const tabPieces = (page: Ui['page']): Piece[] => tabs.flatMap(([title, pages]): Piece[] => {
	const isHere = (pages as ReadonlyArray<Ui['page']>).includes(page);
	return isHere ? [' ', ['bold', `[${title}]`]] : ['  ', ['dim', title]];
});

/** What the list of calls shows, and whether it goes on with what comes. */
const trafficPieces = ({callFilter, isFilterOn, call}: Ui, {calls}: State, shown: Shown): Piece[] => {
	const isFiltered = callFilter !== '' && isFilterOn;
	const all = `${count(calls.length, 'call')}   `;
	const filtered: Piece[] = isFiltered
		? ['filter ', ['bold', callFilter], `   ${shown.calls} of ${calls.length}   `]
		: [callFilter === '' ? all : `filter off (${callFilter})   ${all}`];
	return [...filtered, call === undefined ? ['green', '[FOLLOW]'] : ['yellow', `[+${shown.newer}, f follows]`], ' '];
};

/** Line 2: the views (or, where there is little room, the figures), and on its right what the list shows, or for five seconds what just happened. */
export const tabsLine = (look: Look, {ui, state, shown, width}: {ui: Ui; state: State; shown: Shown; width: number}): string => {
	const isSmall = isTiny({columns: width, rows: ui.rows});
	const tab: Piece[] = isSmall ? [' ', figuresOf(state)] : tabPieces(ui.page);
	if (ui.toast) {
		const {tone, text, count} = ui.toast;
		const [style, glyph] = tones[tone];
		const more = count > 1 ? ` (+${count - 1})` : '';
		return drawEnds(look, tab, [[[style, 'bold'], `${look.glyphs[glyph]} ${text}${more}`], ' '], width);
	}

	if (ui.page === 'help' || ui.page === 'target' || ui.page === 'call') {
		return drawEnds(look, tab, [['dim', ui.page === 'help' ? 'help  ' : ''], 'esc back '], width);
	}

	if (isSmall) {
		return draw(look, tab, width);
	}

	if (ui.page === 'traffic') {
		return drawEnds(look, tab, trafficPieces(ui, state, shown), width);
	}

	if (ui.page === 'sessions') {
		return drawEnds(look, tab, [`${count(Object.keys(state.sessions).length, 'session')} `], width);
	}

	const total = Object.keys(state.targets).length;
	const direction = ui.isReversed ? look.glyphs.falling : look.glyphs.rising;
	const sorted = width >= 60 ? `sort ${ui.sort === 'order' ? '#' : ui.sort} ${direction}   ` : '';
	const isFiltered = ui.filter !== '' && ui.isFilterOn;
	const filtered: Piece[] = isFiltered ? ['filter ', ['bold', ui.filter], '   '] : [ui.filter === '' ? '' : `filter off (${ui.filter})   `];
	return drawEnds(look, tab, [sorted, ...filtered, isFiltered ? `${shown.targets} of ${total} ` : `${total} ${total === 1 ? 'target' : 'targets'} `], width);
};
