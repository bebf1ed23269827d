import process from 'node:process';
import type {StateWord} from '../core/state.ts';
import {clean, clip, widthOf} from './text.ts';

/** Only the sixteen ANSI colours over the terminal's own foreground and background: readable on light and dark alike. */
const codes = {green: [32, 39], yellow: [33, 39], red: [31, 39], blue: [34, 39], cyan: [36, 39], bold: [1, 22], dim: [2, 22], inverse: [7, 27]} as const;

export type Style = keyof typeof codes;

const unicode = {
	active: '●',
	up: '✔',
	down: '✖',
	maintenance: '‖',
	drain: '◐',
	check: '~',
	warning: '!',
	note: '·',
	arrow: '→',
	into: '›',
	rule: '─',
	cut: '…',
	noAnswer: '×',
	noData: '·',
	rising: '▲',
	falling: '▼',
	vertical: '↑↓',
	horizontal: '←→',
	cursor: '▏',
	bars: '▁▂▃▄▅▆▇█',
	corners: '╭╮╰╯',
	side: '│',
} as const;

/** Every glyph of ours. The ASCII set is for terminals that lack the others, or draw them two cells wide. */
export type Glyphs = Readonly<Record<keyof typeof unicode, string>>;

const ascii: Glyphs = {
	active: '*',
	up: '+',
	down: 'x',
	maintenance: '=',
	drain: '%',
	check: '~',
	warning: '!',
	note: '.',
	arrow: '->',
	into: '>',
	rule: '-',
	cut: '..',
	noAnswer: 'x',
	noData: '.',
	rising: '^',
	falling: 'v',
	vertical: 'up/down',
	horizontal: 'left/right',
	cursor: '_',
	bars: '_,-~=+*#',
	corners: '++++',
	side: '|',
};

/** How the screen is drawn: which glyphs, and whether colours may be sent. */
export type Look = Readonly<{isAscii: boolean; isColored: boolean; glyphs: Glyphs}>;

export const createLook = (isAscii: boolean, isColored: boolean): Look => ({isAscii, isColored, glyphs: isAscii ? ascii : unicode});

type Environment = Readonly<Record<string, string | undefined>>;

const isColored = ({FORCE_COLOR: force, NO_COLOR: no, TERM: term}: Environment): boolean => {
	if (force !== undefined) {
		return force !== '0' && force !== 'false';
	}

	return (no === undefined || no === '') && term !== 'dumb';
};

/**
What the terminal can show, by its environment: no colour with NO_COLOR (FORCE_COLOR overrules it) or on a dumb terminal;
ASCII when the locale is not UTF-8, and on the Linux console, whose font lacks the glyphs.
*/
export const detectLook = (environment: Environment = process.env, platform: string = process.platform): Readonly<{isAscii: boolean; color: boolean}> => {
	const locale = [environment.LC_ALL, environment.LC_CTYPE, environment.LANG].find(value => value !== undefined && value !== '');
	const isUtf8 = locale === undefined ? platform !== 'linux' : /utf-?8/iv.test(locale);
	return {isAscii: !isUtf8 || environment.TERM === 'linux' || environment.TERM === 'dumb', color: isColored(environment)};
};

/** A part of a line: plain, or with styles. */
export type Piece = string | readonly [style: Style | readonly Style[], text: string];

export const paint = ({isColored}: Look, style: Style | readonly Style[], text: string): string => {
	let painted = text;
	for (const name of typeof style === 'string' ? [style] : style) {
		const [on, off] = codes[name];
		painted = isColored || off !== 39 ? `\u001B[${on}m${painted}\u001B[${off}m` : painted;
	}

	return painted;
};

const textOf = (piece: Piece): string => typeof piece === 'string' ? piece : piece[1];

export const widthOfPieces = (pieces: readonly Piece[]): number => pieces.reduce((sum, piece) => sum + widthOf(clean(textOf(piece))), 0);

/** The pieces in at most `width` cells, made safe; the one that is cut ends with the ellipsis. */
export const clipPieces = ({glyphs}: Look, pieces: readonly Piece[], width: number): Piece[] => {
	let left = width;
	const kept: Piece[] = [];
	for (const piece of pieces) {
		const text = clip(textOf(piece), left, glyphs.cut);
		left -= widthOf(text);
		kept.push(typeof piece === 'string' ? text : [piece[0], text]);
		if (left <= 0) {
			break;
		}
	}

	return kept;
};

/** The pieces in exactly `width` cells. */
export const fillPieces = (look: Look, pieces: readonly Piece[], width: number): Piece[] => {
	const kept = clipPieces(look, pieces, width);
	return [...kept, ' '.repeat(Math.max(0, width - widthOfPieces(kept)))];
};

/** One line of the screen: at most `width` cells, safe whatever the pieces hold, painted. */
export const draw = (look: Look, pieces: readonly Piece[], width: number): string => clipPieces(look, pieces, width)
	.map(piece => typeof piece === 'string' ? piece : paint(look, piece[0], piece[1]))
	.join('');

/** Two ends of a line; the left one gives way, so that the right one is always whole. */
export const drawEnds = (look: Look, left: readonly Piece[], right: readonly Piece[], width: number): string => {
	const rightWidth = Math.min(width, widthOfPieces(right));
	const room = Math.max(0, width - rightWidth - (rightWidth > 0 ? 1 : 0));
	const gap = ' '.repeat(Math.max(0, width - rightWidth - Math.min(room, widthOfPieces(left))));
	return draw(look, left, room) + gap + draw(look, right, rightWidth);
};

/** A horizontal rule with a title in it. Lists have no vertical borders: they would be copied along. */
export const drawRule = (look: Look, title: readonly Piece[], width: number): string => {
	const {rule} = look.glyphs;
	if (title.length === 0) {
		return paint(look, 'dim', rule.repeat(width));
	}

	const room = Math.max(0, width - 6);
	const used = Math.min(room, widthOfPieces(title));
	return `${paint(look, 'dim', rule.repeat(2))} ${draw(look, title, room)} ${paint(look, 'dim', rule.repeat(Math.max(0, width - used - 4)))}`;
};

const states: Readonly<Record<StateWord, readonly [glyph: keyof Glyphs, style: Style]>> = {
	UP: ['up', 'green'],
	DOWN: ['down', 'red'],
	CHECK: ['check', 'dim'],
	MAINT: ['maintenance', 'blue'],
	DRAIN: ['drain', 'blue'],
};

/** A target's state: always glyph and word, and a colour where there are colours; DOWN stands out without them too. */
export const statePiece = (look: Look, word: StateWord): Piece => {
	const [glyph, style] = states[word];
	return [word === 'DOWN' && !look.isColored ? 'inverse' : style, `${look.glyphs[glyph]} ${word}`];
};

/** Milliseconds up to which a bar has this height: one logarithmic scale for all rows, so that they compare and never jump. */
const steps = [5, 15, 50, 150, 500, 1500, 5000];

/** The last `cells` probes as bars, newest right; a cross where no answer came, a dot where there was no probe yet. */
export const sparkline = ({glyphs}: Look, probes: readonly number[], cells: number): Piece[] => {
	const shown = probes.slice(-cells);
	const pieces: Piece[] = [['dim', glyphs.noData.repeat(cells - shown.length)]];
	for (const ms of shown) {
		const step = steps.findIndex(limit => ms <= limit);
		const bar = glyphs.bars.at(step === -1 ? steps.length : step) ?? '';
		pieces.push(ms < 0 ? ['red', glyphs.noAnswer] : bar);
	}

	return pieces;
};
