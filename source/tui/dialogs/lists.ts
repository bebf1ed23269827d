import {findTarget} from '../../core/state.ts';
import type {Context} from '../context.ts';
import {isSortKey} from '../../core/listing.ts';
import {sorts} from '../sort.ts';
import type {Look} from '../theme.ts';
import type {Dialog} from '../ui.ts';
import {blank, line, type Choice, type DialogView} from './view.ts';

/** What to sort the list by. The order in force comes first. */
export const sortView = ({ui}: Context, _look: Look): DialogView => {
	const {sort} = ui.get();
	const keys = Object.keys(sorts).filter(key => isSortKey(key));
	const ordered = [sort, ...keys.filter(key => key !== sort)];
	return {
		title: 'Sort by',
		layout: 'list',
		body: [],
		choices: ordered.map(key => ({
			key: '',
			label: `${sorts[key].column.padEnd(7)} ${sorts[key].title}`,
			run() {
				ui.patch({sort: key, isReversed: false, dialog: undefined});
			},
		})),
	};
};

const quoted = (name: string): string => /^[\w.\-]+$/v.test(name) ? name : `'${name.replaceAll('\'', String.raw`'\''`)}'`;

/** What to put on the clipboard. */
export const copyView = (context: Context, _look: Look, {id}: Extract<Dialog, {kind: 'copy'}>): DialogView => {
	const target = findTarget(context.client.getState(), id)?.target;
	const choice = (key: string, label: string, text: string): Choice => ({
		key,
		label: `${label.padEnd(8)} ${text}`,
		run() {
			context.ui.patch({dialog: undefined});
			context.copyOut(text);
			context.say('good', `copied ${text}`);
		},
	});
	return {
		title: 'Copy',
		layout: 'list',
		body: [],
		choices: [
			choice('n', 'name', id),
			...(target ? [choice('u', 'URL', target.url)] : []),
			choice('c', 'command', `pmcp switch ${quoted(id)}`),
			choice('p', 'proxy', context.client.url),
		],
	};
};

/** Leaving while the proxy lives in this process. */
export const quitView = ({client, ui, leave}: Context): DialogView => {
	const inFlight = Object.values(client.getState().targets).reduce((sum, {traffic}) => sum + traffic.inFlight, 0);
	return {
		title: 'Leave pmcp',
		layout: 'list',
		body: [line(1, `The proxy runs in this program and serves ${client.url}`), line(2, inFlight === 1 ? '1 request is in flight.' : `${inFlight} requests are in flight.`), blank],
		choices: [
			{
				key: 's',
				label: 'Stay',
				run() {
					ui.patch({dialog: undefined});
				},
			},
			{
				key: 'x',
				label: 'Stop   finish what is in flight, then end',
				run() {
					leave('stop');
				},
			},
		],
	};
};

/** Suspending stops every thread of this process, so the proxy too: say so first. */
export const suspendView = ({ui, suspend}: Context): DialogView => ({
	title: 'Suspend',
	layout: 'row',
	body: [line(0, 'The proxy runs in this program: while it is suspended, clients wait.'), line(2, 'Bring it back with fg. To keep it running: pmcp start, then pmcp attach.'), blank],
	choices: [
		{
			key: '',
			label: 'Cancel',
			run() {
				ui.patch({dialog: undefined});
			},
		},
		{
			key: 'y',
			label: 'Suspend',
			run() {
				ui.patch({dialog: undefined});
				suspend();
			},
		},
	],
});
