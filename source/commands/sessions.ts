import {sessionsDocument} from '../client/documents.ts';
import type {SessionDocument} from '../client/shapes.ts';
import {waitFor} from '../client/wait.ts';
import {formatDuration} from '../core/duration.ts';
import {AppError} from '../core/errors.ts';
import {confirm} from './kit/ask.ts';
import type {CliCommand, Context} from './kit/command.ts';
import {columns} from './kit/columns.ts';
import {cell, timeoutOf, type Output} from './kit/output.ts';
import {connectTo, demandRunning} from './kit/place.ts';

const table = (items: readonly SessionDocument[], at: number, out: Output): string => columns([
	['ID', 'CLIENT', 'PROTOCOL', 'TARGET', 'GEN', 'CALLS', 'IN FLIGHT', 'LISTENS', 'AGE', 'IDLE'].map(title => out.paint('bold', title)),
	...items.map(({id, client, protocol, target, generation, calls, inFlight, isListening, openedAt, usedAt}) => [
		cell(id),
		cell(client, 40),
		cell(protocol),
		cell(target ?? '-'),
		String(generation),
		String(calls),
		String(inFlight),
		isListening ? 'yes' : 'no',
		formatDuration(at - Date.parse(openedAt)),
		formatDuration(at - Date.parse(usedAt)),
	]),
]);

/** Ends one, and waits until it is gone. */
const close = async (context: Context, id: string): Promise<void> => {
	const {flags, out} = context;
	const client = await connectTo(await demandRunning(flags), flags);
	try {
		const {sessions} = client.getState();
		const session = Object.hasOwn(sessions, id) ? sessions[id] : undefined;
		if (!session) {
			throw new AppError('SESSION_UNKNOWN', `no open session is called "${cell(id)}".`);
		}

		await confirm(context, `End the session of ${cell(session.client, 60)}? ${session.inFlight} of its requests are in flight.`);
		await client.run({type: 'end-session', id});
		await waitFor(client.subscribe, () => !Object.hasOwn(client.getState().sessions, id), timeoutOf(flags, 10_000), () => (
			new AppError('TIMED_OUT', `session ${cell(id)} is still open.`)
		));
		out.show({schema: 'pmcp.session-closed/v1', generatedAt: new Date().toISOString(), id, client: session.client}, () => `The session of ${cell(session.client, 60)} is closed.`);
	} finally {
		client.close();
	}
};

const show = async ({flags, out}: Context): Promise<void> => {
	const client = await connectTo(await demandRunning(flags), flags);
	const at = Date.now();
	const document = sessionsDocument(client.getState(), {revision: client.getNews().at(-1)?.seq ?? 0, at, now: 0});
	client.close();
	if (out.format === 'jsonl' || out.format === 'name') {
		for (const item of document.items) {
			out.line(out.format === 'name' ? cell(item.id) : JSON.stringify(item));
		}

		return;
	}

	out.show(document, () => document.items.length === 0 ? 'no open sessions' : table(document.items, at, out));
};

export const sessions: CliCommand = {
	name: 'sessions',
	usage: '[close ID]',
	summary: 'The open MCP sessions; close one',
	details: 'GEN counts how often a session was set up at a target anew: its client did not notice.',
	words: {max: 2},
	examples: [
		['pmcp sessions --json', 'the same document as GET /api/proxy/sessions'],
		['pmcp sessions close 3f9a0c12 -y', 'end one without being asked'],
	],
	async run(context) {
		const [verb, id] = context.input;
		if (verb === undefined) {
			await show(context);
		} else if (verb === 'close' && id !== undefined) {
			await close(context, id);
		} else {
			throw new AppError('USAGE', '"sessions" takes nothing, or close ID.', {hint: 'See `pmcp help sessions`.'});
		}
	},
};
