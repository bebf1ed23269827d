import path from 'node:path';
import {clearInterval, setImmediate, setInterval} from 'node:timers';
import {createApi} from '../api/api.ts';
import type {Client} from '../client/client.ts';
import {createFeed, type Feed} from '../client/feed.ts';
import {createLocalClient} from '../client/local.ts';
import type {Action} from '../core/action.ts';
import type {McpCall} from '../core/call.ts';
import type {Handler} from '../http/exchange.ts';
import {createGuard} from '../http/guard.ts';
import {watchExchange} from '../observe/exchange.ts';
import {createLog} from '../observe/log.ts';
import {createMetrics} from '../observe/metrics.ts';
import {createProber} from '../probe/prober.ts';
import {createSilence} from '../probe/silence.ts';
import {startListener} from '../proxy/listener.ts';
import {createPassive} from '../proxy/passive.ts';
import {createProxy} from '../proxy/proxy.ts';
import {nextCallId} from '../session/records.ts';
import {createSessions} from '../session/sessions.ts';
import {createStateless} from '../session/stateless.ts';
import {loadSettings, type LoadOptions} from '../settings/load.ts';
import {redact} from '../settings/redact.ts';
import {watchSettings} from '../settings/watch.ts';
import {crowdOf, createSlots} from '../workers/slots.ts';
import type {Crew} from '../workers/crew.ts';
import {shareOf} from '../workers/plan.ts';
import {openChildrenRecord} from '../store/children.ts';
import {createHistory} from '../store/history.ts';
import {describeProcess, removeRecord, stateFolder as usualFolder, writeRecord} from '../store/record.ts';
import {createStore} from '../store/store.ts';
import {createPulses} from '../upstream/pulse.ts';
import {createTransports} from '../transport/transports.ts';
import {createConfiguration} from './configuration.ts';
import {guardFor, startWorkers, workersFor} from './crew.ts';
import {createLockKeeper} from './lock.ts';
import {createMcpNews} from './mcp-news.ts';
import {react} from './react.ts';

/** Plain data, so that a worker thread can be handed it. */
export type DaemonOptions = Readonly<{
	load: LoadOptions;
	version: string;
	/** Where the record of this daemon is left for the subcommands. Default: the user's state folder. */
	stateFolder?: string;
}>;

export type Daemon = Readonly<{
	/** Where it listens, such as `http://localhost:4000`. */
	url: string;
	/** Where it listens with TLS, such as `https://localhost:4443`. */
	secureUrl: string | undefined;
	client: Client;
	feed: Feed;
	/** Put a fault into the stream of events. */
	tell: (message: string) => void;
	/** Settles when it has stopped: connections drained, logs written, record removed. */
	done: Promise<void>;
}>;

const tickInterval = 1000;

/**
Start a daemon in this thread; ask its client for `stop` to end it. Throws `SETTINGS_INVALID`, `LOG_UNWRITABLE` and
`ADDRESS_IN_USE`: the port is the mutex between two daemons, and the loser has touched nothing of the winner's.
*/
export const createDaemon = async ({load, version, stateFolder}: DaemonOptions): Promise<Daemon> => {
	const report = (action: Action): void => {
		setImmediate(store.dispatch, action); // It may come from inside a dispatch.
	};

	const notice = (room: string) => (message: string): void => {
		report({type: 'notice', room, message});
	};

	// What there is to know.
	const lock = createLockKeeper(report);
	const history = createHistory();
	const store = createStore({persist: lock.persist});
	store.subscribe(history.add);
	const {getState, dispatch} = store;
	const feed = createFeed(store, history);
	const configuration = createConfiguration(() => loadSettings(load), store);
	const {settings, derived, file} = configuration.get();

	// Who looks on.
	const log = createLog({directory: settings.logging.directory, getSettings: configuration.select(({logging}) => logging), onFault: notice('log')});
	log.attach(store.subscribe);

	// Traffic.
	let crew: Crew | undefined;
	const slots = createSlots(workersFor(settings.server.workers, notice('workers')));
	const getPulse = createPulses(pulse => {
		silence.watch(pulse);
	});
	const proxy = createProxy({
		getState,
		dispatch,
		getEndpoint: id => configuration.get().derived.endpoints.get(id),
		getLimits: configuration.select(() => shareOf(configuration.get().derived.limits, slots.length)),
		getElsewhere: () => crew?.getInFlight(),
		getPulse,
		onAccess: log.access,
	});
	const begun = Promise.withResolvers<void>();
	/** Whoever comes while the sessions of the last run are taken up, which takes moments, waits for that. */
	let handle: Handler = exchange => {
		void begun.promise.then(() => handle(exchange));
		return true;
	};

	const listener = await startListener({
		host: settings.server.host,
		port: settings.server.port,
		secure: derived.secure,
		getLimits: () => configuration.get().derived.limits,
		handle: exchange => handle(exchange),
		log: notice('listener'),
		...(slots.length > 1 && {crowd: crowdOf(slots, 0)}),
	}).catch(async (error: unknown) => {
		await log.close();
		throw error;
	});

	// Answers.
	const {url, port, secureUrl} = listener;
	const metrics = createMetrics({
		getState,
		getCounters: () => ({...proxy.getCounters(), connections: slots.length > 1 ? [...slots] : [listener.connections()]}),
		getDroppedRecords: log.getDropped,
		version,
	});
	metrics.attach(store.subscribe);
	const client = createLocalClient(store, url);
	const guard = createGuard(configuration.select(({server}) => guardFor(server, listener)));
	const api = createApi({
		client,
		feed,
		version,
		getConfig: configuration.select(redact),
		getMetricsText: metrics.text,
		getMetricsJson: metrics.json,
		getToken: () => configuration.get().settings.server.token,
		getPaths: () => configuration.get().settings.proxy.standardEndpoints,
	});
	const folder = stateFolder ?? usualFolder();
	const transports = createTransports({
		getPlan: id => configuration.get().derived.mcp.get(id),
		getPulse,
		onLog(target, line) {
			log.notice('info', line, {target});
		},
		record: openChildrenRecord(path.join(folder, `children-${port}.json`), count => {
			log.notice('warn', `ended ${count} processes that an earlier proxy on this port left running`);
		}),
	});
	const endpoint = {
		getState,
		getTransport: transports.get,
		getSettings: configuration.select(all => all.sessions),
		onCall(call: McpCall) {
			proxy.count(call);
			news.onCall(call);
		},
		passive: createPassive({getState, dispatch: report}),
	};
	const stateless = createStateless({...endpoint, nextCallId});
	const sessions = createSessions({
		...endpoint,
		stateFile: path.join(folder, `sessions-${port}.json`),
		onSession(id) {
			news.onSession(id);
		},
		onNotice: notice('sessions'),
		watch: exchange => watchExchange(exchange, log.access),
		stateless: stateless.handle,
	});
	const news = createMcpNews({dispatch, find: sessions.find, getCount: () => sessions.registry.hub.sessions.size});
	await sessions.restore();
	handle = exchange => guard(exchange) || api.handle(exchange) || sessions.handle(exchange) || proxy.handle(exchange);

	// Deeds.
	const prober = createProber({
		getState,
		dispatch,
		getWatch(id) {
			const {endpoints, plans} = configuration.get().derived;
			const endpoint = endpoints.get(id);
			const plan = plans.get(id);
			return plan && {endpoint, plan};
		},
		getTransport: transports.getForProbes,
	});
	const silence = createSilence({getState, dispatch: report, prober, getSettings: configuration.select(({proxy}) => proxy.silence)});
	const ended = new AbortController();
	const done = Promise.withResolvers<void>();
	const record = describeProcess({url, token: settings.server.token, version, logs: settings.logging.directory, settings: file});
	const ticking = setInterval(dispatch, tickInterval, {type: 'tick'});

	const shutDown = async (): Promise<void> => {
		clearInterval(ticking);
		ended.abort();
		const unwatched = prober.stop();
		sessions.hush();
		stateless.stop();
		const {drain} = configuration.get().derived.limits;
		await Promise.all([api.stop(), listener.close(drain), crew?.close(drain)]);
		proxy.stop();
		await sessions.stop();
		await unwatched;
		await transports.close();
		news.stop();
		metrics.close();
		removeRecord(record, stateFolder);
		await log.close();
	};

	store.subscribe(stamped => {
		const {event} = stamped;
		crew?.react(stamped);
		sessions.react(event);
		stateless.react(event);
		silence.react(event);
		proxy.react(event);
		react(event, {
			check: prober.check,
			syncProbes: prober.sync,
			syncTransports() {
				transports.sync(Object.keys(getState().targets));
			},
			reload: configuration.reload,
			renew() {
				const {secure} = configuration.get().derived;
				if (secure) {
					listener.renew(secure.identity);
				}
			},
			endSession(id) {
				sessions.end(id);
			},
			stop() {
				shutDown().then(done.resolve, done.reject);
			},
		});
	});

	// Begin.
	const remembered = lock.begin(settings.lockFile);
	dispatch({type: 'automatic', isAutomatic: derived.isAutomatic});
	dispatch({type: 'configure', targets: derived.targets, rules: derived.rules, changes: [file ?? 'the built-in ones'], remembered});
	begun.resolve();
	lock.follow(store, ended.signal);
	const {cert, key} = settings.server.tls ?? {};
	for (const watched of [file, cert, key]) {
		if (watched !== undefined) {
			watchSettings({file: watched, signal: ended.signal, onChange: configuration.reload});
		}
	}

	try {
		writeRecord(record, stateFolder);
	} catch (error) {
		notice('record')(`other commands must be told --daemon ${url}: ${String(error)}`);
	}

	if (slots.length > 1) {
		crew = startWorkers({configuration, places: listener, slots, getState, handle, dispatch, answers: prober.answers, onTallies: proxy.add, onLines: log.lines, onNotice: notice('workers')});
		await crew.ready;
	}

	return {url, secureUrl, client, feed, tell: notice('daemon'), done: done.promise};
};
