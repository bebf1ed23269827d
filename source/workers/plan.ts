import type {Endpoint, Limits, SecurePlace} from '../http/endpoint.ts';
import type {GuardSettings} from '../http/guard.ts';
import type {AccessFormat} from '../observe/access.ts';
import type {State} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';

type EndpointPlan = Readonly<Omit<Endpoint, 'url'> & {url: string}>;

/** What a worker needs of the settings: plain data, to be handed to another thread. Holds secrets. */
export type WorkerPlan = Readonly<{
	host: string;
	port: number;
	/** The address with TLS, if there is one. */
	secure: SecurePlace | undefined;
	/** A worker's own: its share of what all may have in flight. */
	limits: Limits;
	endpoints: readonly EndpointPlan[];
	guard: GuardSettings;
	/** Paths that the proxy answers itself. */
	paths: Readonly<{health: string; config: string}>;
	/** `none` as well when the log wants no such records. */
	accessFormat: AccessFormat;
	silence: Readonly<{after: number; limit: number}>;
}>;

/** What a worker begins with. */
export type WorkerStart = Readonly<{
	plan: WorkerPlan;
	/** What matters of it here (`essential`). */
	state: State;
	/** Client connections by worker, shared by all threads; the first is the daemon's own. */
	slots: Int32Array;
	/** Which of them is its own. */
	index: number;
}>;

/** The part of the state that decides where a request goes. */
export const essential = (state: State): State => ({...state, calls: [], sessions: {}});

/** What each of several workers may have in flight towards a target: together no more than the settings say. */
export const shareOf = (limits: Limits, count: number): Limits => ({...limits, inFlight: Math.max(1, Math.floor(limits.inFlight / count))});

export const planEndpoints = (endpoints: ReadonlyMap<TargetId, Endpoint>): EndpointPlan[] => [...endpoints.values()].map(endpoint => ({...endpoint, url: endpoint.url.href}));

/** The endpoints of a plan. One that did not change stays the very same object, and with it the connections that stand. */
export const readEndpoints = (plans: readonly EndpointPlan[], before: ReadonlyMap<TargetId, KnownEndpoint> = new Map()): Map<TargetId, KnownEndpoint> => new Map(plans.map(plan => {
	const text = JSON.stringify(plan);
	const known = before.get(plan.id);
	return [plan.id, known?.text === text ? known : {text, endpoint: {...plan, url: new URL(plan.url)}}];
}));

type KnownEndpoint = Readonly<{text: string; endpoint: Endpoint}>;
