import {isAllDown} from './lines/banners.ts';
import {columnCount} from './lines/targets.ts';
import {begin, selectedTarget, type Context} from './context.ts';
import type {CommandId} from './keymap.ts';
import {scrollLimit} from './layout.ts';
import {moveCall, moveSession, moveToError, selectedCall, selectedSession} from './lists.ts';
import {checkNow, proposeAdmin, proposeAutomatic, proposeEndSession, proposeFailback, proposeSwitch, proposeUndo} from './propose.ts';
import {ask, type Ui} from './ui.ts';

const selectedId = (context: Context): string | undefined => selectedTarget(context)?.target.id;

const isList = ({page, pane}: Ui): boolean => page === 'list' && pane === 'targets';

/** Move the selection, or scroll what is no list. The selection follows the target, not the row. */
const move = (context: Context, step: number): void => {
	const {ui} = context;
	const {page} = ui.get();
	if (page === 'traffic') {
		moveCall(context, step);
		return;
	}

	if (page === 'sessions') {
		moveSession(context, step);
		return;
	}

	if (!isList(ui.get())) {
		ui.patch({scroll: Math.max(0, Math.min(scrollLimit(context), ui.get().scroll + step))});
		return;
	}

	const list = context.list();
	const index = list.findIndex(({target}) => target.id === selectedId(context));
	const next = list[Math.max(0, Math.min(list.length - 1, index + step))];
	ui.patch({selected: next?.target.id});
};

const pageOf = ({ui}: Context): number => Math.max(1, ui.get().rows - 8);

const sideways = ({ui}: Context, step: number): void => {
	const current = ui.get();
	const [limit, cells] = isList(current) ? [columnCount - 2, 1] : [400, 8];
	ui.patch({sideways: Math.max(0, Math.min(limit, current.sideways + (step * cells)))});
};

/** The calls that a filter lets through, or all. */
const showTraffic = ({ui}: Context, callFilter = ui.get().callFilter): void => {
	ui.patch({page: 'traffic', callFilter, isFilterOn: true, call: undefined, scroll: 0, sideways: 0});
};

const open = (context: Context): void => {
	const {client, ui} = context;
	if (client.getLink().status === 'lost') {
		client.retry();
		context.say('note', 'trying again now');
		return;
	}

	const {page} = ui.get();
	const call = page === 'traffic' ? selectedCall(context) : undefined;
	const session = page === 'sessions' ? selectedSession(context) : undefined;
	if (call) {
		ui.patch({page: 'call', call: call.id, scroll: 0});
	} else if (session) {
		showTraffic(context, `session:${session.id}`);
	}

	const id = selectedId(context);
	if (page === 'list' && id !== undefined) {
		ui.patch({page: 'target', selected: id, scroll: 0, sideways: 0});
	}
};

/** One step back; false when there is nowhere to go back to. */
const goBack = ({ui}: Context): boolean => {
	const {page, pane, filter, callFilter, sideways} = ui.get();
	if (page === 'call') {
		ui.patch({page: 'traffic', scroll: 0});
	} else if (page === 'traffic' && callFilter !== '') {
		ui.patch({callFilter: ''});
	} else if (page !== 'list') {
		ui.patch({page: 'list', scroll: 0, sideways: 0, search: ''});
	} else if (pane !== 'targets' || sideways > 0) {
		ui.patch({pane: 'targets', scroll: 0, sideways: 0});
	} else if (filter === '') {
		return false;
	} else {
		ui.patch({filter: ''});
	}

	return true;
};

const changePane = ({ui}: Context): void => {
	const {page, pane} = ui.get();
	if (page === 'list') {
		ui.patch({pane: pane === 'targets' ? 'events' : 'targets', scroll: 0, sideways: 0});
	}
};

const quit = (context: Context): void => {
	if (context.mode === 'attached') {
		context.leave('leave');
	} else {
		context.ui.patch({dialog: ask({kind: 'quit'}), prompt: undefined});
	}
};

/** Colour, no colour, ASCII with and without: each press the next. */
const changeLook = ({ui, say}: Context): void => {
	const {isAscii, isColored} = ui.get();
	ui.patch(isColored ? {isColored: false} : {isColored: true, isAscii: !isAscii});
	const next = ui.get();
	say('note', `${next.isAscii ? 'plain' : 'Unicode'} glyphs, ${next.isColored ? 'colour' : 'no colour'}`);
};

const freeze = ({pulse, say}: Context): void => {
	const isFrozen = pulse.get().frozenAt === undefined;
	pulse.freeze(isFrozen);
	say('note', isFrozen ? 'frozen: the traffic goes on, p thaws' : 'live again');
};

const findError = (context: Context, step: 1 | -1): void => {
	if (['traffic', 'call'].includes(context.ui.get().page) && !moveToError(context, step)) {
		context.say('note', `no ${step === 1 ? 'older' : 'newer'} call went wrong`);
	}
};

/** What each key of the table does. */
export const commands: Readonly<Record<CommandId, (context: Context) => void>> = {
	up(context) {
		move(context, -1);
	},
	down(context) {
		move(context, 1);
	},
	first(context) {
		move(context, -100_000);
	},
	last(context) {
		move(context, 100_000);
	},
	'page-up'(context) {
		move(context, -pageOf(context));
	},
	'page-down'(context) {
		move(context, pageOf(context));
	},
	'half-up'(context) {
		move(context, -Math.ceil(pageOf(context) / 2));
	},
	'half-down'(context) {
		move(context, Math.ceil(pageOf(context) / 2));
	},
	left(context) {
		sideways(context, -1);
	},
	right(context) {
		sideways(context, 1);
	},
	open,
	back(context) {
		goBack(context);
	},
	'pane-next': changePane,
	'pane-previous': changePane,
	'view-targets'({ui}) {
		ui.patch({page: 'list', pane: 'targets', scroll: 0, sideways: 0});
	},
	'view-traffic'(context) {
		showTraffic(context);
	},
	'view-sessions'({ui}) {
		ui.patch({page: 'sessions', scroll: 0, sideways: 0});
	},
	'target-traffic'(context) {
		const id = selectedId(context);
		showTraffic(context, id === undefined ? '' : `target:${/\s/v.test(id) ? `"${id}"` : id}`);
	},
	follow({ui}) {
		ui.patch({call: undefined});
	},
	'error-next'(context) {
		findError(context, 1);
	},
	'error-previous'(context) {
		findError(context, -1);
	},
	'end-session'(context) {
		proposeEndSession(context, context.ui.get().page === 'sessions' ? selectedSession(context)?.id : undefined);
	},
	filter({ui}) {
		if (ui.get().page === 'traffic') {
			const {callFilter} = ui.get();
			ui.patch({prompt: {kind: 'calls', text: callFilter, before: callFilter, choice: 0, recall: 0}, isFilterOn: true});
			return;
		}

		ui.patch({page: 'list', prompt: {kind: 'filter', text: ui.get().filter, before: ui.get().filter, choice: 0, recall: 0}, isFilterOn: true});
	},
	'filter-toggle'({ui}) {
		ui.patch({isFilterOn: !ui.get().isFilterOn});
	},
	sort({ui}) {
		ui.patch({dialog: ask({kind: 'sort'})});
	},
	'sort-reverse'({ui}) {
		ui.patch({isReversed: !ui.get().isReversed});
	},
	freeze,
	copy(context) {
		const id = selectedId(context);
		if (id !== undefined) {
			context.ui.patch({dialog: ask({kind: 'copy', id})});
		}
	},
	redraw(context) {
		context.redraw();
	},
	look: changeLook,
	switch(context) {
		proposeSwitch(context, selectedId(context));
	},
	failback: proposeFailback,
	undo: proposeUndo,
	automatic(context) {
		proposeAutomatic(context);
	},
	maintenance(context) {
		proposeAdmin(context, selectedId(context));
	},
	check(context) {
		begin(context, async () => checkNow(context, isAllDown(context.client.getState()) ? undefined : selectedId(context)));
	},
	command({ui}) {
		ui.patch({prompt: {kind: 'command', text: '', before: '', choice: 0, recall: 0}});
	},
	help({ui}) {
		ui.patch({page: 'help', scroll: 0, sideways: 0, search: ''});
	},
	quit(context) {
		if (context.ui.get().page === 'list' || !goBack(context)) {
			quit(context);
		}
	},
	interrupt: quit,
	suspend(context) {
		if (context.mode === 'own') {
			context.ui.patch({dialog: ask({kind: 'suspend'})});
		} else {
			context.suspend();
		}
	},
};
