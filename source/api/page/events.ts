import type {Stamped} from '../../core/event.ts';
import {printable} from '../../core/text.ts';
import {formatClock} from './figures.ts';
import type {Model} from './model.ts';
import {h, type Still, type Tree} from './tree.ts';

const shown = 120;

/** The sign of each tone: its shape tells, not only its colour. */
export const eventSigns = {good: '✔', bad: '✖', warn: '!', plain: '·'} as const;

/** One line: the newest event of it, how many they are, and the first one's `seq`, which stays while it grows. */
type Fold = Readonly<{stamped: Stamped; count: number; first: number}>;

/** Whose failure it is, if it is one. */
const failed = ({event}: Stamped): string | undefined => event.type === 'probe.failed' || event.type === 'passive.failed' ? `${event.type} ${event.id}` : undefined;

/** Newest first; the failures of one target in a row are one line with the newest of them, or they would push all else out. */
export const foldNews = (news: readonly Stamped[], most = shown): readonly Fold[] => {
	const folds: Fold[] = [];
	for (const stamped of news) {
		// Those of two targets alternate while both are down.
		const trouble = failed(stamped);
		const same = trouble && folds.slice(-3).findLast(fold => failed(fold.stamped) === trouble);
		if (same) {
			folds.splice(folds.indexOf(same), 1);
			folds.push({...same, stamped, count: same.count + 1});
		} else {
			folds.push({stamped, count: 1, first: stamped.seq});
		}
	}

	return folds.slice(-most).toReversed();
};

const line = ({stamped, count, first}: Fold): Tree => {
	const {event, at, sentence = '', tone = 'plain'} = stamped;
	const iso = new Date(at).toISOString();
	return h(
		'li',
		{class: `${tone}${event.type === 'active.switched' ? ' switch' : ''}`, 'data-key': String(first)},
		h('time', {datetime: iso, title: iso}, formatClock(at)),
		h('span', {class: 'sign', 'aria-hidden': 'true'}, eventSigns[tone]),
		h('span', {class: 'what'}, printable(sentence, 400), count > 1 && h('span', {class: 'times'}, `× ${count}`)),
	);
};

/** What happened, newest first. */
export const eventList = ({news}: Model, still: Still): Tree => {
	const folds = foldNews(news);
	return h(
		'section',
		{class: 'card events', 'aria-labelledby': 'events-title'},
		still('eventHead'),
		folds.length === 0 ? h('p', {class: 'nothing'}, 'Nothing has happened yet.') : h('ol', {class: 'scroll', tabindex: 0, 'aria-labelledby': 'events-title'}, ...folds.map(fold => line(fold))),
	);
};
