import {begin, perform, type Context} from '../context.ts';
import type {Dialog} from '../ui.ts';
import {blank, line, type DialogView} from './view.ts';

/** End a client's session, after saying what that means. */
export const endSessionView = (context: Context, {id}: Extract<Dialog, {kind: 'end-session'}>): DialogView => {
	const {client, ui, say} = context;
	const {sessions} = client.getState();
	const session = Object.hasOwn(sessions, id) ? sessions[id] : undefined;
	const close = (): void => {
		ui.patch({dialog: undefined});
	};

	if (!session) {
		return {title: 'End session', layout: 'row', body: [line(0, `Session ${id} has ended.`), blank], choices: [{key: '', label: 'Close', run: close}]};
	}

	const end = async (): Promise<void> => {
		const error = await perform(context, {type: 'end-session', id});
		close();
		say(error ? 'bad' : 'good', error?.message ?? `session ${id} is ended`);
	};

	const {inFlight} = session;
	return {
		title: 'End session',
		layout: 'row',
		body: [
			line(0, ['bold', session.client], `  session ${id}`),
			line(1, inFlight === 0 ? 'Nothing is in flight.' : `${inFlight} of its requests ${inFlight === 1 ? 'is' : 'are'} in flight and get an error.`),
			line(2, 'Its client must connect again; what it subscribed to is forgotten.'),
			blank,
		],
		choices: [{key: '', label: 'Cancel', run: close}, {key: 'y', label: 'End it', run() {
			begin(context, end);
		}}],
	};
};
