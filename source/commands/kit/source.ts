import {performance} from 'node:perf_hooks';
import type {Client} from '../../client/client.ts';
import type {Daemon} from '../../client/discover.ts';
import {statusDocument, targetsDocument, type Made} from '../../client/documents.ts';
import {callRest} from '../../client/rest.ts';
import type {StatusDocument, TargetsDocument} from '../../client/shapes.ts';
import type {OperatorAction} from '../../core/action.ts';
import {AppError} from '../../core/errors.ts';
import {findTarget, type State, type TargetState} from '../../core/state.ts';
import type {TargetId} from '../../core/target.ts';
import type {Offline} from '../../daemon/offline.ts';
import type {Loaded} from '../../settings/load.ts';
import {nearest} from '../../settings/suggest.ts';
import type {Context} from './command.ts';
import {timeoutOf} from './output.ts';
import {connectTo, findRunning, settingsOf} from './place.ts';

/** Where `status` and `list` read: the daemon's documents, or without one the same from the settings and the lock file. */
export type Source = Readonly<{
	daemon: Daemon | undefined;
	getStatus: () => Promise<StatusDocument>;
	getTargets: () => Promise<TargetsDocument>;
}>;

/** What a document from here says beside the daemon's own fields. */
const isOffline = {isRunning: false};

const openOffline = async (loaded: Loaded): Promise<Offline> => {
	const {createOffline} = await import('../../daemon/offline.ts');
	return createOffline(loaded);
};

const notRunning = (lockFile: string): string => `No proxy runs. This is what the settings and the lock file say (${lockFile}).`;

/** Opens what there is, and says so when there is no daemon. */
export const openSource = async ({flags, out, version}: Context): Promise<Source> => {
	const daemon = await findRunning(flags);
	if (daemon) {
		// What a daemon answers has the shape that its version promises; no second check here.
		const get = async <Document>(path: string): Promise<Document> => await callRest(daemon, 'GET', path, {timeout: timeoutOf(flags, 10_000), retries: 1}) as Document; // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion
		return {daemon, getStatus: async () => get('/api/proxy/status'), getTargets: async () => get('/api/proxy/targets')};
	}

	const loaded = settingsOf(flags);
	const {server, proxy, lockFile} = loaded.settings;
	const {getState} = await openOffline(loaded);
	const made = (): Made => ({revision: 0, at: Date.now(), now: performance.now()});
	const url = `http://${server.host.includes(':') ? `[${server.host}]` : server.host}:${server.port}`;
	out.note(notRunning(lockFile));
	return {
		daemon,
		getStatus: async () => ({...statusDocument(getState(), made(), {url, pid: null, version}), isServing: false, isAutomatic: proxy.automaticFailover, ...isOffline}),
		getTargets: async () => ({...targetsDocument(getState(), made()), ...isOffline}),
	};
};

/** Through which a command changes something. */
export type Control = Readonly<{
	isRunning: boolean;
	getState: () => State;
	run: (action: OperatorAction) => Promise<void>;
	/** The daemon's client; undefined without one. */
	client: Client | undefined;
	/** Probes targets at once; without a daemon only. */
	offline: Offline | undefined;
}>;

/** Hands over what there is, the daemon or the lock file, and closes it afterwards. */
export const withControl = async <Result>({flags, out}: Context, use: (control: Control) => Promise<Result>): Promise<Result> => {
	const daemon = await findRunning(flags);
	if (!daemon) {
		const loaded = settingsOf(flags);
		const offline = await openOffline(loaded);
		out.note(notRunning(loaded.settings.lockFile));
		return use({isRunning: false, getState: offline.getState, run: offline.run, client: undefined, offline});
	}

	const client = await connectTo(daemon, flags);
	try {
		return await use({isRunning: true, getState: client.getState, run: client.run, client, offline: undefined});
	} finally {
		client.close();
	}
};

/** The target of that name; `TARGET_UNKNOWN` with "did you mean". */
export const demandTarget = (state: State, id: TargetId): TargetState => {
	const target = findTarget(state, id);
	if (!target) {
		const names = Object.keys(state.targets);
		const near = nearest(id, names);
		throw new AppError('TARGET_UNKNOWN', `no target is called "${id}".${near === undefined ? ` Known: ${names.join(', ') || 'none'}.` : ` Did you mean "${near}"?`}`);
	}

	return target;
};
