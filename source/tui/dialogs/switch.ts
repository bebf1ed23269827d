import type {OperatorAction} from '../../core/action.ts';
import {formatAge, formatDuration} from '../../core/duration.ts';
import type {AppError} from '../../core/errors.ts';
import {differenceTo, isBarred, tellDifference} from '../../core/gate.ts';
import {findTarget, isCandidate, noAnswer, preferred, sessionsOf, stateWord, type State, type TargetState} from '../../core/state.ts';
import type {TargetId} from '../../core/target.ts';
import {begin, perform, type Context} from '../context.ts';
import {statePiece, type Look, type Piece} from '../theme.ts';
import type {Dialog, SwitchKind} from '../ui.ts';
import {blank, line, type Block, type DialogView, type StaticRows} from './view.ts';

export type SwitchDialog = Extract<Dialog, {kind: SwitchKind}>;

/** Where a failback or an undo would go. */
export const destinationOf = (kind: SwitchKind, state: State, id: TargetId): TargetId => {
	if (kind === 'switch') {
		return id;
	}

	return (kind === 'undo' ? state.previous : preferred(state)) ?? id;
};

const titles = {switch: 'Switch active target', failback: 'Fail back', undo: 'Undo the last switch'} as const;

const describeProbe = ({probes, probe}: TargetState): string => {
	const last = probes.at(-1);
	if (last === undefined || probe === undefined) {
		return 'none yet';
	}

	return last === noAnswer ? 'no answer' : formatDuration(last);
};

const facts = (look: Look, state: State, target: TargetState | undefined, at: number): string[] => {
	if (!target) {
		return ['-', '-', '-', '-', '-', '-'];
	}

	const word = statePiece(look, stateWord(target));
	const since = formatAge(at - target.healthAt);
	return [
		`${typeof word === 'string' ? word : word[1]} ${since}`,
		describeProbe(target),
		target.traffic.p95 === undefined ? '-' : formatDuration(target.traffic.p95),
		String(target.traffic.inFlight),
		target.catalogue ? String(target.catalogue.tools.length) : '-',
		String(sessionsOf(state, target.target.id).length),
	];
};

/** Both targets side by side. */
const comparison = (look: Look, state: State, {from, to}: {from: TargetState | undefined; to: TargetState}, at: number): StaticRows => {
	const now = `now ${from?.target.id ?? 'none'}`;
	const then = `then ${to.target.id}`;
	const [left, right] = [facts(look, state, from, at), facts(look, state, to, at)];
	const hasMcp = sessionsOf(state).length > 0 || from?.catalogue !== undefined || to.catalogue !== undefined;
	const words = ['state', 'last probe', 'p95', 'in flight', ...(hasMcp ? ['tools', 'sessions'] : [])];
	return {columns: [' ', now, then], rows: words.map((word, index) => ({' ': word, [now]: left[index] ?? '', [then]: right[index] ?? ''}))};
};

const speed = (from: TargetState | undefined, to: TargetState): string => {
	const [before, after] = [from?.probes.at(-1), to.probes.at(-1)];
	if (before === undefined || after === undefined || before <= 0 || after <= 0) {
		return '';
	}

	const ratio = after / before;
	return ratio >= 1.5 ? ` (probes ${ratio.toFixed(1)} times slower)` : '';
};

const warningOf = (target: TargetState): string => {
	const why = target.admin === 'ready' ? target.failure?.message ?? 'its probes fail' : 'an operator took it out';
	return `${target.target.id} is ${stateWord(target)}: ${why}`;
};

const warnings = (look: Look, to: TargetState): Block[] => [
	line(0, [['red', 'bold'], `${look.glyphs.warning} ${warningOf(to)}`]),
	line(3, to.admin === 'ready' ? 'Clients get errors until it answers, and nothing moves away by itself.' : 'Better: m makes it ready first. By force, nothing moves away by itself.'),
];

/** What clients would miss there, and what the rules say to that. */
const differences = (look: Look, state: State, {target: {id}}: TargetState): Block[] => {
	const difference = state.rules.gate === 'ignore' ? undefined : differenceTo(state, id);
	if (!difference) {
		return [];
	}

	const rule = state.rules.gate === 'require' ? [line(3, 'The settings want a target that offers the same: by force only.')] : [];
	return [line(0, [['yellow', 'bold'], `${look.glyphs.warning} ${id} ${tellDifference(difference)}`]), ...rule];
};

/** Whether it takes force to switch there. */
const needsForce = (state: State, to: TargetState): boolean => !isCandidate(to) || isBarred(state, to.target.id);

const bodyOf = (look: Look, state: State, to: TargetState, at: number): Block[] => {
	const from = findTarget(state, state.active);
	const inFlight = from?.traffic.inFlight ?? 0;
	const {id} = to.target;
	const mark: Piece = from ? ['cyan', `${look.glyphs.active} `] : '';
	const flight = inFlight > 0 && from ? `${inFlight} in flight on ${from.target.id} finish there; new requests go to ${id}` : `Nothing is in flight; new requests go to ${id}`;
	return [
		line(0, mark, ['bold', from?.target.id ?? 'none'], `  ${look.glyphs.arrow}  `, ['bold', id], ['dim', speed(from, to)]),
		blank,
		{rank: 5, table: comparison(look, state, {from, to}, at)},
		blank,
		...(isCandidate(to) ? [] : warnings(look, to)),
		...differences(look, state, to),
		line(2, `${flight}.`),
		line(3, `Auto-failover stays ${state.isAutomatic ? 'ON' : 'OFF'}. Preferred stays ${preferred(state) ?? 'none'}.`),
		...(from ? [line(4, `Undo with u, or pmcp switch ${from.target.id}`)] : []),
		blank,
	];
};

const actionOf = ({kind}: SwitchDialog, id: TargetId, {isForced, ifEpoch}: {isForced: boolean; ifEpoch: number}): OperatorAction =>
	isForced || kind === 'switch' ? {type: 'switch', id, isForced, ifEpoch} : {type: kind, ifEpoch};

/** The dialog over the state as it is now: what to look at again, and why. */
const refreshed = (dialog: SwitchDialog, state: State, note: string): SwitchDialog => ({...dialog, id: destinationOf(dialog.kind, state, dialog.id), epoch: state.epoch, note, focus: 0, typed: ''});

const movedNote = (state: State): string => `The active target changed meanwhile: it is ${state.active ?? 'none'} now. Look again.`;

/** Whether a refusal says that the person saw an older state. */
const isOutdated = ({code}: AppError): boolean => code === 'STATE_MOVED' || code === 'TARGET_UNHEALTHY' || code === 'TARGET_DIFFERS';

/** Do what the dialog says, unless the state moved under it: then show the new state instead. */
const confirm = async (context: Context, dialog: SwitchDialog): Promise<void> => {
	const {client, ui, say} = context;
	const state = client.getState();
	if (state.epoch !== dialog.epoch) {
		ui.patch({dialog: refreshed(dialog, state, movedNote(state))});
		return;
	}

	const id = destinationOf(dialog.kind, state, dialog.id);
	const target = findTarget(state, id);
	const isForced = target !== undefined && needsForce(state, target);
	const error = await perform(context, actionOf(dialog, id, {isForced, ifEpoch: dialog.epoch}));
	const current = ui.get().dialog;
	if (current?.kind !== dialog.kind) {
		return;
	}

	if (error && isOutdated(error)) {
		ui.patch({dialog: refreshed(dialog, client.getState(), error.message)});
		return;
	}

	ui.patch({dialog: undefined});
	if (error) {
		say('bad', error.message);
	}
};

/** The consequences of a switch, before it is made. */
export const switchView = (context: Context, look: Look, dialog: SwitchDialog): DialogView => {
	const state = context.client.getState();
	const id = destinationOf(dialog.kind, state, dialog.id);
	const to = findTarget(state, id);
	const cancel = (): void => {
		context.ui.patch({dialog: undefined});
	};

	if (!to || id === state.active) {
		return {
			title: titles[dialog.kind],
			layout: 'row',
			body: [line(0, to ? `${id} is active now: there is nothing left to do.` : `${id} is gone from the settings.`), blank],
			choices: [{key: '', label: 'Close', run: cancel}],
		};
	}

	const note: Block[] = dialog.note === undefined ? [] : [line(0, [['yellow', 'bold'], `${look.glyphs.warning} ${dialog.note}`]), blank];
	const isForced = needsForce(state, to);
	return {
		title: titles[dialog.kind],
		layout: 'row',
		body: [...note, ...bodyOf(look, state, to, context.clock())],
		...(isForced ? {expects: id} : {}),
		choices: [
			{key: '', label: 'Cancel', run: cancel},
			{key: isForced ? '' : 'y', label: isForced ? `Force ${id}` : `Switch to ${id}`, run() {
				begin(context, async () => confirm(context, dialog));
			}},
		],
	};
};
