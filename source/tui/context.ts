import type {Client} from '../client/client.ts';
import {findTarget, type TargetState} from '../core/state.ts';
import {toAppError, type AppError} from '../core/errors.ts';
import type {OperatorAction} from '../core/action.ts';
import {keepOrder, listTargets, type ListWish} from '../core/listing.ts';
import type {Pulse, Snapshot} from './pulse.ts';
import type {Tone, UiCell} from './ui.ts';

/** `stop`: the proxy is to end with this view. `leave`: only the view ends. */
export type Exit = 'stop' | 'leave';

/** What keys and commands work with. */
export type Context = Readonly<{
	client: Client;
	pulse: Pulse;
	ui: UiCell;
	/** The targets shown, in the order shown. */
	list: () => readonly TargetState[];
	say: (tone: Tone, text: string) => void;
	/** `own`: the proxy lives in this process. `attached`: elsewhere. */
	mode: 'own' | 'attached';
	isReadOnly: boolean;
	clock: () => number;
	leave: (exit: Exit) => void;
	copyOut: (text: string) => void;
	suspend: () => void;
	redraw: () => void;
}>;

/** How long after a key the order of the list holds still. */
const stillness = 2000;

/** The list as shown: filtered, sorted, and not jumping under someone's fingers. */
export const createList = (pulse: Pulse, ui: UiCell): (() => readonly TargetState[]) => {
	let last: {snapshot: Snapshot; wish: ListWish; shown: readonly TargetState[]} | undefined;
	return () => {
		const snapshot = pulse.get();
		const {filter, isFilterOn, sort, isReversed, keyAt} = ui.get();
		const wish = {filter, isFilterOn, sort, isReversed};
		const isSameWish = last !== undefined && JSON.stringify(last.wish) === JSON.stringify(wish);
		if (last && isSameWish && last.snapshot.state === snapshot.state) {
			return last.shown;
		}

		const sorted = listTargets(snapshot.state, wish);
		const shown = last && isSameWish && snapshot.at - keyAt < stillness ? keepOrder(sorted, last.shown.map(({target}) => target.id)) : sorted;
		last = {snapshot, wish, shown};
		return shown;
	};
};

/** The target the cursor is on; on a target's own page that one, whatever the filter says. */
export const selectedTarget = ({list, ui, pulse}: Pick<Context, 'list' | 'ui' | 'pulse'>): TargetState | undefined => {
	const {selected, page} = ui.get();
	if (page === 'target') {
		return findTarget(pulse.get().state, selected);
	}

	const shown = list();
	return shown.find(({target}) => target.id === selected) ?? shown[0];
};

/** Why nothing may be changed now, in a sentence; undefined when it may. */
export const refusal = ({client, pulse, isReadOnly, clock}: Context): string | undefined => {
	const {frozenAt} = pulse.get();
	if (isReadOnly) {
		return 'Read-only: keys that change things are off';
	}

	if (client.getLink().status === 'lost') {
		return 'The link is lost: keys that change things are off';
	}

	if (frozenAt !== undefined && clock() - frozenAt > 60_000) {
		return 'The screen has been frozen for over a minute: p thaws it';
	}

	return client.getState().isStopping ? 'The proxy is stopping' : undefined;
};

/** Begin something that takes time, from a key. What goes wrong is shown, never thrown. */
export const begin = ({say}: Pick<Context, 'say'>, deed: () => Promise<void>): void => {
	deed().catch((error: unknown) => {
		say('bad', toAppError(error).message);
	});
};

/** Ask the proxy for something. Resolves with what it refused, or nothing when it is done. */
export const perform = async ({client}: Context, action: OperatorAction): Promise<AppError | undefined> => {
	try {
		await client.run(action);
		return undefined;
	} catch (error) {
		return toAppError(error);
	}
};
