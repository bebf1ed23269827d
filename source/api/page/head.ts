import {formatAge} from '../../core/duration.ts';
import {isServing, type State} from '../../core/state.ts';
import {printable} from '../../core/text.ts';
import {formatClock} from './figures.ts';
import {activeOf, isOperable, standbyOf, type Model} from './model.ts';
import {h, type Still, type Tree} from './tree.ts';

const badges = {
	static: ['AS OF', 'Drawn by the server; live once the script has run'],
	live: ['LIVE', undefined],
	lost: ['RECONNECTING', 'The connection broke a moment ago'],
	stale: ['STALE', 'What is shown may be out of date'],
} as const;

const badge = ({link, isPaused, now}: Model): Tree => {
	const [word, title] = badges[link];
	const shown = isPaused && link === 'live' ? 'PAUSED' : word;
	return h(
		'span',
		{class: `badge ${shown.toLowerCase().replace(' ', '-')}`, id: 'link', title},
		h('i', {class: 'dot', 'aria-hidden': 'true'}),
		link === 'static' ? `${shown} ${formatClock(now)}` : shown,
	);
};

/** The line on top: what this is, and whether it is live. */
export const topBar = (model: Model, still: Still): Tree => h(
	'header',
	{class: 'top'},
	still('brand'),
	h(
		'div',
		{class: 'tools'},
		badge(model),
		h('button', {class: 'quiet', 'data-do': 'pause', 'aria-pressed': String(model.isPaused), title: 'Stop all movement on this page'}, model.isPaused ? 'Go on' : 'Pause'),
		still('theme'),
		still('keys'),
	),
);

/** What keeps a target that is up from taking over. */
const obstacle = ({isAutomatic, pin}: State): string => {
	if (!isAutomatic) {
		return 'automatic failover is off';
	}

	return pin?.mode === 'hard' ? `${pin.id} is pinned` : 'the switch was forced';
};

const noService = (model: Model): Tree => {
	const {state} = model;
	const standby = standbyOf(state);
	const failure = activeOf(state)?.failure?.message;
	const why = state.active === undefined
		? 'No target is active.'
		: `${state.active} is active and can not serve${failure === undefined ? '' : `: ${printable(failure, 200)}`}.`;
	const next = standby ? `${standby.target.id} is up, but ${obstacle(state)}.` : 'Start one of the targets; the proxy finds it by itself.';
	return h(
		'div',
		{class: 'banner bad', 'data-key': 'service'},
		h('strong', {}, '✖ No usable target'),
		h('span', {}, `Requests get 503. ${why} ${next}`),
		standby && h('button', {'data-do': 'switch', 'data-id': standby.target.id, disabled: !isOperable(model)}, `Switch to ${standby.target.id}…`),
	);
};

const noLink = ({link, now, seenAt, retryIn}: Model): Tree | undefined => {
	if (link !== 'stale') {
		return undefined;
	}

	const age = formatAge(Math.max(2000, now - seenAt));
	const next = retryIn === undefined || retryIn < 1 ? 'Connecting…' : `Next try in ${retryIn} s.`;
	return h(
		'div',
		{class: 'banner stale', 'data-key': 'stale'},
		h('strong', {}, '? STALE'),
		h('span', {}, `Nothing was heard from the proxy for ${age}. What is shown may be out of date. ${next}`),
		h('button', {'data-do': 'retry'}, 'Try now'),
	);
};

const refusedSettings = ({state: {faults}}: Model): Tree | undefined => {
	const shown = faults.slice(0, 3).map(fault => printable(fault, 200)).join('; ');
	return faults.length > 0
		? h(
			'div',
			{class: 'banner warn', 'data-key': 'settings'},
			h('strong', {}, '! Settings refused'),
			h('span', {}, `The older ones stay in force: ${shown}${faults.length > 3 ? `; and ${faults.length - 3} more` : ''}`),
		)
		: undefined;
};

/** Only what needs a word: nothing here on a good day. */
export const banners = (model: Model): Tree => h(
	'div',
	{class: 'banners'},
	noLink(model),
	isServing(model.state) ? undefined : noService(model),
	refusedSettings(model),
	model.state.isStopping && h('div', {class: 'banner warn', 'data-key': 'stopping'}, h('strong', {}, '! Stopping'), h('span', {}, 'The proxy ends once the requests in flight are done.')),
);
