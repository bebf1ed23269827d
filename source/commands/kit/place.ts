import {readFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type {Client} from '../../client/client.ts';
import {findDaemons, type Daemon} from '../../client/discover.ts';
import {AppError} from '../../core/errors.ts';
import {SettingsError} from '../../settings/fault.ts';
import {findSettings} from '../../settings/find.ts';
import {loadSettings, type Loaded} from '../../settings/load.ts';
import type {Overrides} from '../../settings/overrides.ts';
import type {Flags} from './flags.ts';
import {createOutput, timeoutOf} from './output.ts';

/** The token that a caller shows or a new daemon asks for: `--token-file`, else `PMCP_TOKEN`. Throws `USAGE` for a file that can not be read. */
export const tokenOf = ({tokenFile}: Flags): string | undefined => {
	if (tokenFile === undefined) {
		return process.env.PMCP_TOKEN || undefined; // eslint-disable-line @typescript-eslint/prefer-nullish-coalescing -- set but empty is not set
	}

	try {
		return readFileSync(tokenFile, 'utf8').trim();
	} catch (error) {
		throw new AppError('USAGE', `The token file ${path.resolve(tokenFile)} can not be read.`, {cause: error, hint: 'It holds the token and nothing else.'});
	}
};

/** What the settings are read from, as plain data: a file, and the flags above it. */
export type LoadOptions = Readonly<{path: string | undefined; overrides: Overrides}>;

/** Where the flags say the settings are. */
export const loadOptionsOf = (flags: Flags): LoadOptions => ({
	path: findSettings({config: flags.config}),
	overrides: {port: flags.port, host: flags.host, token: flags.tokenFile === undefined ? undefined : tokenOf(flags), logLevel: flags.logLevel, workers: flags.workers},
});

/** The settings as a daemon started here would have them. Throws a `SettingsError`. */
export const settingsOf = (flags: Flags): Loaded => loadSettings(loadOptionsOf(flags));

const wildcards = new Set(['localhost', '0.0.0.0', '::']);

const urlOf = (host: string, port: number): string | undefined => wildcards.has(host) ? undefined : `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

type Place = Readonly<{
	url?: string | undefined;
	port?: number | undefined;
	/** The settings file. */
	file?: string | undefined;
	/** Somebody named the file or the address: no other will do. */
	isNamed: boolean;
	/** Why the settings do not tell. */
	fault?: SettingsError;
}>;

/** What the settings say about where to look. Throws a `SettingsError` for a wrong `--port` or `--host`. */
const readPlace = (flags: Flags): Place => {
	const isFileNamed = Boolean(flags.config ?? process.env.PROXY_MCP_CONFIG);
	const isAddressNamed = [flags.port, flags.host, process.env.PMCP_PORT, process.env.PMCP_HOST].some(Boolean);
	try {
		const {settings: {server: {host, port}}, file} = settingsOf(flags);
		// Port 0 is any: only the record tells which it became.
		return port === 0 ? {file, isNamed: isFileNamed} : {url: urlOf(host, port), port, file, isNamed: isFileNamed || isAddressNamed};
	} catch (error) {
		if (error instanceof SettingsError && !isAddressNamed) {
			return {file: loadOptionsOf(flags).path, isNamed: isFileNamed, fault: error};
		}

		throw error;
	}
};

/** Where `--daemon`, or `PMCP_DAEMON`, says. */
export const givenUrl = ({daemon}: Flags): string | undefined => daemon ?? (process.env.PMCP_DAEMON || undefined); // eslint-disable-line @typescript-eslint/prefer-nullish-coalescing -- set but empty is not set

/**
A daemon elsewhere than the settings say, such as one started with `--port`: one of the same settings file, else the only
one that runs here, unless the file or the address was named. Of several only the caller can choose: `USAGE`, or none
where a settings file says what to do without a daemon.
*/
const findElsewhere = async (flags: Flags, {file, port, isNamed}: Place, timeout: number): Promise<Daemon | undefined> => {
	const running = await findDaemons({token: tokenOf(flags), timeout});
	const related = file === undefined ? [] : running.filter(({record}) => record?.settings === file);
	const [only, ...others] = related.length > 0 || isNamed ? related : running;
	if (others.length > 0) {
		if (file !== undefined) {
			return undefined;
		}

		throw new AppError('USAGE', `Several proxies run: ${running.map(({url}) => url).join(', ')}.`, {hint: 'Say which one with `--daemon URL`.'});
	}

	if (only && related.length === 0 && port !== undefined) {
		createOutput(flags).note(`No proxy runs at port ${port}, where the settings say; this is the one at ${only.url}.`);
	}

	return only;
};

/**
The daemon that the flags mean, answering or not (`status` undefined): `--daemon`, else the one at the settings' port, else
the only one there can be meant (`findElsewhere`). Undefined: none. Throws `DAEMON_UNREACHABLE` for a named address without
one, a `SettingsError` when nothing was found because of it, `USAGE` for more than one.
*/
export const findAny = async (flags: Flags): Promise<Daemon | undefined> => {
	const token = tokenOf(flags);
	const url = givenUrl(flags);
	const timeout = timeoutOf(flags, 2000);
	if (url !== undefined) {
		const [daemon] = await findDaemons({url, token, timeout});
		if (!daemon) {
			throw new AppError('DAEMON_UNREACHABLE', `No proxy answers at ${url}.`);
		}

		return daemon;
	}

	const place = readPlace(flags);
	const [found] = place.port === undefined ? [] : await findDaemons({url: place.url, port: place.port, token, timeout});
	const daemon = found ?? await findElsewhere(flags, place, timeout);
	if (!daemon && place.fault) {
		throw place.fault;
	}

	return daemon;
};

/** The daemon that answers, or undefined; one that lives without answering is `TIMED_OUT`. */
export const findRunning = async (flags: Flags): Promise<Daemon | undefined> => {
	const daemon = await findAny(flags);
	if (daemon && !daemon.status) {
		const hint = 'End it with `pmcp stop`, or give it longer with `--timeout`.';
		throw new AppError('TIMED_OUT', `The proxy at ${daemon.url} (pid ${daemon.record?.pid ?? 0}) runs, but does not answer.`, {hint});
	}

	return daemon;
};

/** As `findRunning`, but there must be one: `DAEMON_UNREACHABLE`. */
export const demandRunning = async (flags: Flags): Promise<Daemon> => {
	const daemon = await findRunning(flags);
	if (!daemon) {
		throw new AppError('DAEMON_UNREACHABLE', 'No proxy runs here.');
	}

	return daemon;
};

/** A client of the running daemon. */
export const connectTo = async ({url, token}: Daemon, flags: Flags): Promise<Client> => {
	const {connectRemote} = await import('../../client/remote.ts'); // Most commands need no feed.
	return connectRemote({url, token, timeout: timeoutOf(flags, 5000)});
};
