import {differenceTo, tellDifference} from '../../core/gate.ts';
import {offerOf} from '../../core/sentence.ts';
import {inOrder, noAnswer, probesKept, stateWord, type State, type TargetState} from '../../core/state.ts';
import type {Admin, Target} from '../../core/target.ts';
import {printable} from '../../core/text.ts';
import {ageOf, emptyRow, formatCount, formatMs, formatRate, formatRatio, none, sparkline} from './figures.ts';
import {isOperable, signOf, type Model} from './model.ts';
import {h, remember, type Still, type Tree} from './tree.ts';

const number = (value: string): Tree => h('td', {class: value === none ? 'number none' : 'number'}, value);

const rowButtons = remember(({id}: Target, admin: Admin, isActive: boolean, canOperate: boolean): Tree => {
	const button = (deed: string, label: string, meaning: string, isIdle = false): Tree => h(
		'button',
		{
			class: 'quiet',
			'data-do': deed,
			'data-id': id,
			'aria-haspopup': label.endsWith('…') ? 'dialog' : undefined,
			'aria-label': meaning,
			disabled: isIdle || !canOperate,
		},
		label,
	);

	return h(
		'td',
		{class: 'actions'},
		button('switch', 'Switch…', `Switch to ${id}`, isActive),
		button('check', 'Check', `Check ${id} now`),
		admin === 'ready' ? button('maintenance', 'Maintain', `Take ${id} out for maintenance`) : button('maintenance', 'Put back', `Put ${id} back`),
	);
});

const nameCell = remember(({id, url, probe}: Target, isActive: boolean): Tree => h(
	'th',
	{scope: 'row', class: 'target'},
	h('span', {class: 'name'}, isActive && h('i', {class: 'here', title: 'Receives the traffic', role: 'img', 'aria-label': 'Active: '}, '●'), printable(id, 100)),
	h('span', {class: 'url', title: `${printable(url, 300)} · ${printable(probe, 100)}`}, printable(url, 200)),
));

/** How many tools it offers; a sign where clients would miss something after a move to it. */
const toolsCell = ({target: {id}, catalogue}: TargetState, state: State): Tree => {
	const difference = id === state.active ? undefined : differenceTo(state, id);
	return h(
		'td',
		{class: catalogue ? 'number' : 'number none', title: [catalogue && offerOf(catalogue), difference && tellDifference(difference)].filter(Boolean).join('; ') || undefined},
		catalogue ? String(catalogue.tools.length) : none,
		difference && h('span', {class: 'differs', role: 'img', 'aria-label': 'differs from the active target'}, '≠'),
	);
};

const probesCell = remember((probes: readonly number[]): Tree => h('td', {}, sparkline(probes, probesKept)));

const stateCell = (row: TargetState): Tree => {
	const failure = row.failure ? printable(row.failure.message, 300) : row.note && printable(row.note, 300);
	return h(
		'td',
		{},
		h('span', {class: `state ${stateWord(row).toLowerCase()}`}, signOf(row)),
		row.health.status === 'up' && row.health.streak > 0 && h('span', {class: 'streak'}, `${row.health.streak} failed`),
		failure !== undefined && h('span', {class: 'failure', title: failure}, failure),
	);
};

const bodyRow = (row: TargetState, place: number, model: Model): Tree => {
	const {state, now, selected} = model;
	const {target, admin, probe, probes, traffic} = row;
	const isActive = target.id === state.active;
	const lastMs = probes.at(-1);
	return h(
		'tr',
		{
			'data-key': target.id,
			'data-row': target.id,
			class: isActive ? 'is-active' : undefined,
			tabindex: target.id === selected ? 0 : -1,
			'aria-current': isActive ? 'true' : undefined,
		},
		number(String(place)),
		nameCell(target, isActive),
		stateCell(row),
		number(lastMs === undefined || lastMs === noAnswer ? none : formatMs(lastMs)),
		probesCell(probes),
		h('td', {class: 'number soft'}, probe ? ageOf(probe.at, now) : none),
		number(formatRate(traffic.rate)),
		number(formatRatio(traffic.errorRate)),
		number(formatMs(traffic.p95)),
		number(formatCount(traffic.inFlight)),
		toolsCell(row, state),
		rowButtons(target, admin, isActive, isOperable(model)),
	);
};

const places = (state: State): ReadonlyMap<string, number> => new Map(inOrder(state).map(({target}, index) => [target.id, index + 1]));

/** All targets with their health and traffic, and what can be done with each. */
export const targetsTable = (model: Model, still: Still): Tree => {
	const {rows, state, filter} = model;
	const place = places(state);
	const count = Object.keys(state.targets).length;
	return h(
		'section',
		{class: 'card targets', 'aria-labelledby': 'targets-title'},
		h(
			'div',
			{class: 'section-head'},
			h('h2', {id: 'targets-title'}, 'Targets', h('span', {class: 'count'}, rows.length === count ? String(count) : `${rows.length} of ${count}`)),
			still('filter'),
		),
		h(
			'div',
			{class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': 'targets-title'},
			h(
				'table',
				{},
				still('caption'),
				still('head'),
				h('tbody', {}, ...rows.map(row => bodyRow(row, place.get(row.target.id) ?? 0, model)), rows.length === 0 && emptyRow(count, filter, 'No targets are configured.')),
			),
		),
	);
};
