import type {Action} from '../core/action.ts';
import type {McpCall} from '../core/call.ts';
import {toAppError} from '../core/errors.ts';
import type {Event} from '../core/event.ts';
import {downFailure, isForsaken, type State} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import type {AccessRecord} from '../http/access.ts';
import type {Counters} from '../http/counters.ts';
import {dressOf} from '../http/dress.ts';
import type {Endpoint, Limits} from '../http/endpoint.ts';
import type {Handler} from '../http/exchange.ts';
import {createForwarder} from '../upstream/forward.ts';
import type {Pulse} from '../upstream/pulse.ts';
import {createBudget} from './budget.ts';
import {createMeter, type Meter, type Tally} from './meter.ts';
import {createPassive} from './passive.ts';
import {carry} from './carry.ts';
import {fail, newPassage} from './passage.ts';
import type {Plane, Upstream} from './plane.ts';

export type ProxyOptions = Readonly<{
	getState: () => State;
	/** How to reach a target now; the same object as long as nothing changed. Undefined when the settings know none of that name. */
	getEndpoint: (id: TargetId) => Endpoint | undefined;
	getLimits: () => Limits;
	dispatch: (action: Action) => void;
	/** Told of each target's signs of life. */
	getPulse?: (id: TargetId) => Pulse;
	/** Called once a request, when its reply is complete or its client gone. */
	onAccess?: (record: AccessRecord) => void;
	/** What other threads have in flight, by target. */
	getElsewhere?: () => ReadonlyMap<TargetId, number> | undefined;
	/** Called each second with what was counted. By default that is dispatched as a sample; a worker tells the daemon's thread instead. */
	report?: (meter: Meter) => void;
}>;

export type Proxy = Readonly<{
	/** Takes every exchange: what the proxy answers itself comes before it. */
	handle: Handler;
	/** A call that MCP's sessions brought to its target. */
	count: (call: McpCall) => void;
	/** What a worker has counted. */
	add: (tallies: readonly Tally[]) => void;
	/** Every event, once it is in force. */
	react: (event: Event) => void;
	getCounters: () => Omit<Counters, 'connections'>;
	/** Report what was counted since the last second. */
	flush: () => void;
	/** Cuts what is left towards the targets; call it when the listener is closed. */
	stop: () => void;
}>;

const sampleInterval = 1000;

/** The way to each target, made anew when its endpoint is another object than before. */
const createUpstreams = ({getEndpoint, getPulse, getState}: ProxyOptions): {get: Plane['upstream']; forsake: () => void; prune: () => void; stop: () => void} => {
	const upstreams = new Map<TargetId, Upstream>();
	return {
		get(id) {
			const endpoint = getEndpoint(id);
			const current = upstreams.get(id);
			if (current && current.endpoint === endpoint) {
				return current;
			}

			current?.forwarder.close();
			upstreams.delete(id);
			if (!endpoint) {
				return undefined;
			}

			const made: Upstream = {endpoint, dress: dressOf(endpoint), forwarder: createForwarder(endpoint, getPulse?.(id))};
			upstreams.set(id, made);
			return made;
		},
		forsake() {
			const state = getState();
			for (const [id, {forwarder}] of upstreams) {
				if (isForsaken(state, id)) {
					forwarder.forsake(downFailure(state, id));
				}
			}
		},
		prune() {
			for (const [id, {endpoint, forwarder}] of upstreams) {
				if (getEndpoint(id) !== endpoint) {
					forwarder.close();
					upstreams.delete(id);
				}
			}
		},
		stop() {
			for (const {forwarder} of upstreams.values()) {
				forwarder.destroy();
			}
		},
	};
};

/** What is in flight by target beside what this meter counts: of MCP's sessions, and of other threads. */
const inFlightOf = ({sessions}: State, elsewhere: ReadonlyMap<TargetId, number> = new Map()): ReadonlyMap<TargetId, number> => {
	const counts = new Map(elsewhere);
	for (const {target, inFlight} of Object.values(sessions)) {
		if (target !== undefined) {
			counts.set(target, (counts.get(target) ?? 0) + inFlight);
		}
	}

	return counts;
};

/** The data plane: brings each request to a target, and reports what that shows of the targets. */
export const createProxy = (options: ProxyOptions): Proxy => {
	const {getState, getLimits, dispatch, onAccess = () => undefined} = options;
	const upstreams = createUpstreams(options);
	const meter = createMeter();
	const budget = createBudget();
	/** A failover writes to the disk. First all that broke in the same moment is on its way elsewhere. */
	const later = (action: Action): void => {
		setImmediate(dispatch, action);
	};

	const plane: Plane = {getState, getLimits, meter, budget, onAccess, upstream: upstreams.get, passive: createPassive({getState, dispatch: later})};
	const {report = () => {
		const targets = meter.sample(inFlightOf(getState(), options.getElsewhere?.()));
		if (targets) {
			dispatch({type: 'sample', targets});
		}
	}} = options;
	const timer = setInterval(() => {
		budget.tick();
		upstreams.prune();
		report(meter);
	}, sampleInterval).unref();
	return {
		handle(exchange) {
			if (exchange.upgrade) {
				// Loaded by the first one who needs it: a proxy without WebSockets starts faster.
				const passage = newPassage(plane, exchange);
				import('./upgrade.ts').then(async ({carryUpgrade}) => carryUpgrade(passage)).catch((error: unknown) => {
					fail(passage, toAppError(error));
				});
			} else {
				carry(plane, exchange);
			}

			return true;
		},
		count(call) {
			meter.count(call);
		},
		add(tallies) {
			for (const tally of tallies) {
				meter.add(tally);
			}
		},
		react({type}) {
			if (type === 'target.down' || type === 'active.switched') {
				queueMicrotask(upstreams.forsake); // What follows may dispatch, and we are inside of that now.
			}
		},
		getCounters: meter.counters,
		flush() {
			report(meter);
		},
		stop() {
			clearInterval(timer);
			upstreams.stop();
		},
	};
};
