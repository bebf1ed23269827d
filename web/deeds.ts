import type {OperatorAction} from '../source/core/action.ts';
import {findTarget, preferred, type State} from '../source/core/state.ts';
import {printable} from '../source/core/text.ts';
import {isSortKey, type SortKey} from '../source/core/listing.ts';
import {act, type Refusal} from './act.ts';
import type {Choices} from './choices.ts';
import type {Asker} from './dialog.ts';
import {element} from './element.ts';
import type {Line} from './link.ts';
import {nextTheme} from './prefs.ts';
import {askAutomatic, askMaintenance, askSwitch, defaultGoal} from './questions.ts';
import type {Toast} from './toast.ts';
import {askToken} from './token.ts';

type Room = Readonly<{line: Line; choices: Choices; asker: Asker; toast: Toast; redraw: () => void}>;

/** What a button or key does: the target it is about, if any, and the button itself. */
export type Deed = (id: string | undefined, button: HTMLElement | undefined) => void;

const changesActive = (action: OperatorAction): boolean => action.type === 'switch' || action.type === 'failback' || action.type === 'undo';

/** Every `data-do` of the page. */
export const createDeeds = ({line, choices, asker, toast, redraw}: Room): Readonly<Record<string, Deed>> => {
	const getState = (): State => line.getMirror().state;
	const isReady = (): boolean => line.getStatus().status !== 'stale';

	const run = async (action: OperatorAction): Promise<Refusal> => {
		const refusal = await act(action);
		if (refusal?.code === 'TOKEN_NEEDED') {
			askToken();
		}

		return refusal;
	};

	const runAndTell = async (action: OperatorAction, done: string): Promise<void> => {
		const refusal = await run(action);
		toast(refusal ? `${refusal.error} ${refusal.hint}` : done, refusal ? 'bad' : 'good');
	};

	/** A change of the active target: refused by the daemon when it moved since the dialog opened; pressing again then means what the dialog shows now. */
	const change = (way: 'switch' | 'failback' | 'undo', goal: (state: State) => string | undefined): void => {
		let {epoch} = getState();
		asker.ask({
			make: chosen => askSwitch(getState(), way, chosen ?? goal(getState()), epoch),
			isReady,
			async confirm({action}) {
				const from = getState().active;
				const refusal = await run(action);
				if (refusal) {
					({epoch} = getState());
					return refusal;
				}

				const undo = (): void => {
					void runAndTell({type: 'undo', ifEpoch: getState().epoch}, 'The switch is undone.');
				};

				toast(`Switched${from === undefined ? '' : ` away from ${printable(from, 60)}`}.`, 'good', changesActive(action) && from !== undefined ? undo : undefined);
				return undefined;
			},
		});
	};

	const maintain = (id: string): void => {
		const row = findTarget(getState(), id);
		if (askMaintenance(getState(), id)) {
			asker.ask({make: () => askMaintenance(getState(), id), isReady, confirm: async ({action}) => run(action)});
		} else if (row) {
			const isReadyNow = row.admin === 'ready';
			void runAndTell({type: 'admin', id, admin: isReadyNow ? 'maintenance' : 'ready'}, isReadyNow ? `${printable(id, 60)} is out for maintenance.` : `${printable(id, 60)} is back.`);
		}
	};

	const sortBy = (key: SortKey): void => {
		choices.isReversed = choices.sort === key && !choices.isReversed;
		choices.sort = key;
		choices.touchedAt = -Infinity;
		redraw();
	};

	return {
		switch(id) {
			const goal = id === undefined || id === getState().active ? undefined : id;
			change('switch', state => goal ?? defaultGoal(state));
		},
		failback() {
			change('failback', preferred);
		},
		undo() {
			change('undo', state => state.previous);
		},
		automatic() {
			const {isAutomatic} = getState();
			asker.ask({
				make: () => getState().isAutomatic === isAutomatic ? askAutomatic(getState()) : undefined,
				isReady,
				confirm: async ({action}) => run(action),
			});
		},
		check(id) {
			void runAndTell(id === undefined ? {type: 'check'} : {type: 'check', id}, id === undefined ? 'Every target is checked now.' : `${printable(id, 60)} is checked now.`);
		},
		maintenance(id) {
			const wanted = id ?? choices.selected;
			if (wanted !== undefined) {
				maintain(wanted);
			}
		},
		sort(_, button) {
			const key = button?.dataset.sort;
			if (isSortKey(key)) {
				sortBy(key);
			}
		},
		pause() {
			choices.isPaused = !choices.isPaused;
			redraw();
		},
		theme() {
			nextTheme();
			redraw();
		},
		retry: line.retry,
		filter() {
			element<HTMLInputElement>('filter').focus();
		},
		close(_, button) {
			button?.closest('dialog')?.close();
		},
		help() {
			element<HTMLDialogElement>('help').showModal();
		},
	};
};
