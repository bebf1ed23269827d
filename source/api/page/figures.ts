import {formatAge, formatDuration} from '../../core/duration.ts';
import {noAnswer} from '../../core/state.ts';
import {printable} from '../../core/text.ts';
import {h, type Tree} from './tree.ts';

/** No data is a dash, never a zero. */
export const none = '–';

export const formatMs = (ms: number | undefined): string => ms === undefined ? none : formatDuration(ms);

/** A rate keeps one digit after the point up to 100. */
export const formatRate = (rate: number): string => rate < 100 ? rate.toFixed(1) : String(Math.round(rate));

/** A ratio of 0 to 1 as a percentage. */
export const formatRatio = (ratio: number | undefined): string => ratio === undefined ? none : `${(ratio * 100).toFixed(ratio > 0 && ratio < 0.1 ? 1 : 0)}%`;

/** A count with thin spaces between thousands. */
export const formatCount = (count: number): string => String(count).replaceAll(/\B(?=(?:\d{3})+$)/gv, '\u2009');

const two = (value: number): string => String(value).padStart(2, '0');

/** The time of day, `14:02:31`, where the reader is. */
export const formatClock = (at: number): string => {
	const date = new Date(at);
	return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
};

/** A moment as its age; the title tells the moment. With words around it, `ago` makes it `2m ago`. */
export const ageOf = (at: number, now: number, ago = ''): Tree => {
	const iso = new Date(at).toISOString();
	const age = formatAge(now - at);
	return h('time', {datetime: iso, title: iso}, age === 'now' && ago !== '' ? 'just now' : age + ago);
};

const barStep = 4;
const barHeight = 16;

/** One logarithmic scale for all rows, so that they compare and never jump: 1 ms is the lowest bar, 5 s the full height. */
const heightOf = (ms: number): number => Math.max(2, Math.min(barHeight, Math.round((Math.log10(Math.max(1, ms)) / Math.log10(5000)) * barHeight)));

/** The last probes as bars, newest right; a mark at the foot where no answer came. */
export const sparkline = (probes: readonly number[], most: number): Tree => {
	let bars = '';
	let gaps = '';
	for (const [index, ms] of probes.entries()) {
		const x = ((most - probes.length + index) * barStep) + 1.5;
		if (ms === noAnswer) {
			gaps += `M${x} ${barHeight}v-5`;
		} else {
			bars += `M${x} ${barHeight}v-${heightOf(ms)}`;
		}
	}

	const failed = probes.filter(ms => ms === noAnswer).length;
	const label = `The last ${probes.length} probes: ${failed === 0 ? 'all answered' : `${failed} without an answer`}`;
	return h(
		'svg',
		{class: 'spark', role: 'img', 'aria-label': label, viewBox: `0 0 ${most * barStep} ${barHeight}`, width: most * barStep, height: barHeight},
		h('path', {class: 'bar', d: bars}),
		h('path', {class: 'gap', d: gaps}),
	);
};

/** The only row of a table that shows none of `total`: there are none (`words`), or the filter lets none through. */
export const emptyRow = (total: number, filter: string, words: string): Tree => h(
	'tr',
	{'data-key': ' nothing'},
	h('td', {class: 'nothing', colspan: 12}, total === 0 ? words : `0 of ${total}: none matches “${printable(filter, 60)}”.`),
);
