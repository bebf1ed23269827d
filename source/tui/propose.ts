import {findTarget, preferred} from '../core/state.ts';
import type {Admin, TargetId} from '../core/target.ts';
import {perform, refusal, type Context} from './context.ts';
import {ask, type Question} from './ui.ts';

/** Open a dialog for a change, unless nothing may be changed now; then say why. */
const propose = (context: Context, question: Question): void => {
	const why = refusal(context);
	if (why === undefined) {
		context.ui.patch({dialog: ask(question)});
	} else {
		context.say('bad', why);
	}
};

const isKnown = (context: Context, id: TargetId | undefined): id is TargetId => {
	if (id === undefined) {
		context.say('note', 'There is no target to do this with');
		return false;
	}

	if (!findTarget(context.client.getState(), id)) {
		context.say('bad', `No target is called ${id}`);
		return false;
	}

	return true;
};

/** Ask whether to switch to this target. */
export const proposeSwitch = (context: Context, id: TargetId | undefined): void => {
	const {active, epoch} = context.client.getState();
	if (!isKnown(context, id)) {
		return;
	}

	if (id === active) {
		context.say('note', `${id} is active already`);
	} else {
		propose(context, {kind: 'switch', id, epoch});
	}
};

/** Ask whether to go back to the preferred target. */
export const proposeFailback = (context: Context): void => {
	const state = context.client.getState();
	const id = preferred(state);
	if (id === undefined) {
		context.say('note', 'No target is ready to fail back to');
	} else if (id === state.active) {
		context.say('note', `${id} is the preferred target and active already`);
	} else {
		propose(context, {kind: 'failback', id, epoch: state.epoch});
	}
};

/** Ask whether to end a client's session. */
export const proposeEndSession = (context: Context, id: string | undefined): void => {
	if (id === undefined) {
		context.say('note', 'There is no session to end here: 3 shows them');
	} else {
		propose(context, {kind: 'end-session', id});
	}
};

/** Ask whether to undo the last switch. */
export const proposeUndo = (context: Context): void => {
	const {previous, epoch} = context.client.getState();
	if (previous === undefined) {
		context.say('note', 'There is no switch to undo');
	} else {
		propose(context, {kind: 'undo', id: previous, epoch});
	}
};

/** Ask whether to turn automatic failover on or off; without a wish, the other way round. */
export const proposeAutomatic = (context: Context, wish?: boolean): void => {
	const {isAutomatic} = context.client.getState();
	if (wish === isAutomatic) {
		context.say('note', `Automatic failover is ${isAutomatic ? 'ON' : 'OFF'} already`);
	} else {
		propose(context, {kind: 'automatic', isAutomatic: !isAutomatic});
	}
};

/** Ask how to take a target out, or whether to bring it back. `admin`: what is wished for, when that was said. */
export const proposeAdmin = (context: Context, id: TargetId | undefined, admin?: Admin): void => {
	if (!isKnown(context, id)) {
		return;
	}

	const current = findTarget(context.client.getState(), id)?.admin;
	if (admin !== undefined && admin === current) {
		context.say('note', `${id} is in ${admin} already`);
	} else {
		propose(context, {kind: 'admin', id, admin});
	}
};

/** Check one target's health now, or all. Harmless, so nothing is asked. */
export const checkNow = async (context: Context, id?: TargetId): Promise<void> => {
	const why = context.isReadOnly || context.client.getLink().status === 'lost' ? refusal(context) : undefined;
	if (why !== undefined || (id !== undefined && !isKnown(context, id))) {
		if (why !== undefined) {
			context.say('bad', why);
		}

		return;
	}

	const error = await perform(context, {type: 'check', ...(id === undefined ? {} : {id})});
	if (error) {
		context.say('bad', error.message);
	} else {
		context.say('note', `checking ${id ?? 'all targets'}`);
	}
};
