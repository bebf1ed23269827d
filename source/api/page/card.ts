import {preferred, sessionsOf, stateWord, totalTraffic, type State} from '../../core/state.ts';
import {printable} from '../../core/text.ts';
import {ageOf, formatCount, formatMs, formatRate, formatRatio} from './figures.ts';
import {activeOf, isOperable, signOf, standbyOf, type Model} from './model.ts';
import {h, type Tree} from './tree.ts';

const figure = (label: string, value: string, note?: string): Tree => h('div', {class: 'figure', title: note}, h('dt', {}, label), h('dd', {}, value));

/** Who is connected, for who asks. */
const clientsOf = (state: State): string => [...new Set(sessionsOf(state).map(({client}) => printable(client, 60)))].slice(0, 10).join(', ');

const figures = (state: State): Tree => {
	const total = totalTraffic(state);
	return h(
		'dl',
		{class: 'figures'},
		figure('req/s', formatRate(total.rate), `${formatCount(total.requests)} since the start`),
		figure('errors', formatRatio(total.errorRate), `${formatCount(total.errors)} since the start`),
		figure('p95', formatMs(activeOf(state)?.traffic.p95), 'of the active target'),
		figure('sessions', formatCount(sessionsOf(state).length), clientsOf(state) || undefined),
		figure('in flight', formatCount(total.inFlight)),
	);
};

const reason = ({state, now}: Model): Tree => h(
	'p',
	{class: 'reason'},
	h('span', {class: `cause ${state.cause}`}, state.cause),
	' ',
	ageOf(state.switchedAt, now, ' ago'),
	state.cause === 'startup' && state.detail === 'started' ? '' : ` – ${printable(state.detail, 300)}`,
);

const automaticSwitch = (model: Model): Tree => {
	const {isAutomatic} = model.state;
	return h(
		'button',
		{class: 'toggle', role: 'switch', 'aria-checked': String(isAutomatic), 'data-do': 'automatic', disabled: !isOperable(model)},
		h('i', {class: 'knob', 'aria-hidden': 'true'}),
		`Automatic failover ${isAutomatic ? 'on' : 'off'}`,
	);
};

/** Who would take over, when that can be told beforehand. */
const nextInLine = (state: State): Tree | undefined => {
	const next = state.rules.policy === 'priority' && state.isAutomatic ? standbyOf(state) : undefined;
	return next && h('li', {class: 'next'}, `Next in line: ${printable(next.target.id, 100)} ${signOf(next)}`);
};

const standing = (model: Model): Tree => {
	const {pin, isHeld} = model.state;
	return h(
		'ul',
		{class: 'standing'},
		h('li', {}, automaticSwitch(model)),
		nextInLine(model.state),
		pin && h('li', {}, `Pinned to ${pin.id} (${pin.mode})`),
		isHeld && h('li', {}, 'Forced: no failover until it has been up'),
	);
};

type Way = Readonly<{deed: string; label: string; isIdle: boolean; title: string | undefined}>;

const ways = (state: State): Way[] => {
	const home = preferred(state);
	const isHome = home === undefined || home === state.active;
	const {previous} = state;
	return [
		{deed: 'switch', label: 'Switch…', isIdle: Object.keys(state.targets).length < 2, title: undefined},
		{deed: 'failback', label: 'Fail back…', isIdle: isHome, title: isHome ? 'The preferred target is active' : `Back to ${home}`},
		{deed: 'undo', label: 'Undo…', isIdle: previous === undefined, title: previous === undefined ? 'There was no switch' : `Back to ${previous}`},
		{deed: 'check', label: 'Check all', isIdle: false, title: undefined},
	];
};

const buttons = (model: Model): Tree => h(
	'div',
	{class: 'buttons'},
	...ways(model.state).map(({deed, label, isIdle, title}) => h(
		'button',
		{class: deed === 'switch' ? 'main' : undefined, 'data-do': deed, 'aria-haspopup': label.endsWith('…') ? 'dialog' : undefined, disabled: isIdle || !isOperable(model), title},
		label,
	)),
);

const who = (model: Model): Tree => {
	const active = activeOf(model.state);
	return h(
		'div',
		{class: 'who'},
		h('p', {class: 'label'}, 'Active target'),
		h(
			'h2',
			{id: 'active-name'},
			h('span', {class: 'name'}, printable(model.state.active ?? 'none', 100)),
			active && h('span', {class: `state ${stateWord(active).toLowerCase()}`}, signOf(active)),
		),
		reason(model),
		standing(model),
	);
};

/** Who gets the traffic, since when and why, how much it is, and what can be done about it. */
export const activeCard = (model: Model): Tree => h(
	'section',
	{class: 'card active', 'aria-labelledby': 'active-name'},
	who(model),
	figures(model.state),
	buttons(model),
);
