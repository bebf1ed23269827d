import * as z from 'zod';
import {verdicts} from '../core/call.ts';

/*
The JSON documents of the API and of `--json`, in one place: types, checks and the published JSON Schema all come from here.
Within a version (`…/v1`) fields are only ever added. camelCase; times RFC 3339 in UTC; durations `…Ms`; ratios 0 to 1;
what is unknown is `null`, never missing.
*/
const time = z.string().describe('RFC 3339, UTC');
const count = z.int().min(0);
const ms = z.number().min(0);

const failureShape = z.strictObject({code: z.string(), message: z.string()});
const pinShape = z.strictObject({id: z.string(), mode: z.enum(['soft', 'hard'])});

const trafficShape = z.strictObject({
	requests: count.describe('since the start'),
	errors: count.describe('since the start'),
	inBytes: count,
	outBytes: count,
	inFlight: count,
	perSecond: z.number().min(0),
	errorRatio: z.number().min(0).max(1).nullable(),
	p50Ms: ms.nullable(),
	p95Ms: ms.nullable(),
	p99Ms: ms.nullable(),
});

const checkShape = z.strictObject({at: time, isPassed: z.boolean(), ms: ms.nullable(), code: z.string().nullable(), message: z.string().nullable()});

const names = z.array(z.string());
const catalogueShape = z.strictObject({server: z.string(), protocol: z.string(), capabilities: names, tools: names, prompts: names, resources: names});

export const targetShape = z.strictObject({
	name: z.string(),
	url: z.string(),
	priority: z.number(),
	isActive: z.boolean(),
	state: z.enum(['up', 'down', 'check', 'maint', 'drain']).describe('one word for health and admin together'),
	health: z.enum(['up', 'down', 'unknown']),
	admin: z.enum(['ready', 'drain', 'maintenance']),
	isCandidate: z.boolean().describe('could take traffic'),
	isFlapping: z.boolean(),
	since: time.describe('since when `health` is what it is'),
	streak: count.describe('results in a row against `health`'),
	failure: failureShape.nullable().describe('the last reason for a failure, until the target is up again'),
	probe: z.string().describe('which probe watches it'),
	lastCheck: checkShape.nullable(),
	latencyMs: ms.nullable().describe('of the last passed probe among the last 24, median'),
	probesMs: z.array(ms.nullable()).describe('the last 24 probes, newest last; null where no answer came'),
	traffic: trafficShape,
	note: z.string().nullable().describe('alive, but …: what its last passed probe said beside'),
	sessions: count.describe('MCP sessions on it now'),
	catalogue: catalogueShape.nullable().describe('what it offers; null: not known to be an MCP server'),
	lacks: z.array(z.string()).describe('what clients would miss after a move from the active target'),
	changes: z.array(z.string()).describe('what is there too, but otherwise'),
});

const head = {revision: count.describe('the newest `seq` in it'), generatedAt: time};

export const targetsShape = z.strictObject({schema: z.literal('pmcp.targets/v1'), ...head, items: z.array(targetShape)});
export const oneTargetShape = z.strictObject({schema: z.literal('pmcp.target/v1'), ...head, ...targetShape.shape});

export const statusShape = z.strictObject({
	schema: z.literal('pmcp.status/v1'),
	...head,
	activeSystem: z.string().nullable(),
	previousSystem: z.string().nullable(),
	epoch: count.describe('rises with each switch'),
	cause: z.enum(['failover', 'manual', 'failback', 'lockfile', 'startup']),
	detail: z.string(),
	since: time.describe('of the last switch'),
	isServing: z.boolean().describe('the active target can take traffic'),
	isAutomatic: z.boolean().describe('automatic failover'),
	isHeld: z.boolean().describe('forced onto a target that was down: no failover until it has been up'),
	isStopping: z.boolean(),
	pin: pinShape.nullable(),
	preferred: z.string().nullable().describe('where a failback goes'),
	targets: z.array(z.strictObject({name: z.string(), isActive: z.boolean(), state: targetShape.shape.state, latencyMs: ms.nullable(), message: z.string().nullable()})),
	traffic: z.strictObject({requests: count, errors: count, inFlight: count, perSecond: z.number().min(0), errorRatio: z.number().nullable()}),
	sessions: z.strictObject({
		open: count,
		inFlight: count,
		clients: z.array(z.strictObject({client: z.string(), sessions: count})).describe('most sessions first'),
	}),
	faults: z.array(z.string()).describe('of the settings on disk, when they were refused'),
	url: z.string(),
	pid: count.nullable().describe('null only in `pmcp status --json` without a daemon; so are the next times'),
	version: z.string(),
	startedAt: time.nullable(),
	uptimeMs: ms.nullable(),
});

export const healthShape = z.strictObject({
	status: z.enum(['healthy', 'unhealthy']),
	timestamp: time,
	activeSystem: z.string().nullable(),
	systems: z.record(z.string(), z.strictObject({
		isActive: z.boolean(),
		isHealthy: z.boolean(),
		url: z.string(),
		priority: z.number(),
		health: targetShape.shape.health,
		admin: targetShape.shape.admin,
		lastCheck: time.nullable(),
		latencyMs: ms.nullable(),
		error: z.string().nullable(),
	})),
});

export const eventsShape = z.strictObject({
	schema: z.literal('pmcp.events/v1'),
	...head,
	isComplete: z.boolean().describe('false: some events after `since` are gone, and these are the newest instead'),
	items: z.array(z.looseObject({seq: count, at: time, type: z.string(), sentence: z.string()})),
});

export const callShape = z.strictObject({
	id: count.describe('rises by one each from the start of the proxy'),
	at: time.describe('of its start'),
	ms,
	method: z.string(),
	tool: z.string().nullable().describe('the tool, prompt or resource it names'),
	target: z.string().nullable().describe('who answered'),
	session: z.string().nullable().describe('the short id'),
	client: z.string().nullable(),
	verdict: z.enum(verdicts).describe('tool: the tool said isError; rpc: a JSON-RPC error; time: no answer in time; net: the target broke; gone: the client left'),
	code: z.int().nullable().describe('of the JSON-RPC error'),
	inBytes: count,
	outBytes: count,
	attempts: count.describe('more than one: it was replayed'),
	request: z.string().nullable(),
	response: z.string().nullable(),
});

export const callsShape = z.strictObject({
	schema: z.literal('pmcp.calls/v1'),
	...head,
	isComplete: z.boolean().describe('false: some calls after `since` are gone'),
	items: z.array(callShape),
});

export const sessionShape = z.strictObject({
	id: z.string().describe('short; the id itself is a secret'),
	client: z.string(),
	protocol: z.string(),
	target: z.string().nullable(),
	generation: count.describe('rises each time it was set up at a target anew'),
	openedAt: time,
	usedAt: time,
	isListening: z.boolean(),
	calls: count,
	inFlight: count,
});

export const sessionsShape = z.strictObject({schema: z.literal('pmcp.sessions/v1'), ...head, items: z.array(sessionShape)});

export const doneShape = z.strictObject({ok: z.literal(true), revision: count, activeSystem: z.string().nullable(), epoch: count});
export const switchedShape = z.strictObject({success: z.literal(true), activeSystem: z.string().nullable(), previousSystem: z.string().nullable(), epoch: count, revision: count});
export const errorShape = z.strictObject({error: z.string(), code: z.string(), hint: z.string()});

export type TargetDocument = z.infer<typeof targetShape>;
export type TargetsDocument = z.infer<typeof targetsShape>;
export type OneTargetDocument = z.infer<typeof oneTargetShape>;
export type StatusDocument = z.infer<typeof statusShape>;
export type HealthDocument = z.infer<typeof healthShape>;
export type CallDocument = z.infer<typeof callShape>;
export type CallsDocument = z.infer<typeof callsShape>;
export type SessionDocument = z.infer<typeof sessionShape>;
export type SessionsDocument = z.infer<typeof sessionsShape>;
export type EventsDocument = z.infer<typeof eventsShape>;
