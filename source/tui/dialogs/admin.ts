import {findTarget, candidates, stateWord, type State} from '../../core/state.ts';
import type {Admin, TargetId} from '../../core/target.ts';
import {begin, perform, type Context} from '../context.ts';
import type {Look} from '../theme.ts';
import type {Dialog} from '../ui.ts';
import {blank, line, type Block, type Choice, type DialogView} from './view.ts';

type AdminDialog = Extract<Dialog, {kind: 'admin'}>;
type AutomaticDialog = Extract<Dialog, {kind: 'automatic'}>;

const close = ({ui}: Context) => (): void => {
	ui.patch({dialog: undefined});
};

/** Whether taking this target out would leave nobody to serve. */
const isLast = (state: State, id: TargetId): boolean => state.active === id && !candidates(state).some(({target}) => target.id !== id);

const consequences = (look: Look, state: State, id: TargetId): Block[] => {
	if (state.active !== id) {
		return [line(2, 'It is on standby: no traffic moves. Failover leaves it out until it is back.')];
	}

	const next = candidates(state).find(({target}) => target.id !== id);
	return next
		? [line(1, `It is active: traffic moves to ${state.rules.policy === 'priority' ? next.target.id : `another candidate (policy ${state.rules.policy})`}, what is in flight finishes here.`)]
		: [line(0, [['red', 'bold'], `${look.glyphs.warning} No other target is up: clients get 503 until one is.`])];
};

const set = async (context: Context, dialog: AdminDialog, admin: Admin): Promise<void> => {
	const isForced = isLast(context.client.getState(), dialog.id) && admin !== 'ready';
	const error = await perform(context, {type: 'admin', id: dialog.id, admin, ...(isForced ? {isForced} : {})});
	context.ui.patch({dialog: undefined});
	if (error) {
		context.say('bad', error.message);
	}
};

/** Take a target out, or bring it back. */
export const adminView = (context: Context, look: Look, dialog: AdminDialog): DialogView => {
	const state = context.client.getState();
	const {id} = dialog;
	const target = findTarget(state, id);
	const choose = (key: string, label: string, admin: Admin): Choice => ({key, label, run() {
		begin(context, async () => set(context, dialog, admin));
	}});
	if (!target) {
		return {title: 'Maintenance', layout: 'row', body: [line(0, `${id} is gone from the settings.`), blank], choices: [{key: '', label: 'Close', run: close(context)}]};
	}

	if (target.admin !== 'ready') {
		return {
			title: `Bring ${id} back`,
			layout: 'row',
			body: [line(0, `${id} is in ${stateWord(target)}. Ready means: its probes count and failover may choose it.`), line(2, 'No traffic moves to it by this alone.'), blank],
			choices: [{key: '', label: 'Cancel', run: close(context)}, choose('y', `Make ${id} ready`, 'ready')],
		};
	}

	const wished = dialog.admin === undefined ? [] : [dialog.admin];
	const all: Choice[] = [choose('m', 'Maintenance   no traffic until you bring it back', 'maintenance'), choose('d', 'Drain         no new requests, finish what it has', 'drain')];
	return {
		title: `Take ${id} out`,
		layout: 'list',
		body: [...consequences(look, state, id), line(3, 'Back with m again.'), blank],
		choices: [{key: '', label: 'Cancel', run: close(context)}, ...(wished.includes('drain') ? all.toReversed() : all)],
		...(isLast(state, id) ? {expects: id} : {}),
	};
};

/** Automatic failover on or off. */
export const automaticView = (context: Context, _look: Look, {isAutomatic}: AutomaticDialog): DialogView => {
	const state = context.client.getState();
	const turn = async (): Promise<void> => {
		const error = await perform(context, {type: 'automatic', isAutomatic});
		context.ui.patch({dialog: undefined});
		if (error) {
			context.say('bad', error.message);
		}
	};

	return {
		title: `Turn auto-failover ${isAutomatic ? 'ON' : 'OFF'}`,
		layout: 'row',
		body: [
			isAutomatic
				? line(1, `When ${state.active ?? 'the active target'} fails, the proxy moves to the next candidate by itself.`)
				: line(1, `While it is off nothing moves when ${state.active ?? 'the active target'} fails: clients get errors.`),
			line(2, isAutomatic ? 'If it can not serve right now, it moves at once.' : 'Switches by hand work as before.'),
			blank,
		],
		choices: [{key: '', label: 'Cancel', run: close(context)}, {key: 'y', label: `Turn it ${isAutomatic ? 'ON' : 'OFF'}`, run() {
			begin(context, turn);
		}}],
	};
};
