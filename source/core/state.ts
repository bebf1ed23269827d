import type {McpCall} from './call.ts';
import type {Catalogue} from './catalogue.ts';
import {unknownHealth, type Health} from './health.ts';
import {defaultRules, type Cause, type Pin, type Rules} from './rules.ts';
import type {SessionInfo} from './session.ts';
import {noTraffic, type Admin, type Target, type TargetId, type Traffic} from './target.ts';

/** The last active probe of a target. */
export type ProbeResult = Readonly<{at: number; isPassed: true; ms: number}> | Readonly<{at: number; isPassed: false; code: string; message: string}>;

/** How often a target changed its mind. `level` rises by one with each fall and sinks by one with each quiet `flapWindow`. */
export type Flaps = Readonly<{level: number; levelNow: number; changes: readonly number[]}>;

export type TargetState = Readonly<{
	target: Target;
	admin: Admin;
	health: Health;
	/** Since when (wall time, steady time) `health.status` is what it is. */
	healthAt: number;
	healthNow: number;
	/** The last reason for a failure, kept until the target is up again. */
	failure: Readonly<{code: string; message: string}> | undefined;
	probe: ProbeResult | undefined;
	/** Milliseconds of the last 24 probes, newest last; `noAnswer` (-1) where none came. */
	probes: readonly number[];
	flaps: Flaps;
	traffic: Traffic;
	/** What it last said it offers; undefined when it is no MCP server, or was not asked yet. */
	catalogue: Catalogue | undefined;
	/** What its last passed probe said beside: alive, but …. */
	note: string | undefined;
	/** Why the gate kept it from taking over, so that it is said once; until the next switch. */
	skipped: string | undefined;
}>;

/** Everything the proxy knows; the fold of all events. Safe to show to anyone who may look at all. */
export type State = Readonly<{
	startedAt: number;
	rules: Rules;
	/** In the order of the settings. */
	targets: Readonly<Record<TargetId, TargetState>>;
	active: TargetId | undefined;
	/** The active target before this one, for undo. */
	previous: TargetId | undefined;
	/** Counts the switches of this run: rises with each, never falls. */
	epoch: number;
	/** How the active target came to be it, in one word and in one sentence, and when. */
	cause: Cause;
	detail: string;
	switchedAt: number;
	switchedNow: number;
	/** An operator forced the active target although it was no candidate: no failover until it has been up. */
	isHeld: boolean;
	/** Automatic failover and failback. A manual switch never changes it. */
	isAutomatic: boolean;
	pin: Pin | undefined;
	/** Faults of the settings on disk when they were refused and older ones stay in force; else empty. */
	faults: readonly string[];
	isStopping: boolean;
	/** The newest `callsKept` MCP requests that are over, newest last. */
	calls: readonly McpCall[];
	/** The open MCP sessions by their short id. */
	sessions: Readonly<Record<string, SessionInfo>>;
}>;

export const probesKept = 24;
export const noAnswer = -1;
export const callsKept = 500;

export const initialState = (startedAt: number): State => ({
	startedAt,
	rules: defaultRules,
	targets: {},
	active: undefined,
	previous: undefined,
	epoch: 0,
	cause: 'startup',
	detail: 'started',
	switchedAt: startedAt,
	switchedNow: 0,
	isHeld: false,
	isAutomatic: true,
	pin: undefined,
	faults: [],
	isStopping: false,
	calls: [],
	sessions: {},
});

export const initialTarget = (target: Target, at: number, now: number): TargetState => ({
	target,
	admin: 'ready',
	health: unknownHealth,
	healthAt: at,
	healthNow: now,
	failure: undefined,
	probe: undefined,
	probes: [],
	flaps: {level: 0, levelNow: 0, changes: []},
	traffic: noTraffic,
	catalogue: undefined,
	note: undefined,
	skipped: undefined,
});

/** The target of that name, or undefined; safe for names such as `constructor`. */
export const findTarget = (state: State, id: TargetId | undefined): TargetState | undefined => id !== undefined && Object.hasOwn(state.targets, id) ? state.targets[id] : undefined;

/** Up (or not probed yet) and ready: could take traffic. */
export const isCandidate = ({admin, health}: TargetState): boolean => admin === 'ready' && health.status !== 'down';

/** All candidates, most preferred first: by priority, then by the order of the settings. */
export const candidates = (state: State): TargetState[] => Object.values(state.targets).filter(target => isCandidate(target)).toSorted((a, b) => a.target.priority - b.target.priority);

/** Targets in failover order: by priority, then by the order of the settings. */
export const inOrder = (state: State): TargetState[] => Object.values(state.targets).toSorted((a, b) => a.target.priority - b.target.priority);

/** Where a failback goes: the pinned target, else the one with the lowest priority number. */
export const preferred = (state: State): TargetId | undefined => state.pin?.id ?? inOrder(state).find(({admin}) => admin === 'ready')?.target.id;

/** The word for a target in every surface (tui.md 3.4). */
export type StateWord = 'UP' | 'DOWN' | 'CHECK' | 'MAINT' | 'DRAIN';

export const stateWord = ({admin, health}: TargetState): StateWord => {
	if (admin !== 'ready') {
		return admin === 'drain' ? 'DRAIN' : 'MAINT';
	}

	return ({up: 'UP', down: 'DOWN', unknown: 'CHECK'} as const)[health.status];
};

/** Whether anything can be served at all. */
export const isServing = (state: State): boolean => {
	const active = findTarget(state, state.active);
	return active !== undefined && isCandidate(active);
};

/** It is down and another target serves in its place: what waits for its answer waits in vain. Never so of a target that was left by hand and is well. */
export const isForsaken = (state: State, id: TargetId): boolean => id !== state.active && findTarget(state, id)?.health.status === 'down' && isServing(state);

/** Why nobody waits for it; `TARGET_SILENT` when it gave no sign of life, else `TARGET_DOWN`. */
export const downFailure = (state: State, id: TargetId): Readonly<{code: 'TARGET_SILENT' | 'TARGET_DOWN'; message: string}> => {
	const {code = '', message} = findTarget(state, id)?.failure ?? {};
	return {code: code === 'SILENT' || code === 'TARGET_TIMEOUT' ? 'TARGET_SILENT' : 'TARGET_DOWN', message: `it is down${message === undefined ? '' : `: ${message}`}`};
};

/**
How long a probe of this target may take before its silence counts, in ms: `limit`, or twice the slowest but one of its late
probes. A target that is far away, or was once taken for dead while it was busy, gets the time it needs.
*/
export const patienceWith = ({probes}: TargetState, limit: number): number => {
	const [slowest = 0, second = slowest] = probes.filter(ms => ms !== noAnswer).toSorted((a, b) => b - a);
	return Math.max(limit, 2 * second);
};

/** How flappy a target is now: the level of its last fall, less one for each quiet window since. */
export const flapLevel = ({level, levelNow}: Flaps, now: number, {flapWindow}: Rules): number => Math.max(0, level - Math.floor((now - levelNow) / flapWindow));

/** Flapping: more than `flapLimit` changes of health within `flapWindow`. Such a target gets no automatic failback. */
export const isFlapping = ({flaps}: TargetState, now: number, {flapLimit, flapWindow}: Rules): boolean => flaps.changes.filter(change => now - change < flapWindow).length > flapLimit;

/** How long this target must have been up before a failback to it: doubled with each flap, up to `maxFailbackDelay`. */
export const failbackDelay = ({flaps}: TargetState, now: number, rules: Rules): number => Math.min(rules.maxFailbackDelay, rules.failbackDelay * (2 ** Math.max(0, flapLevel(flaps, now, rules) - 1)));

/** The open sessions, those on one target when it is given. */
export const sessionsOf = ({sessions}: State, id?: TargetId): SessionInfo[] => Object.values(sessions).filter(({target}) => id === undefined || target === id);

/** The sum of all targets' traffic. */
export const totalTraffic = (state: State): {requests: number; errors: number; rate: number; inFlight: number; errorRate: number | undefined} => {
	let requests = 0;
	let errors = 0;
	let rate = 0;
	let inFlight = 0;
	let failing = 0;
	for (const {traffic} of Object.values(state.targets)) {
		requests += traffic.requests;
		errors += traffic.errors;
		rate += traffic.rate;
		inFlight += traffic.inFlight;
		failing += traffic.rate * (traffic.errorRate ?? 0);
	}

	return {requests, errors, rate, inFlight, errorRate: rate > 0 ? failing / rate : undefined};
};
