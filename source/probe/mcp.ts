import {AppError} from '../core/errors.ts';
import type {Catalogue} from '../core/catalogue.ts';
import {textIn} from '../mcp/parse.ts';
import {newestLegacy} from '../mcp/versions.ts';
import {ChannelError, type Transport} from '../transport/channel.ts';
import {readCatalogue} from './catalogue.ts';
import {isDeaf, meet, modern, noteOf, type Met} from './meet.ts';
import type {Probe} from './probe.ts';

/** `none`: nobody there speaks MCP. `unknown`: it did not say this time, which tells nothing against what it said before. */
export type Look = Readonly<{kind: 'told'; catalogue: Catalogue} | {kind: 'none' | 'unknown'}>;

/** Watches one target's MCP server: one session for all its probes, since each new one costs the target memory (mcp.md 5). */
export type McpWatch = Readonly<{
	transport: Transport;
	/** Whether its session is kept between looks; else each look ends its own, and the target holds none for us. */
	isKept: boolean;
	/** Asks whether it is well. Resolves to a note when it is alive, but …; rejects when it is not. */
	check: (signal: AbortSignal) => Promise<string | undefined>;
	/** What it offers. Takes its time, and never rejects. */
	look: () => Promise<Look>;
	/** What the last look found to be odd. */
	getNote: () => string | undefined;
	/** Whether its session stands, so that nothing has to be started first. */
	isOpen: () => boolean;
	/** Ends its session for good. Takes at most 5 s. */
	close: () => Promise<void>;
}>;

/** It answered, with whatever; not so when it is slow, gone or asks for patience. */
const isAnswer = (error: unknown): boolean => error instanceof ChannelError && ((error.trouble.kind === 'refused' && error.trouble.status !== 503) || error.trouble.failure.code === 'TARGET_BROKE');

const isEmpty = ({tools, prompts, resources}: Catalogue): boolean => tools.length + prompts.length + resources.length === 0;

const explained = (error: unknown): unknown => {
	if (!(error instanceof ChannelError)) {
		return error;
	}

	const {kind, status, failure} = error.trouble;
	return kind === 'refused' && status !== undefined ? new AppError('TARGET_BROKE', `answered ${status}, which is not MCP`) : Object.assign(new Error(failure.message), {code: failure.code});
};

/** What waits for something shared, and can leave it. */
const orAborted = async <Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> => {
	const {promise, reject} = Promise.withResolvers<never>();
	const leave = (): void => {
		reject(new ChannelError({kind: 'timeout', failure: {code: 'TARGET_TIMEOUT', message: 'no answer in time'}}));
	};

	signal.addEventListener('abort', leave, {once: true});
	try {
		return await Promise.race([work, promise]);
	} finally {
		signal.removeEventListener('abort', leave);
	}
};

/** For a session to open, and for reading what is offered, ms: longer than a probe waits, which only stops waiting for it. */
const patience = 30_000;

/** It does not know the session, or is no longer of that era: another one is opened. A target that is only slow keeps its session, else it had many when it wakes. */
const isOver = ({trouble: {kind, status = 0, response}}: ChannelError): boolean => kind === 'lost' || kind === 'cut' || (kind === 'refused' && response === undefined && status >= 400 && status < 500);

/** `era` is found out once: asking a server of the older era for `server/discover` costs it an error each time. `onChange`: its lists have changed; without it no session is kept between looks. */
export const createMcpWatch = (transport: Transport, onChange?: () => void): McpWatch => {
	const left = new AbortController();
	let era: Met['era'] | undefined;
	let met: Met | undefined;
	let opening: Promise<Met> | undefined;
	let note: string | undefined;

	const open = async (): Promise<Met> => {
		const found = await meet(transport, {era, onChange}, AbortSignal.any([left.signal, AbortSignal.timeout(patience)]));
		if (left.signal.aborted) {
			await found.channel?.close();
		} else {
			met = found;
			({era} = found);
		}

		return found;
	};

	/** One that takes long to open is waited for by the next round too: a slow target gets one session, not many. */
	const demand = async (signal: AbortSignal): Promise<Met> => {
		if (met) {
			return met;
		}

		opening ??= open().finally(() => {
			opening = undefined;
		});
		return orAborted(opening, signal);
	};

	const forget = async (known: Met): Promise<void> => {
		if (met === known) {
			met = undefined;
			await known.channel?.close();
		}
	};

	const ping = async (signal: AbortSignal): Promise<void> => {
		const isNew = met === undefined;
		const known = await demand(signal);
		if (isNew) {
			return; // The handshake was the answer.
		}

		try {
			await known.ask(signal)(known.era === 'session' ? 'ping' : 'server/discover');
		} catch (error) {
			if (!(error instanceof ChannelError)) {
				throw error;
			}

			if (error.trouble.response !== undefined && error.trouble.kind === 'refused') {
				return; // It knows no such method, and said so.
			}

			const wasDropped = met !== known; // By a look that went on beside this.
			if (noteOf(error) === undefined && isOver(error)) {
				void forget(known);
				era = error.trouble.kind === 'refused' ? undefined : era;
			}

			if (error.trouble.kind === 'lost' || wasDropped) {
				await demand(signal);
				return;
			}

			throw error;
		}
	};

	return {
		transport,
		isKept: onChange !== undefined,
		isOpen: () => met !== undefined,
		getNote: () => note,
		async check(signal) {
			try {
				await ping(signal);
				return note;
			} catch (error) {
				const doubt = noteOf(error);
				if (doubt === undefined) {
					throw explained(error);
				}

				return doubt;
			}
		},
		async look() {
			const signal = AbortSignal.any([left.signal, AbortSignal.timeout(patience)]);
			let known: Met | undefined;
			try {
				known = await demand(signal);
				const catalogue = await readCatalogue(known.hello, known.era === 'session' ? textIn(known.hello, 'protocolVersion') ?? newestLegacy : modern, known.ask(signal));
				note = isEmpty(catalogue) ? 'offers nothing' : undefined;
				return {kind: 'told', catalogue};
			} catch (error) {
				if (known && error instanceof ChannelError && isOver(error)) {
					void forget(known);
				}

				if (known !== undefined || !isAnswer(error)) {
					return {kind: 'unknown'};
				}

				const doubt = noteOf(error);
				note = doubt === undefined ? (isDeaf(error) ? undefined : 'does not speak MCP') : `its MCP side ${doubt}`;
				return {kind: doubt === undefined ? 'none' : 'unknown'};
			} finally {
				if (known && !onChange) {
					await forget(known);
				}
			}
		},
		async close() {
			left.abort();
			await met?.channel?.close();
			met = undefined;
		},
	};
};

/** The probe of targets that say they are MCP servers, and of programs. */
export const mcp: Probe = {
	kind: 'mcp',
	summary: 'pings its MCP server in one kept session; what is refused for a login or for being busy passes with a note',
	async run({mcp: watch}, signal) {
		if (!watch) {
			throw new AppError('TARGET_REFUSED', 'there is no way to its MCP server');
		}

		return watch.check(signal);
	},
};
