import path from 'node:path';
import {AppError} from '../core/errors.ts';
import {SettingsError} from '../settings/fault.ts';
import type {CliCommand, Context} from './kit/command.ts';
import {untilInterrupted} from './kit/follow.ts';
import {cell, type Output, type Style} from './kit/output.ts';
import {findAny, settingsOf} from './kit/place.ts';
import {readLog} from './kit/tail.ts';

/** Pino's numbers. */
const levels = new Map([['trace', 10], ['debug', 20], ['info', 30], ['warn', 40], ['error', 50], ['fatal', 60]]);
const names = new Map([...levels].map(([name, number]) => [number, name]));
const styles: Record<string, Style> = {warn: 'yellow', error: 'red', fatal: 'red'};

/** One line of `combined.log`: a record of the application, or of a proxied request. */
type Item = Readonly<{type: 'record'; ts: string | null; seq: number | null; level: string; message: string; event?: unknown}> | Readonly<{type: 'access'; ts: null; seq: null; line: string}>;

const parseLine = (line: string): Item => {
	try {
		const value: unknown = JSON.parse(line);
		if (typeof value === 'object' && value !== null && 'level' in value && 'msg' in value) {
			const time = 'time' in value && typeof value.time === 'string' ? value.time : null;
			const seq = 'seq' in value && typeof value.seq === 'number' ? value.seq : null;
			return {type: 'record', ts: time, seq, level: names.get(Number(value.level)) ?? 'info', message: String(value.msg), ...('event' in value && {event: value.event})};
		}
	} catch {
		// Not one of pino's: an access line.
	}

	return {type: 'access', ts: null, seq: null, line};
};

const clock = (ts: string | null): string => ts === null ? '' : new Date(ts).toTimeString().slice(0, 8);

const words = (item: Item, out: Output): string => item.type === 'access'
	? out.paint('dim', cell(item.line, 4000))
	: `${clock(item.ts)} ${out.paint(styles[item.level] ?? 'dim', item.level.toUpperCase().padEnd(5))} ${cell(item.message, 4000)}`;

/** Where the running daemon writes, else where the settings say. */
const findFile = async ({flags}: Context): Promise<string> => {
	const daemon = flags.config === undefined
		? await findAny(flags).catch((error: unknown) => {
			if (error instanceof SettingsError || flags.daemon !== undefined) {
				throw error;
			}

			return undefined;
		})
		: undefined;
	return path.join(daemon?.record?.logs ?? settingsOf(flags).settings.logging.directory, 'combined.log');
};

const follow = async (context: Context, file: string): Promise<void> => {
	const {flags, out} = context;
	const least = levels.get(flags.level ?? 'trace') ?? 0;
	const count = Math.max(0, flags.lines ?? 50);
	const isStream = flags.follow === true || out.format === 'jsonl';
	let last: Item[] | undefined = [];

	const print = (item: Item): void => {
		if (out.isJson) {
			out.line(JSON.stringify(item));
		} else {
			out.print(words(item, out));
		}
	};

	await readLog(file, {
		signal: flags.follow ? untilInterrupted() : undefined,
		onLine(line) {
			const item = parseLine(line);
			if ((levels.get(item.type === 'record' ? item.level : 'info') ?? 0) < least) {
				return;
			}

			if (last) {
				last.push(item);
				last = last.length > count * 2 ? last.slice(-count) : last;
			} else {
				print(item);
			}
		},
		onEnd() {
			const items = count === 0 ? [] : last?.slice(-count) ?? [];
			last = undefined;
			if (out.isJson && !isStream) {
				out.show({schema: 'pmcp.logs/v1', generatedAt: new Date().toISOString(), file, items}, () => '');
				return;
			}

			for (const item of items) {
				print(item);
			}
		},
	});
};

export const logs: CliCommand = {
	name: 'logs',
	summary: 'The last records of combined.log',
	details: 'Reads the file itself, so it works when the proxy does not run. Requests count as level info.',
	flags: ['follow', 'level', 'lines'],
	examples: [
		['pmcp logs -f --level warn', 'what goes wrong, as it does'],
		['pmcp logs -n 200 -o jsonl', 'for other programs'],
	],
	async run(context) {
		const file = await findFile(context);
		try {
			await follow(context, file);
		} catch (error) {
			if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
				throw new AppError('FAILED', `there is no log yet: ${file}.`, {cause: error, hint: 'The proxy writes one when it runs: `pmcp start`.'});
			}

			throw error;
		}
	},
};
