import type {OperatorAction} from '../../core/action.ts';
import {decide} from '../../core/decide.ts';
import {differenceTo, tellDifference} from '../../core/gate.ts';
import {count} from '../../core/sentence.ts';
import {findTarget, isCandidate, sessionsOf, stateWord, type State, type TargetState} from '../../core/state.ts';
import type {Context} from './command.ts';
import {cell, type Output} from './output.ts';
import type {Control} from './source.ts';

/** What speaks against a target: that it can not serve, and what clients would miss on it. */
const warningsOf = (state: State, target: TargetState): string[] => {
	const {target: {id}, failure} = target;
	const difference = differenceTo(state, id);
	return [
		...(isCandidate(target) ? [] : [`${id} is ${stateWord(target)}${failure ? `: ${failure.message}` : ''}`]),
		...(difference ? [`${id} ${tellDifference(difference)}`] : []),
	];
};

/** What an action would do, decided by the daemon's own rules; throws what it would refuse. */
const planOf = (state: State, action: OperatorAction) => {
	const events = decide({...state, isAutomatic: false}, action, {at: Date.now(), now: 0});
	const move = events.find(event => event.type === 'active.switched');
	const target = findTarget(state, move?.to);
	const difference = differenceTo(state, move?.to);
	return {
		from: state.active ?? null,
		to: move?.to ?? state.active ?? null,
		isChange: move !== undefined,
		isForced: move?.isForced ?? false,
		inFlight: findTarget(state, move?.from)?.traffic.inFlight ?? 0,
		sessions: move ? sessionsOf(state, move.from).length : 0,
		tools: {missing: difference?.missing ?? [], changed: difference?.changed ?? []},
		warnings: target ? warningsOf(state, target) : [],
	};
};

const words = ({isChange, inFlight, sessions, warnings, ...plan}: ReturnType<typeof planOf>, out: Output): string => {
	const [from, to] = [cell(plan.from ?? 'no target'), cell(plan.to ?? 'no target')];
	if (!isChange) {
		return `${to} is active already: nothing would change.`;
	}

	const moved = sessions > 0 ? ` ${count(sessions, 'session')} would go on there.` : '';
	return [
		`${from} ${out.glyph('→', '->')} ${to}: would switch; ${inFlight} in flight would finish where they are.${moved}`,
		...warnings.map(warning => `  Beware: ${cell(warning)}`),
	].join('\n');
};

/** Shows what an action would do; throws what the daemon would refuse. */
export const showPlan = ({out}: Context, action: OperatorAction, {getState, isRunning}: Control): void => {
	const plan = planOf(getState(), action);
	out.show({schema: 'pmcp.plan/v1', generatedAt: new Date().toISOString(), plan: {...plan, isRunning}}, () => words(plan, out));
};
