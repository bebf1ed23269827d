import {formatAge} from '../../core/duration.ts';
import {inOrder, type State} from '../../core/state.ts';
import type {Stamped} from '../../core/event.ts';
import {activeCard} from './card.ts';
import {eventList} from './events.ts';
import {banners, topBar} from './head.ts';
import {moodOf, newestCalls, type Model} from './model.ts';
import {targetsTable} from './table.ts';
import {trafficTable} from './traffic.ts';
import {h, type Still, type Tree} from './tree.ts';

/** The whole page below `body`. */
export const view = (model: Model, still: Still): Tree => h(
	'div',
	{id: 'app', class: `app ${moodOf(model)} link-${model.link}`},
	topBar(model, still),
	banners(model),
	h('main', {}, activeCard(model), targetsTable(model, still), trafficTable(model, still), eventList(model, still)),
	h('footer', {}, still('facts'), h('span', {}, `up ${formatAge(model.now - model.state.startedAt)}`)),
);

/** The page as the server sees it: before any script has sorted, filtered or lost anything. */
export const firstModel = ({state, news, now}: Readonly<{state: State; news: readonly Stamped[]; now: number}>): Model => ({
	state,
	news,
	now,
	link: 'static',
	seenAt: now,
	retryIn: undefined,
	isPaused: false,
	rows: inOrder(state),
	sort: 'order',
	isReversed: false,
	filter: '',
	calls: newestCalls(state.calls),
	callFilter: '',
	selected: state.active,
});
