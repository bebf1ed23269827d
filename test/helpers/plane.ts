import type {ExecutionContext} from 'ava';
import type {Action} from '../../source/core/action.ts';
import {defaultRules, type Rules} from '../../source/core/rules.ts';
import type {AccessRecord} from '../../source/http/access.ts';
import type {Endpoint, Identity, Limits, Timeouts} from '../../source/http/endpoint.ts';
import type {Handler} from '../../source/http/exchange.ts';
import {startListener, type Listener} from '../../source/proxy/listener.ts';
import {createProxy, type Proxy} from '../../source/proxy/proxy.ts';
import {createStore, type Store} from '../../source/store/store.ts';

export const testLimits: Limits = {
	connections: 0,
	inFlight: 1000,
	headBytes: 32_768,
	headFields: 200,
	body: 0,
	headTimeout: 10_000,
	keepAlive: 5000,
	drain: 5000,
};

export const testTimeouts: Timeouts = {connect: 2000, response: 5000, idle: 0, upgrade: 2000, keepAlive: 4000};

type Place = Readonly<{name: string; url: URL; isAbsent?: boolean}>;

type Options = Readonly<{
	limits?: Partial<Limits>;
	timeouts?: Partial<Timeouts>;
	rules?: Partial<Rules>;
	endpoint?: (id: string) => Partial<Endpoint>;
	host?: string;
	/** With a second address, where clients come through TLS. */
	identity?: Identity;
	securePort?: number;
	/** Comes before the proxy. */
	before?: Handler;
	/** Stands between listener and handlers. */
	between?: (t: ExecutionContext, handle: Handler) => Handler;
}>;

export type Plane = Readonly<{
	store: Store;
	listener: Listener;
	proxy: Proxy;
	port: number;
	/** `http://127.0.0.1:PORT`. */
	url: string;
	/** Every action anyone dispatched, but samples. */
	actions: Action[];
	access: AccessRecord[];
	/** What the data plane is told of each target; to be changed as a reload would. */
	endpoints: Map<string, Endpoint>;
}>;

/** A listener and a data plane with a real store in front of these targets. The first one is active; all but absent ones have been seen up. */
export const startPlane = async (t: ExecutionContext, places: readonly Place[], options: Options = {}): Promise<Plane> => {
	const store = createStore();
	const limits = {...testLimits, ...options.limits};
	const actions: Action[] = [];
	const access: AccessRecord[] = [];
	const endpoints = new Map(places.map(({name, url}): [string, Endpoint] => [name, {
		id: name,
		url,
		headers: {},
		tls: {isVerified: true},
		timeouts: {...testTimeouts, ...options.timeouts},
		...options.endpoint?.(name),
	}]));
	const targets = places.map(({name, url}, index) => ({id: name, url: url.href, priority: index + 1, probe: 'none'}));
	store.dispatch({type: 'configure', targets, rules: {...defaultRules, defaultTarget: places[0]?.name, ...options.rules}, changes: []});
	for (const {name, isAbsent = false} of places) {
		if (!isAbsent) {
			store.dispatch({type: 'passed', id: name, ms: 1, isPassive: false});
		}
	}

	const proxy = createProxy({
		getState: store.getState,
		getEndpoint: id => endpoints.get(id),
		getLimits: () => limits,
		dispatch(action) {
			if (action.type !== 'sample') {
				actions.push(action);
			}

			store.dispatch(action);
		},
		onAccess(record) {
			access.push(record);
		},
	});
	store.subscribe(({event}) => {
		proxy.react(event);
	});
	const answer: Handler = exchange => (options.before?.(exchange) ?? false) || proxy.handle(exchange);
	const listener = await startListener({
		host: options.host ?? '127.0.0.1',
		port: 0,
		secure: options.identity && {host: '127.0.0.1', port: options.securePort ?? 0, identity: options.identity},
		getLimits: () => limits,
		handle: options.between?.(t, answer) ?? answer,
	});
	t.teardown(async () => {
		await listener.close(0);
		proxy.stop();
	});
	return {store, listener, proxy, port: listener.port, url: `http://127.0.0.1:${listener.port}`, actions, access, endpoints};
};
