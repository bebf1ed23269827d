import stringWidth from 'string-width';
import {formatAge} from '../core/duration.ts';
import {printable} from '../core/text.ts';

const segmenter = new Intl.Segmenter(undefined, {granularity: 'grapheme'});
const plain = /^[\u0020-\u007E]*$/v;

/** Text from anywhere, fit for the screen: controls made visible, one line, at most 4 096 characters. */
export const clean = (text: string): string => plain.test(text) && text.length < 4096 ? text : printable(text, 4096);

/** Terminal cells a text takes. */
export const widthOf = (text: string): number => plain.test(text) ? text.length : stringWidth(text);

/** What a person sees as single characters, so that a cut never splits one. */
export const graphemes = (text: string): string[] => Array.from(segmenter.segment(text), ({segment}) => segment);

const head = (text: string, width: number): string => {
	let kept = '';
	let used = 0;
	for (const grapheme of graphemes(text)) {
		used += widthOf(grapheme);
		if (used > width) {
			break;
		}

		kept += grapheme;
	}

	return kept;
};

/** The text in at most `width` cells; what is cut ends with `mark`. */
export const clip = (text: string, width: number, mark: string): string => {
	const safe = clean(text);
	if (widthOf(safe) <= width) {
		return safe;
	}

	return width <= widthOf(mark) ? head(safe, width) : head(safe, width - widthOf(mark)) + mark;
};

/** The text in exactly `width` cells, cut or filled with spaces on the side away from `align`. */
export const fit = (text: string, width: number, {mark, align = 'left'}: {mark: string; align?: 'left' | 'right'}): string => {
	const cut = clip(text, Math.max(0, width), mark);
	const gap = ' '.repeat(Math.max(0, width - widthOf(cut)));
	return align === 'left' ? cut + gap : gap + cut;
};

/** The text without its first `cells` cells: scrolled sideways. */
export const skipCells = (text: string, cells: number): string => {
	const safe = clean(text);
	return cells <= 0 ? safe : safe.slice(head(safe, cells).length);
};

/** `41203` → `41 203`. */
export const formatCount = (count: number): string => String(Math.round(count)).replaceAll(/\B(?=(?:\d{3})+$)/gv, ' ');

/** A rate in at most five characters: `0.0`, `12.4`, `412`, `12.4k`. */
export const formatRate = (rate: number): string => rate < 100 ? rate.toFixed(1) : (rate < 10_000 ? String(Math.round(rate)) : `${(rate / 1000).toFixed(1)}k`);

/** A share of 0 to 1 in percent, without the sign; `-` when there is none. */
export const formatShare = (share: number | undefined): string => share === undefined ? '-' : (share >= 0.9995 ? '100' : (share * 100).toFixed(1));

/** How long something has been so: `just now`, `for 41s`. */
export const formatFor = (ms: number): string => ms < 2000 ? 'just now' : `for ${formatAge(ms)}`;

/** How long ago something was: `just now`, `5s ago`. */
export const formatAgo = (ms: number): string => ms < 2000 ? 'just now' : `${formatAge(ms)} ago`;

/** Wall time of the day, local: `14:02:31`. */
export const formatTime = (at: number): string => {
	const date = new Date(at);
	return [date.getHours(), date.getMinutes(), date.getSeconds()].map(part => String(part).padStart(2, '0')).join(':');
};
