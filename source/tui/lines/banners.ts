import {inOrder, noAnswer, isServing, isCandidate, stateWord, type State, type TargetState} from '../../core/state.ts';
import type {Snapshot} from '../pulse.ts';
import {clean, fit, formatAgo, formatFor, formatTime, widthOf} from '../text.ts';
import {statePiece, type Look, type Piece} from '../theme.ts';

export type Lines = ReadonlyArray<readonly Piece[]>;

const key = (name: string, does: string): Piece => [['bold'], `${name}  ${does}`];

/** No targets: what the proxy does now, and the next step. */
export const emptyBanner = (url: string): Lines => [
	[],
	['   ', ['bold', 'No targets yet.']],
	[],
	[`   The proxy answers 503 on ${url} until there is one.`],
	[],
	['     ', ['bold', 'pmcp config path'], '   names the file to put targets in'],
	['     ', ['bold', 'pmcp demo'], '          shows it at work with sample targets'],
];

const troubleOf = ({failure, admin}: TargetState): string => {
	if (admin !== 'ready') {
		return 'taken out by hand';
	}

	return failure?.message.replace(/^connect /v, '') ?? 'first probe running';
};

/** Whether nobody can be served by anyone: targets there are, candidates none. */
export const isAllDown = (state: State): boolean => {
	const targets = Object.values(state.targets);
	return targets.length > 0 && !targets.some(target => isCandidate(target));
};

const advice = ({admin, failure}: TargetState): string => {
	if (admin !== 'ready') {
		return 'm brings it back';
	}

	return /refused/iv.test(`${failure?.code} ${failure?.message}`) ? 'start it' : '';
};

const downLine = (look: Look, target: TargetState, widths: readonly [name: number, url: number]): Piece[] => {
	const mark = look.glyphs.cut;
	const {id, url} = target.target;
	const next = advice(target);
	const where: Piece = widths[1] === 0 ? '' : ['dim', `${fit(url, widths[1], {mark})}  `];
	return ['   ', fit(id, widths[0], {mark}), '  ', where, troubleOf(target), ['bold', next === '' ? '' : `  ${look.glyphs.arrow} ${next}`]];
};

const newcomerLine: Piece[] = ['   ', ['bold', 'pmcp config path'], ['dim', ' names the file with the targets, '], ['bold', 'pmcp demo'], ['dim', ' shows it at work']];

/** Every target is down: since when, what clients get, and the next step for each; in at most `room` lines. */
export const allDownBanner = (look: Look, {state, at}: Snapshot, {room, width}: {room: number; width: number}): Lines => {
	const targets = inOrder(state);
	const since = Math.max(...targets.map(({healthAt}) => healthAt));
	const isAiry = room >= targets.length + 5;
	const isNew = isAiry && targets.every(({probes}) => probes.every(ms => ms === noAnswer));
	const left = room - (isAiry ? 5 : 2);
	const shown = targets.slice(0, Math.max(1, targets.length > left ? left - 1 : left));
	const rest = targets.length - shown.length;
	const longest = (limit: number, text: (target: TargetState) => string): number => Math.min(limit, Math.max(...shown.map(target => widthOf(text(target)))));
	const widths = [longest(16, ({target}) => target.id), width < 80 ? 0 : longest(26, ({target}) => target.url)] as const;
	const gap: Lines = isAiry ? [[]] : [];
	return [
		[' ', [['red', 'bold'], `${look.glyphs.down} ALL TARGETS DOWN`], ` ${formatFor(at - since)}: clients get ${width < 80 ? '' : 'HTTP '}503, Retry-After: 5`],
		...gap,
		...shown.map(target => downLine(look, target, widths)),
		...(rest > 0 ? [[`   and ${rest} more`]] : []),
		...gap,
		['   ', key('c', 'check all now'), ['dim', '     the first to answer gets the traffic']],
		...(isNew ? [newcomerLine] : []),
	];
};

/** The active target can not serve although others could: nothing moves by itself, so say why and what to press. */
export const heldBanner = (look: Look, {state}: Snapshot): Lines => {
	if (isServing(state) || state.active === undefined || isAllDown(state)) {
		return [];
	}

	const reasons: ReadonlyArray<readonly [boolean, string]> = [
		[state.isHeld, 'it was switched to by force'],
		[state.pin?.mode === 'hard', 'it is pinned'],
		[!state.isAutomatic, 'automatic failover is off'],
	];
	const why = reasons.find(([isSo]) => isSo)?.[1];
	return why === undefined
		? []
		: [[' ', [['red', 'bold'], `${look.glyphs.down} ${state.active} can not serve and nothing moves: ${why}.`], ['bold', '  s'], ' switches to the selected target']];
};

/** Settings on disk that were refused. */
export const faultsBanner = (look: Look, {faults}: State, room: number): Lines => {
	const [first = '', ...others] = faults;
	if (faults.length === 0) {
		return [];
	}

	const refused: Piece = [['yellow', 'bold'], `${look.glyphs.warning} settings on disk refused, the earlier ones stay:`];
	const shown = others.slice(0, Math.max(0, room - 1));
	const hidden = others.length - shown.length;
	const more: Piece = hidden > 0 ? ['dim', `  (+${hidden} more: pmcp config check)`] : '';
	return shown.length === 0
		? [[' ', refused, hidden > 0 ? ` ${faults.length} faults,` : '', ` ${first}`]]
		: [[' ', refused, ` ${first}`], ...shown.map((fault, index): Piece[] => [`   ${fault}`, index === shown.length - 1 ? more : ''])];
};

/** The link to the proxy is lost: what is on the screen is old. */
export const staleBanner = (look: Look, {link, at}: Snapshot, {url, mode}: {url: string; mode: 'own' | 'attached'}): Lines => link.status === 'live'
	? []
	: [
		[],
		[' ', [['yellow', 'bold'], `~ RECONNECTING to ${url}`], `, last data ${formatTime(link.since)} (${formatAgo(at - link.since)})`],
		[],
		[`   ${link.retryAt === 0 ? '' : `attempt ${link.attempt}, next at ${formatTime(link.retryAt)}, `}reason: ${link.reason}`],
		[],
		[mode === 'attached' ? '   The proxy itself may be fine: only this view is disconnected.' : '   The thread that runs the proxy does not answer.'],
		['   What stands above is STALE, and keys that change things are off.'],
		[],
		['     ', key('enter', 'retry now'), '      ', key('q', mode === 'attached' ? 'quit (does not touch the proxy)' : 'quit')],
	];

/** Too small for tables: the facts that matter. */
export const tinyLines = (look: Look, {state}: Snapshot, selected: string | undefined): Lines => inOrder(state).map((target): Piece[] => {
	const {id} = target.target;
	return [id === selected ? '> ' : '  ', id === state.active ? ['cyan', look.glyphs.active] : ' ', ' ', statePiece(look, stateWord(target)), '  ', id === selected ? ['inverse', id] : id];
});
