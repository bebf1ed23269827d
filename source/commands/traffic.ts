import {callDocument, callsDocument} from '../client/documents.ts';
import {verdictTones, type McpCall} from '../core/call.ts';
import {callKeys, parseCallFilter} from '../core/call-filter.ts';
import {formatDuration} from '../core/duration.ts';
import {formatBytes} from '../core/text.ts';
import type {Tone} from '../core/event.ts';
import type {CliCommand, Context} from './kit/command.ts';
import {untilClosed, untilInterrupted} from './kit/follow.ts';
import {padded} from './kit/columns.ts';
import {cell, durationOf, type Output, type Style} from './kit/output.ts';
import {connectTo, demandRunning} from './kit/place.ts';

const signs: Record<Tone, readonly [fine: string, plain: string, style: Style]> = {
	good: ['✔', '+', 'green'],
	warn: ['!', '!', 'yellow'],
	bad: ['✖', 'x', 'red'],
	plain: ['·', '.', 'dim'],
};

/** One call in columns that keep their width while more come. */
const lineOf = ({at, method, subject, target, ms, bytesOut, verdict, code, attempts, client, session}: McpCall, out: Output): string => {
	const [fine, plain, style] = signs[verdictTones[verdict]];
	const word = `${out.glyph(fine, plain)} ${verdict}${code === undefined ? '' : ` ${code}`}${attempts > 1 ? `, sent ${attempts} times` : ''}`;
	const date = new Date(at);
	return [
		`${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, '0')}`,
		padded(cell(method, 40), 22),
		padded(cell(subject, 40), 24),
		padded(cell(target ?? '-', 40), 12),
		formatDuration(ms).padStart(7),
		formatBytes(bytesOut).padStart(7),
		out.paint(style, padded(word, 8)),
		`${cell(client, 40)}${session === undefined ? '' : ` #${cell(session, 12)}`}`,
	].join('  ').trimEnd();
};

const printAll = (calls: readonly McpCall[], out: Output): void => {
	for (const call of calls) {
		if (out.isJson) {
			const item = callDocument(call);
			out.line(JSON.stringify({type: 'call', ...item, seq: call.id, ts: item.at}));
		} else {
			out.print(lineOf(call, out));
		}
	}
};

const run = async ({flags, out}: Context): Promise<void> => {
	const matches = parseCallFilter(flags.filter ?? '');
	const from = flags.since === undefined ? 0 : Date.now() - durationOf('--since', flags.since);
	const client = await connectTo(await demandRunning(flags), flags);
	const isShown = (call: McpCall): boolean => call.at >= from && matches(call);
	const limit = Math.max(0, flags.limit ?? (flags.follow ? 10 : 50));
	const found = client.getState().calls.filter(call => isShown(call));
	const calls = limit === 0 ? [] : found.slice(-limit);
	if (out.format === 'json' && !flags.follow) {
		const revision = client.getNews().at(-1)?.seq ?? 0;
		client.close();
		out.show(callsDocument({...client.getState(), calls}, {revision, at: Date.now(), now: 0}), () => '');
		return;
	}

	let {startedAt} = client.getState();
	let seen = client.getState().calls.at(-1)?.id ?? 0;
	if (out.isJson) {
		out.line(JSON.stringify({type: 'hello', schema: 'pmcp.stream/v1', seq: seen, ts: new Date().toISOString()}));
	}

	printAll(calls, out);
	if (!flags.follow) {
		client.close();
		if (calls.length === 0) {
			out.note(`0 of ${client.getState().calls.length} calls match.`);
		}

		return;
	}

	await untilClosed(client, () => {
		const state = client.getState();
		if (state.startedAt !== startedAt) {
			({startedAt} = state); // Another daemon counts from one again.
			seen = 0;
		}

		const last = seen;
		seen = state.calls.at(-1)?.id ?? seen;
		printAll(state.calls.filter(call => call.id > last && isShown(call)), out);
	}, untilInterrupted());
};

export const traffic: CliCommand = {
	name: 'traffic',
	summary: 'The MCP requests that went through, one a line',
	details: `With --follow it goes on, over restarts of the proxy too.
A filter is words that must all match: key:value, or a part of method, tool, target or client; ! negates, * stands for anything.
Keys: ${Object.keys(callKeys).join(', ')}. status is how it ended: ok, or error: tool, rpc, time, net, gone, and the code.`,
	flags: ['follow', 'filter', 'since', 'limit'],
	examples: [
		['pmcp traffic -f', 'as it happens'],
		['pmcp traffic --since 10m --filter status:error', 'what went wrong'],
		['pmcp traffic -f -o jsonl --filter status:!ok', 'for other programs: a hello line, then one call a line'],
	],
	run,
};
