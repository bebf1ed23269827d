import type {McpCall} from '../core/call.ts';
import type {Catalogue} from '../core/catalogue.ts';
import {differenceTo} from '../core/gate.ts';
import {sentenceOf} from '../core/sentence.ts';
import type {Stamped} from '../core/event.ts';
import {findTarget, inOrder, isCandidate, isFlapping, isServing, noAnswer, preferred, sessionsOf, stateWord, totalTraffic, type State, type TargetState} from '../core/state.ts';
import type {CallDocument, CallsDocument, EventsDocument, HealthDocument, OneTargetDocument, SessionsDocument, StatusDocument, TargetDocument, TargetsDocument} from './shapes.ts';

/** Which state a document shows, and when it was made. `now` is the steady clock of the daemon, in ms. */
export type Made = Readonly<{revision: number; at: number; now: number}>;

const iso = (at: number): string => new Date(at).toISOString();

/** Microseconds of a measurement are noise; ten of them are kept. */
const rounded = (ms: number): number => Math.round(ms * 100) / 100;

const roundedOrNull = (ms: number | undefined): number | null => ms === undefined ? null : rounded(ms);

/** The median of the probes that were answered, in ms; null when none was. */
export const latencyOf = (probes: readonly number[]): number | null => {
	const answered = probes.filter(ms => ms !== noAnswer).toSorted((a, b) => a - b);
	return roundedOrNull(answered[Math.floor(answered.length / 2)]);
};

const word = (target: TargetState): TargetDocument['state'] => ({UP: 'up', DOWN: 'down', CHECK: 'check', MAINT: 'maint', DRAIN: 'drain'} as const)[stateWord(target)];

const lastCheck = ({probe}: TargetState): TargetDocument['lastCheck'] => {
	if (!probe) {
		return null;
	}

	const at = iso(probe.at);
	return probe.isPassed
		? {at, isPassed: true, ms: rounded(probe.ms), code: null, message: null}
		: {at, isPassed: false, ms: null, code: probe.code, message: probe.message};
};

const namesOf = (items: ReadonlyArray<{name: string}>): string[] => items.map(({name}) => name);

const catalogueDocument = ({server, protocol, capabilities, tools, prompts, resources}: Catalogue): TargetDocument['catalogue'] => ({
	server,
	protocol,
	capabilities: [...capabilities],
	tools: namesOf(tools),
	prompts: namesOf(prompts),
	resources: namesOf(resources),
});

const targetDocument = (state: State, row: TargetState, {now}: Made): TargetDocument => {
	const {target, admin, health, healthAt, failure, probes, traffic, note, catalogue} = row;
	const difference = differenceTo(state, target.id);
	return {
		name: target.id,
		url: target.url,
		priority: target.priority,
		isActive: target.id === state.active,
		state: word(row),
		health: health.status,
		admin,
		isCandidate: isCandidate(row),
		isFlapping: isFlapping(row, now, state.rules),
		since: iso(healthAt),
		streak: health.streak,
		failure: failure ? {code: failure.code, message: failure.message} : null,
		probe: target.probe,
		lastCheck: lastCheck(row),
		latencyMs: latencyOf(probes),
		probesMs: probes.map(ms => ms === noAnswer ? null : rounded(ms)),
		traffic: {
			requests: traffic.requests,
			errors: traffic.errors,
			inBytes: traffic.bytesIn,
			outBytes: traffic.bytesOut,
			inFlight: traffic.inFlight,
			perSecond: traffic.rate,
			errorRatio: traffic.errorRate ?? null,
			p50Ms: roundedOrNull(traffic.p50),
			p95Ms: roundedOrNull(traffic.p95),
			p99Ms: roundedOrNull(traffic.p99),
		},
		note: note ?? null,
		sessions: sessionsOf(state, target.id).length,
		catalogue: catalogue ? catalogueDocument(catalogue) : null,
		lacks: [...difference?.missing ?? []],
		changes: [...difference?.changed ?? []],
	};
};

const head = ({revision, at}: Made): {revision: number; generatedAt: string} => ({revision, generatedAt: iso(at)});

/** All targets in failover order: `GET /api/proxy/targets` and `pmcp list --json`. */
export const targetsDocument = (state: State, made: Made): TargetsDocument => ({
	schema: 'pmcp.targets/v1',
	...head(made),
	items: inOrder(state).map(row => targetDocument(state, row, made)),
});

/** One target: `GET /api/proxy/targets/NAME`. Undefined when there is none of that name. */
export const oneTargetDocument = (state: State, id: string, made: Made): OneTargetDocument | undefined => {
	const row = findTarget(state, id);
	return row && {schema: 'pmcp.target/v1', ...head(made), ...targetDocument(state, row, made)};
};

/** How many sessions are open, and whose. */
const sessionsSummary = (state: State): StatusDocument['sessions'] => {
	const all = sessionsOf(state);
	const counts = Map.groupBy(all, ({client}) => client);
	return {
		open: all.length,
		inFlight: all.reduce((sum, {inFlight}) => sum + inFlight, 0),
		clients: [...counts].map(([client, {length}]) => ({client, sessions: length})).toSorted((a, b) => b.sessions - a.sessions),
	};
};

/** The whole useful picture: `GET /api/proxy/status` and `pmcp status --json`. `pid` null: no daemon runs, and the rest is from the settings and the lock file. */
export const statusDocument = (state: State, made: Made, process: Readonly<{url: string; pid: number | null; version: string}>): StatusDocument => {
	const {requests, errors, inFlight, rate, errorRate} = totalTraffic(state);
	return {
		schema: 'pmcp.status/v1',
		...head(made),
		activeSystem: state.active ?? null,
		previousSystem: state.previous ?? null,
		epoch: state.epoch,
		cause: state.cause,
		detail: state.detail,
		since: iso(state.switchedAt),
		isServing: isServing(state),
		isAutomatic: state.isAutomatic,
		isHeld: state.isHeld,
		isStopping: state.isStopping,
		pin: state.pin ? {id: state.pin.id, mode: state.pin.mode} : null,
		preferred: preferred(state) ?? null,
		targets: inOrder(state).map(row => ({
			name: row.target.id,
			isActive: row.target.id === state.active,
			state: word(row),
			latencyMs: latencyOf(row.probes),
			message: row.failure?.message ?? null,
		})),
		traffic: {requests, errors, inFlight, perSecond: rate, errorRatio: errorRate ?? null},
		sessions: sessionsSummary(state),
		faults: [...state.faults],
		url: process.url,
		pid: process.pid,
		version: process.version,
		startedAt: process.pid === null ? null : iso(state.startedAt),
		uptimeMs: process.pid === null ? null : Math.max(0, made.at - state.startedAt),
	};
};

/** `GET /health`, as the older clients know it: healthy when at least one system is. A system never probed is not. */
export const healthDocument = (state: State, {at}: Pick<Made, 'at'>): HealthDocument => {
	const systems = Object.fromEntries(Object.values(state.targets).map(({target, health, admin, probe, probes, failure}) => [target.id, {
		isActive: target.id === state.active,
		isHealthy: health.status === 'up',
		url: target.url,
		priority: target.priority,
		health: health.status,
		admin,
		lastCheck: probe ? iso(probe.at) : null,
		latencyMs: latencyOf(probes),
		error: failure?.message ?? null,
	}]));
	const isHealthy = Object.values(systems).some(system => system.isHealthy);
	return {status: isHealthy ? 'healthy' : 'unhealthy', timestamp: iso(at), activeSystem: state.active ?? null, systems};
};

/** Events as a script reads them: `GET /api/proxy/events`. */
export const eventsDocument = (events: readonly Stamped[], isComplete: boolean, made: Made): EventsDocument => ({
	schema: 'pmcp.events/v1',
	...head(made),
	isComplete,
	items: events.map(stamped => ({...stamped.event, seq: stamped.seq, at: iso(stamped.at), sentence: sentenceOf(stamped.event)})),
});

/** One call as a script reads it. */
export const callDocument = ({id, at, ms, method, subject, target, session, client, verdict, code, bytesIn, bytesOut, attempts, request, response}: McpCall): CallDocument => ({
	id,
	at: iso(at),
	ms: rounded(ms),
	method,
	tool: subject ?? null,
	target: target ?? null,
	session: session ?? null,
	client: client ?? null,
	verdict,
	code: code ?? null,
	inBytes: bytesIn,
	outBytes: bytesOut,
	attempts,
	request: request ?? null,
	response: response ?? null,
});

/** The newest calls, oldest first: `GET /api/proxy/calls`. `since`: only those with a greater id. */
export const callsDocument = ({calls}: State, made: Made, {since = 0, limit = calls.length}: {since?: number | undefined; limit?: number | undefined} = {}): CallsDocument => {
	const after = calls.filter(({id}) => id > since);
	const items = limit > 0 ? after.slice(-limit) : [];
	return {schema: 'pmcp.calls/v1', ...head(made), isComplete: items.length === after.length && (calls[0]?.id ?? 1) <= since + 1, items: items.map(call => callDocument(call))};
};

/** The open sessions, oldest first: `GET /api/proxy/sessions`. */
export const sessionsDocument = (state: State, made: Made): SessionsDocument => ({
	schema: 'pmcp.sessions/v1',
	...head(made),
	items: sessionsOf(state).toSorted((a, b) => a.openedAt - b.openedAt).map(({id, client, protocol, target, generation, openedAt, usedAt, isListening, calls, inFlight}) => ({
		id,
		client,
		protocol,
		target: target ?? null,
		generation,
		openedAt: iso(openedAt),
		usedAt: iso(usedAt),
		isListening,
		calls,
		inFlight,
	})),
});
