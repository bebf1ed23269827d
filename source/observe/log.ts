import path from 'node:path';
import process from 'node:process';
import pino from 'pino';
import {AppError} from '../core/errors.ts';
import type {Event, Stamped} from '../core/event.ts';
import {sentenceOf} from '../core/sentence.ts';
import {findTarget, type State} from '../core/state.ts';
import type {AccessRecord} from '../http/access.ts';
import {loggable, loggableValue} from '../core/redact.ts';
import type {AccessFormat} from './access.ts';
import {createAccessBatch} from './batch.ts';
import {openRotatingFile, type RotatingFile} from './rotate.ts';

/** Least level that is written, as in pino. */
type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

type Named = Exclude<Level, 'silent'>;

/** The settings that may change while the log is open. */
export type LogSettings = Readonly<{
	level: Level;
	/** Of the lines for proxied requests. */
	format: AccessFormat;
	/** Size in bytes at which a file is put aside. */
	maxBytes: number;
	/** How many files put aside are kept of each. */
	keep: number;
}>;

export type LogOptions = Readonly<{
	/** Absolute path of the folder; made when missing. */
	directory: string;
	/** Asked again whenever settings were applied. */
	getSettings: () => LogSettings;
	/** Told in one sentence when a file can not be written, and when it can again. */
	onFault?: (sentence: string) => void;
}>;

type Listener = (stamped: Stamped, state: State) => void;

/**
The two files of docs/logs.md: `combined.log` holds every record (pino's JSON, one a line, and Apache combined lines
for proxied requests), `error.log` those of level error and above. No secrets in either; nothing here ever throws.
*/
export type Log = Readonly<{
	/** Log each event of a stream (`store.subscribe`) until `close`. */
	attach: (subscribe: (listener: Listener) => () => void) => void;
	/** One proxied request. Cheap: lines are made and written together, within 100 ms. */
	access: (record: AccessRecord) => void;
	/** Lines of such requests that were made elsewhere, each with its end. */
	lines: (text: string) => void;
	/** A record of the daemon's own, in one sentence. */
	notice: (level: Named, message: string, fields?: Readonly<Record<string, unknown>>) => void;
	/** Records that found no room since the start, both files together. */
	getDropped: () => number;
	/** Write out what waits. */
	flush: () => void;
	close: () => Promise<void>;
}>;

const levels: Partial<Record<Event['type'], Named>> = {
	'target.down': 'error',
	'settings.refused': 'error',
	'fault.noticed': 'warn',
	'rules.changed': 'debug',
	'check.requested': 'debug',
	'probe.passed': 'trace',
	'passive.passed': 'trace',
	'traffic.sampled': 'trace',
	'mcp.called': 'trace',
	'sessions.changed': 'trace',
	'target.skipped': 'warn',
};

/** How much an event matters. What a target does while it is known to be down is routine; that it went down is the error. */
const levelOf = (event: Event, state: State): Named => {
	if (event.type === 'probe.failed' || event.type === 'passive.failed') {
		return findTarget(state, event.id)?.health.status === 'down' ? 'debug' : 'warn';
	}

	if (event.type === 'active.switched') {
		return event.to === undefined ? 'error' : (event.cause === 'failover' ? 'warn' : 'info');
	}

	return levels[event.type] ?? 'info';
};

const messageOf = (event: Event): string => event.type === 'active.switched' ? `${event.cause}: ${sentenceOf(event)}` : sentenceOf(event);

const openFiles = ({directory, getSettings, onFault = () => undefined}: LogOptions): [RotatingFile, RotatingFile] => {
	const open = (name: string): RotatingFile => openRotatingFile({path: path.join(directory, name), getLimits: getSettings, onFault});
	try {
		const combined = open('combined.log');
		try {
			return [combined, open('error.log')];
		} catch (error) {
			combined.close();
			throw error;
		}
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		throw new AppError('LOG_UNWRITABLE', `The logs can not be written in "${directory}": ${why}.`, {cause: error});
	}
};

// One listener for all open logs: many may live in one process.
const open = new Set<() => void>();

const flushAll = (): void => {
	for (const flush of open) {
		flush();
	}
};

/** Let `flush` be called when the process ends without `close` (exit() somewhere). Returns the release. */
const beforeExit = (flush: () => void): () => void => {
	if (open.size === 0) {
		process.on('exit', flushAll);
	}

	open.add(flush);
	return () => {
		open.delete(flush);
		if (open.size === 0) {
			process.off('exit', flushAll);
		}
	};
};

/** Open the logs. Throws `LOG_UNWRITABLE` when the folder or a file in it can not be written. */
export const createLog = (options: LogOptions): Log => {
	const {getSettings} = options;
	const [combined, errors] = openFiles(options);
	const {add, flush} = createAccessBatch(() => getSettings().format, combined.write);
	const streams = pino.multistream([
		{level: 'trace', stream: combined},
		{level: 'error', stream: errors},
	]);
	const logger = pino({level: getSettings().level, base: null, timestamp: pino.stdTimeFunctions.isoTime}, streams);
	const releases = [beforeExit(flush)];

	const listen: Listener = ({seq, event}, state) => {
		if (event.type === 'settings.applied') {
			flush();
			logger.level = getSettings().level;
		}

		const level = levelOf(event, state);
		if (logger.isLevelEnabled(level)) {
			flush(); // Requests that came before an event stand before it.
			logger[level]({seq, event: loggableValue(event)}, loggable(messageOf(event)));
		}
	};

	return {
		attach(subscribe) {
			releases.push(subscribe(listen));
		},
		access(record) {
			if (logger.isLevelEnabled('info')) {
				add(record);
			}
		},
		lines(text) {
			if (logger.isLevelEnabled('info')) {
				flush();
				combined.write(text);
			}
		},
		notice(level, message, fields = {}) {
			flush();
			logger[level](loggableValue(fields), loggable(message));
		},
		getDropped: () => combined.getDropped() + errors.getDropped(),
		flush,
		async close() {
			for (const release of releases.splice(0)) {
				release();
			}

			flush();
			combined.close();
			errors.close();
		},
	};
};
