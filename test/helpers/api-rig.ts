import type {ExecutionContext} from 'ava';
import {createApi, type ApiOptions} from '../../source/api/api.ts';
import {createFeed, type Feed} from '../../source/client/feed.ts';
import {createLocalClient} from '../../source/client/local.ts';
import type {Client} from '../../source/client/client.ts';
import {defaultRules} from '../../source/core/rules.ts';
import type {Target} from '../../source/core/target.ts';
import {createGuard, type GuardSettings} from '../../source/http/guard.ts';
import type {Exchange, Handler} from '../../source/http/exchange.ts';
import {sendJson} from '../../source/http/reply.ts';
import {startListener} from '../../source/proxy/listener.ts';
import {createHistory} from '../../source/store/history.ts';
import {createStore, type Store} from '../../source/store/store.ts';
import {testLimits} from './plane.ts';

export const augment: Target = {id: 'augment', url: 'http://localhost:3000', priority: 1, probe: 'http GET /health'};
export const cline: Target = {id: 'cline', url: 'http://localhost:5000', priority: 2, probe: 'http GET /health'};

type Options = Partial<ApiOptions> & Readonly<{
	targets?: readonly Target[];
	/** The address that the peer seems to have. */
	peer?: string;
	guard?: Partial<GuardSettings>;
	history?: number;
	/** 0, any free one, unless a test needs the same one again. */
	port?: number;
}>;

export type ApiRig = Readonly<{
	port: number;
	/** `http://localhost:PORT`. */
	url: string;
	store: Store;
	client: Client;
	feed: Feed;
	/** Ends the API and its feed; the listener goes on. */
	stop: () => Promise<void>;
	/** Ends everything, as when the daemon dies. */
	kill: () => Promise<void>;
}>;

/** The exchange as if it came from another machine. */
const fromPeer = (exchange: Exchange, peer: string): Exchange => {
	const {head: {method, path, httpVersion, headers, lines, seen, length, isSecure}, body, reply, upgrade} = exchange;
	return {
		head: {method, path, httpVersion, headers, lines, seen, length, isSecure, peer},
		body,
		reply,
		get signal() {
			return exchange.signal;
		},
		onLeave(listener) {
			exchange.onLeave(listener);
		},
		...(upgrade && {upgrade}),
	};
};

/** The guard and the API over a real store, on a real port. No target is probed: what the store is told is what is true. */
export const startApi = async (t: ExecutionContext, {targets = [augment, cline], peer = '127.0.0.1', guard, history: capacity, port: wanted = 0, ...options}: Options = {}): Promise<ApiRig> => {
	const history = createHistory(capacity);
	const store = createStore({persist: history.add});
	const feed = createFeed(store, history);
	let handle: Handler = () => false;
	const listener = await startListener({
		host: 'localhost',
		port: wanted,
		getLimits: () => testLimits,
		handle(exchange) {
			if (!handle(fromPeer(exchange, peer))) {
				sendJson(exchange, 200, {proxied: exchange.head.path});
			}

			return true;
		},
	});
	const {port, url} = listener;
	const client = createLocalClient(store, url);
	const settings: GuardSettings = {hosts: ['localhost'], ports: [port], allowedHosts: [], allowedOrigins: [], ...guard};
	const paths = {health: '/health', config: '/config'};
	const api = createApi({
		client,
		feed,
		getConfig: () => ({server: {port, host: 'localhost'}}),
		getMetricsText: () => '# HELP pmcp_up one\npmcp_up 1\n',
		getMetricsJson: () => ({up: 1}),
		getToken: () => undefined,
		getPaths: () => paths,
		version: '0.1.0',
		...options,
	});
	const check = createGuard(() => settings);
	handle = exchange => check(exchange) || api.handle(exchange);
	store.dispatch({type: 'configure', targets, rules: {...defaultRules, defaultTarget: 'augment'}, changes: []});
	const kill = async (): Promise<void> => {
		client.close();
		await Promise.all([api.stop(), listener.close(0)]);
	};

	t.teardown(kill);
	return {port, url, store, client, feed, stop: api.stop, kill};
};

/** Each target has answered a probe. */
export const allUp = (store: Store): void => {
	for (const id of Object.keys(store.getState().targets)) {
		store.dispatch({type: 'passed', id, ms: 12, isPassive: false});
	}
};

/** This target is down, after as many failed probes as it takes. */
export const takeDown = (store: Store, id: string, message = 'connect ECONNREFUSED'): void => {
	for (let count = 0; count < 3; count++) {
		store.dispatch({type: 'failed', id, code: 'ECONNREFUSED', message, isPassive: false});
	}
};
