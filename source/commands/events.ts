import {eventsDocument} from '../client/documents.ts';
import type {EventsDocument} from '../client/shapes.ts';
import {toneOf} from '../core/sentence.ts';
import {isNews, type Stamped} from '../core/event.ts';
import type {CliCommand, Context} from './kit/command.ts';
import {untilClosed, untilInterrupted} from './kit/follow.ts';
import {cell, type Output, type Style} from './kit/output.ts';
import {connectTo, demandRunning} from './kit/place.ts';

const styles: Partial<Record<ReturnType<typeof toneOf>, Style>> = {good: 'green', bad: 'red', warn: 'yellow'};

const documentOf = (events: readonly Stamped[]): EventsDocument => eventsDocument(events, true, {revision: events.at(-1)?.seq ?? 0, at: Date.now(), now: 0});

const printAll = (events: readonly Stamped[], out: Output): void => {
	const {items} = documentOf(events);
	for (const [index, {event, at}] of events.entries()) {
		const item = items[index];
		if (out.isJson) {
			out.line(JSON.stringify({...item, ts: item?.at}));
		} else {
			const style = styles[toneOf(event)];
			const sentence = cell(item?.sentence, 500);
			out.print(`${new Date(at).toTimeString().slice(0, 8)} ${style ? out.paint(style, sentence) : sentence}`);
		}
	}
};

const run = async ({flags, out}: Context): Promise<void> => {
	const client = await connectTo(await demandRunning(flags), flags);
	const count = Math.max(0, flags.lines ?? (flags.follow ? 10 : 50));
	const events = count === 0 ? [] : client.getNews().filter(stamped => isNews(stamped)).slice(-count);
	let seen = client.getNews().at(-1)?.seq ?? 0;
	if (out.format === 'json' && !flags.follow) {
		client.close();
		out.show(documentOf(events), () => '');
		return;
	}

	if (out.isJson) {
		out.line(JSON.stringify({type: 'hello', schema: 'pmcp.stream/v1', seq: seen, ts: new Date().toISOString()}));
	}

	printAll(events, out);
	if (!flags.follow) {
		client.close();
		return;
	}

	let isLive = true;
	await untilClosed(client, () => {
		const news = client.getNews().filter(({seq}) => seq > seen);
		seen = news.at(-1)?.seq ?? seen;
		printAll(news, out);
		const link = client.getLink();
		if (isLive !== (link.status === 'live')) {
			isLive = link.status === 'live';
			out.note(link.status === 'live' ? 'linked again.' : `link lost: ${cell(link.reason)}`);
		}
	}, untilInterrupted());
};

export const events: CliCommand = {
	name: 'events',
	summary: 'What happened, one sentence a line',
	details: 'With --follow it goes on, over restarts of the proxy too.',
	flags: ['follow', 'lines'],
	examples: [
		['pmcp events -f', 'as it happens'],
		['pmcp events -f -o jsonl', 'for other programs: a hello line, then one event a line'],
	],
	run,
};
