import {formatMs, formatCount, formatRate, formatRatio, none} from '../source/api/page/figures.ts';
import {signOf, standbyOf} from '../source/api/page/model.ts';
import {h, type Tree} from '../source/api/page/tree.ts';
import type {OperatorAction} from '../source/core/action.ts';
import {differenceTo, isBarred, tellDifference} from '../source/core/gate.ts';
import {findTarget, inOrder, isCandidate, noAnswer, preferred, sessionsOf, stateWord, type State, type TargetState} from '../source/core/state.ts';
import {printable} from '../source/core/text.ts';

/** What is asked before something is done. Made anew from each state, so that what it shows is live. */
export type Question = Readonly<{
	title: string;
	body: Tree;
	confirm: string;
	/** This must be typed first: it is about to hurt. */
	typed: string | undefined;
	action: OperatorAction;
}>;

const lastProbe = ({probes}: TargetState): string => {
	const ms = probes.at(-1);
	return ms === undefined || ms === noAnswer ? none : formatMs(ms);
};

/** What is compared before a switch, a line each. */
const facts: ReadonlyArray<readonly [label: string, tell: (row: TargetState, state: State) => string]> = [
	['State', signOf],
	['Probe', lastProbe],
	['Req/s', ({traffic}) => formatRate(traffic.rate)],
	['Errors', ({traffic}) => formatRatio(traffic.errorRate)],
	['p95', ({traffic}) => formatMs(traffic.p95)],
	['In flight', ({traffic}) => formatCount(traffic.inFlight)],
	['Tools', ({catalogue}) => catalogue ? String(catalogue.tools.length) : none],
	['Sessions', ({target}, state) => String(sessionsOf(state, target.id).length)],
];

const comparison = (state: State, from: TargetState | undefined, to: TargetState): Tree => {
	const columns = [['from', from], ['to', to]] as const;
	return h(
		'table',
		{},
		h('caption', {class: 'hidden'}, 'Health and traffic of both'),
		h('thead', {}, h('tr', {}, h('td'), ...columns.map(([word, row]) => h('th', {scope: 'col', class: 'number'}, row && `${word} ${printable(row.target.id, 40)}`)))),
		h('tbody', {}, ...facts.map(([label, tell]) => h('tr', {}, h('th', {scope: 'row'}, label), ...columns.map(([, row]) => h('td', {class: 'number'}, row && tell(row, state)))))),
	);
};

const choice = (state: State, to: TargetState): Tree | undefined => {
	const others = inOrder(state).filter(({target}) => target.id !== state.active);
	const options = others.map(row => h('option', {value: row.target.id, selected: row === to}, `${row.target.id}  ${signOf(row)}`));
	return options.length > 1 ? h('label', {class: 'choice'}, 'Switch to ', h('select', {}, ...options)) : undefined;
};

const staysTheSame = (state: State): Tree => {
	const home = preferred(state);
	return h(
		'ul',
		{class: 'notes'},
		h('li', {}, 'Requests in flight finish where they began.'),
		h('li', {}, `Automatic failover stays ${state.isAutomatic ? 'on' : 'off'}${home === undefined ? '' : `; the preferred target stays ${home}`}.`),
	);
};

/** What clients would miss there. */
const difference = (state: State, {target: {id}}: TargetState): Tree | undefined => {
	const found = state.rules.gate === 'ignore' ? undefined : differenceTo(state, id);
	const rule = isBarred(state, id) ? ' The settings want a target that offers the same.' : '';
	return found && h('p', {class: 'notice'}, `! ${id} ${tellDifference(found)}.${rule}`);
};

const warning = (to: TargetState): Tree => {
	const why = to.failure ? `: ${printable(to.failure.message, 200)}` : '';
	return h('p', {class: 'warning'}, `${to.target.id} is ${stateWord(to)}${why}. Requests will fail until it is up and ready.`);
};

type Way = 'switch' | 'failback' | 'undo';

const titles: Readonly<Record<Way, string>> = {switch: 'Switch the active target', failback: 'Fail back to the preferred target', undo: 'Undo the last switch'};

/** Where a switch goes when none was named: the standby that is up, else the first other target. */
export const defaultGoal = (state: State): string | undefined => standbyOf(state)?.target.id ?? inOrder(state).find(({target}) => target.id !== state.active)?.target.id;

/** Before any change of the active target; undefined when there is nothing to change to. */
export const askSwitch = (state: State, way: Way, id: string | undefined, ifEpoch: number): Question | undefined => {
	const to = findTarget(state, id);
	if (!to || to.target.id === state.active) {
		return undefined;
	}

	const from = findTarget(state, state.active);
	const canServe = isCandidate(to);
	const isSafe = canServe && !isBarred(state, to.target.id);
	const plain: OperatorAction = way === 'switch' ? {type: 'switch', id: to.target.id, ifEpoch} : {type: way, ifEpoch};
	return {
		title: titles[way],
		body: h('div', {}, way === 'switch' && choice(state, to), comparison(state, from, to), difference(state, to), canServe ? staysTheSame(state) : warning(to)),
		confirm: `Switch to ${printable(to.target.id, 60)}`,
		typed: isSafe ? undefined : to.target.id,
		action: isSafe ? plain : {type: 'switch', id: to.target.id, isForced: true, ifEpoch},
	};
};

export const askAutomatic = ({isAutomatic}: State): Question => {
	const meaning = isAutomatic
		? 'While it is off, a target that goes down keeps the traffic until someone switches.'
		: 'When the active target goes down, traffic moves to the next one that is up.';
	return {
		title: `Turn automatic failover ${isAutomatic ? 'off' : 'on'}`,
		body: h('p', {}, meaning),
		confirm: `Turn it ${isAutomatic ? 'off' : 'on'}`,
		typed: undefined,
		action: {type: 'automatic', isAutomatic: !isAutomatic},
	};
};

/** Before the active target is taken out; undefined when nothing needs to be asked. */
export const askMaintenance = (state: State, id: string): Question | undefined => {
	const row = findTarget(state, id);
	if (row?.admin !== 'ready' || id !== state.active) {
		return undefined;
	}

	const standby = standbyOf(state);
	return {
		title: `Take ${printable(id, 60)} out for maintenance`,
		body: standby
			? h('p', {}, `It is active: traffic moves to ${printable(standby.target.id, 60)} now. Requests in flight finish where they began.`)
			: h('p', {class: 'warning'}, 'It is active and no other target is up. Requests will get 503.'),
		confirm: 'Take it out',
		typed: standby ? undefined : id,
		action: {type: 'admin', id, admin: 'maintenance', ...(standby ? {} : {isForced: true})},
	};
};
