import process from 'node:process';
import type {StatusDocument} from '../client/shapes.ts';
import {statusDocument} from '../client/documents.ts';
import {formatDuration} from '../core/duration.ts';
import {count, sentenceOf} from '../core/sentence.ts';
import {AppError} from '../core/errors.ts';
import type {CliCommand, Context} from './kit/command.ts';
import {untilClosed, untilInterrupted} from './kit/follow.ts';
import {columns, heightOf} from './kit/columns.ts';
import {cell, type Output} from './kit/output.ts';
import {connectTo, demandRunning} from './kit/place.ts';
import {openSource} from './kit/source.ts';
import {paintState, percent} from './kit/words.ts';

/** What `--check` exits with: 21 when nothing can be served, 20 when a target that should be up is down. */
const verdict = ({isServing, targets}: StatusDocument): number => isServing ? (targets.some(({state}) => state === 'down') ? 20 : 0) : 21;

const clientsText = ({open, inFlight, clients}: StatusDocument['sessions']): string => {
	const names = clients.slice(0, 5).map(({client, sessions}) => `${cell(client, 40)}${sessions > 1 ? ` (${sessions})` : ''}`);
	return `${count(open, 'session')}  ${count(inFlight, 'request')} in flight  ${names.join(', ')}${clients.length > names.length ? ', …' : ''}`;
};

const words = (status: StatusDocument, out: Output): string => {
	const {activeSystem, targets, traffic, detail, since, isAutomatic, pin, url, pid, uptimeMs, faults, generatedAt, sessions} = status;
	const active = targets.find(({isActive}) => isActive);
	const order = targets.map(({name, state, isActive}, index) => (
		`${index + 1} ${cell(name)}${isActive ? '*' : ''}${state === 'up' ? '' : ` (${paintState(out, state)})`}`
	)).join('  ');
	const head = activeSystem === null ? [out.paint('red', 'no target')] : [out.paint('bold', cell(activeSystem)), paintState(out, active?.state ?? 'down')];
	const rows = [
		['active', [...head, ...(pid === null ? [] : [cell(detail)])].join('  ')],
		['order', [order || 'no targets', `auto-failover ${isAutomatic ? 'on' : 'off'}`, ...(pin ? [`pinned to ${cell(pin.id)} (${pin.mode})`] : [])].join('  ')],
	];
	if (pid !== null) {
		rows[0]?.push(`for ${formatDuration(Date.parse(generatedAt) - Date.parse(since))}`);
		rows.push(
			['traffic', `${traffic.perSecond.toFixed(1)} req/s  err ${percent(traffic.errorRatio)}  ${traffic.inFlight} in flight`],
			...(sessions.open > 0 ? [['clients', clientsText(sessions)]] : []),
			['listen', `${cell(url)}/mcp  web ${cell(url)}/ui  pid ${pid}, up ${formatDuration(uptimeMs ?? 0)}`],
		);
	}

	rows.push(
		...targets.filter(({message}) => message !== null).map(({name, message}) => ['fault', `${cell(name)}: ${cell(message)}`]),
		...faults.map(fault => ['settings', out.paint('yellow', `refused, older ones in force: ${cell(fault)}`)]),
	);
	return columns(rows.map(([label = '', ...rest]) => [label, rest.join('  ')]));
};

/** Shows the status again with each piece of news: redrawn on a terminal, else one line each. */
const watch = async (context: Context): Promise<void> => {
	const {flags, out, version} = context;
	const daemon = await demandRunning(flags);
	const client = await connectTo(daemon, flags);
	const about = {url: daemon.url, pid: daemon.status?.pid ?? 0, version: daemon.status?.version ?? version};
	let seen = client.getNews().at(-1)?.seq ?? 0;
	let height = 0;

	const show = (): void => {
		const status = statusDocument(client.getState(), {revision: client.getNews().at(-1)?.seq ?? 0, at: Date.now(), now: 0}, about);
		if (out.isJson) {
			out.line(JSON.stringify(status));
			return;
		}

		const link = client.getLink();
		const text = link.status === 'live' ? words(status, out) : `${words(status, out)}\n${out.paint('red', 'LINK LOST')}  ${cell(link.reason)}`;
		out.print(`${height > 0 ? `\u001B[${height}F\u001B[0J` : ''}${text}`);
		height = heightOf(text, process.stdout.columns);
	};

	const tell = (): void => {
		const news = client.getNews().filter(({seq}) => seq > seen);
		seen = news.at(-1)?.seq ?? seen;
		if (out.isTerminal && !out.isJson) {
			show();
		} else if (out.isJson && news.length > 0) {
			show();
		} else {
			for (const {event} of news) {
				out.print(cell(sentenceOf(event), 500));
			}
		}
	};

	show();
	await untilClosed(client, tell, untilInterrupted());
};

export const status: CliCommand = {
	name: 'status',
	summary: 'One screen: active target, health, traffic, addresses',
	details: 'Works without a running proxy too, through the settings and the lock file, and says so.',
	flags: ['check', 'watch'],
	examples: [
		['pmcp status', 'the whole picture'],
		['pmcp status --check -q || echo "needs care"', 'for scripts: 0 all is well, 20 something is down, 21 nothing can serve, 6 no proxy runs'],
	],
	async run(context) {
		const {flags, out} = context;
		if (flags.watch) {
			return watch(context);
		}

		const source = await openSource(context);
		const document = await source.getStatus();
		out.show(document, () => words(document, out));
		if (!flags.check) {
			return 0;
		}

		if (!source.daemon) {
			throw new AppError('DAEMON_UNREACHABLE', 'no proxy runs here, so nothing is served.');
		}

		return verdict(document);
	},
};
