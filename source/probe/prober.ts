import type {ReportAction} from '../core/action.ts';
import {findTarget, type State} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import type {Endpoint} from '../http/endpoint.ts';
import type {ProbePlan} from '../http/probe-plan.ts';
import type {Transport} from '../transport/channel.ts';
import {attempt, isAnswered, type Running} from './attempt.ts';
import {createMcpWatch, type McpWatch} from './mcp.ts';

/** Watches every target, each in its own rhythm. */
export type Prober = Readonly<{
	/** Begin with new targets, end with removed ones, go on with the others: after the settings or an admin state changed. */
	sync: () => void;
	/** Probe these at once; one that is being probed is not probed twice. */
	check: (ids: readonly TargetId[]) => void;
	/**
	Whether a target answers a probe within `limit` ms, well or not. Undefined when nobody can tell: it is not watched, or we
	were late ourselves. The probe goes on to its own end, and counts as any other.
	*/
	answers: (id: TargetId, limit: number) => Promise<boolean | undefined>;
	/** Also ends the sessions kept at targets; resolves when they are, at most 5 s later. */
	stop: () => Promise<void>;
}>;

type Options = Readonly<{
	getState: () => State;
	dispatch: (action: ReportAction) => void;
	getWatch: (id: TargetId) => Readonly<{endpoint: Endpoint | undefined; plan: ProbePlan}> | undefined;
	/** The way to its MCP server, shared with the sessions. */
	getTransport: (id: TargetId) => Transport | undefined;
}>;

type Watch = {
	timer: NodeJS.Timeout | undefined;
	running: Running | undefined;
	isStopped: boolean;
	mcp: McpWatch | undefined;
	/** When its catalogue was read last (steady time); undefined: not since it came up. */
	lookedAt: number | undefined;
	/** Nothing there speaks MCP: it is not asked again before it went down. */
	isDeaf: boolean;
	isLooking: boolean;
	/** When it came up (steady time), as of the last look. */
	since: number | undefined;
};

const newWatch = (): Watch => ({timer: undefined, running: undefined, isStopped: false, mcp: undefined, lookedAt: undefined, isDeaf: false, isLooking: false, since: undefined});

/** Between two looks at what a target offers, ms. */
const lookInterval = 60_000;
/** After a look that came to nothing, ms. */
const lookPause = 2000;

/** A program that is started needs more time for its first answer than for the others, ms. */
const startPatience = 10_000;

/** A refused or reset connection is a clear answer: ask again at once until the verdict stands, instead of waiting for the next interval. */
const clearAnswers = new Set(['ECONNREFUSED', 'ECONNRESET']);
const clearPause = 20;

/** Up to 5 % either way, so that probes of many targets and proxies spread (HAProxy "spread-checks"). */
const jittered = (ms: number): number => ms * (0.95 + (Math.random() * 0.1));

/** Starts with the first `sync`; ends with `stop`, which also ends the probes under way. */
export const createProber = ({getState, dispatch, getWatch, getTransport}: Options): Prober => {
	const watches = new Map<TargetId, Watch>();

	const pause = (id: TargetId, plan: ProbePlan, isClear: boolean): number => {
		const health = findTarget(getState(), id)?.health;
		if (health?.status === 'down') {
			return jittered(plan.downInterval);
		}

		if (health?.status === 'up' && health.streak === 0) {
			return jittered(plan.interval);
		}

		return isClear ? clearPause : jittered(plan.fastInterval);
	};

	const schedule = (id: TargetId, watch: Watch, delay: number): void => {
		clearTimeout(watch.timer);
		watch.timer = setTimeout(() => {
			void probe(id, watch);
		}, delay);
	};

	const mcpOf = (id: TargetId, watch: Watch, {kind}: ProbePlan): McpWatch | undefined => {
		const transport = getTransport(id);
		const isKept = kind === 'mcp';
		if (watch.mcp?.transport !== transport || watch.mcp?.isKept !== isKept) {
			void watch.mcp?.close();
			watch.mcp = transport && createMcpWatch(transport, isKept
				? () => {
					watch.lookedAt = undefined;
				}
				: undefined);
			watch.lookedAt = undefined;
			watch.isDeaf = false;
		}

		return watch.mcp;
	};

	const look = async (id: TargetId, watch: Watch): Promise<void> => {
		const {mcp} = watch;
		watch.lookedAt = performance.now();
		watch.isLooking = true;
		const seen = await mcp?.look();
		watch.isLooking = false;
		if (!seen || watch.mcp !== mcp || watch.isStopped) {
			return;
		}

		watch.isDeaf = seen.kind === 'none';
		if (seen.kind === 'unknown') {
			watch.lookedAt = performance.now() - lookInterval + lookPause; // It may just have been restarted: do not wait for so long.
			return;
		}

		dispatch({type: 'catalogue', id, catalogue: seen.kind === 'told' ? seen.catalogue : undefined});
	};

	/** Each time it came up, what it offers is looked at, and then from time to time; a target of plain HTTP is asked no more. Never held against its health. */
	const note = (id: TargetId, watch: Watch): void => {
		const target = findTarget(getState(), id);
		if (target?.health.status !== 'up') {
			return;
		}

		if (watch.since !== target.healthNow) {
			watch.since = target.healthNow;
			watch.lookedAt = undefined;
			watch.isDeaf = false;
		}

		const isDue = watch.lookedAt === undefined || performance.now() - watch.lookedAt > lookInterval;
		if (isDue && !watch.isDeaf && !watch.isLooking) {
			void look(id, watch);
		}
	};

	const ask = async (id: TargetId, watch: Watch, known: Readonly<{endpoint: Endpoint | undefined; plan: ProbePlan}>, stopped: AbortSignal): ReturnType<typeof attempt> => {
		const mcp = mcpOf(id, watch, known.plan);
		const isStarting = mcp?.transport.plan.kind === 'stdio' && !mcp.isOpen();
		const timeout = isStarting ? Math.max(known.plan.timeout, startPatience) : known.plan.timeout;
		const result = await attempt({...known, mcp, plan: {...known.plan, timeout}}, stopped);
		const doubt = mcp?.getNote();
		return result?.type === 'passed' && doubt !== undefined ? {note: doubt, ...result} : result;
	};

	const probe = async (id: TargetId, watch: Watch): Promise<void> => {
		const known = getWatch(id);
		if (watch.isStopped || watch.running !== undefined || !known) {
			return;
		}

		clearTimeout(watch.timer);
		const stop = new AbortController();
		watch.running = {stop, startedAt: performance.now(), result: ask(id, watch, known, stop.signal)};
		const result = await watch.running.result;
		watch.running = undefined;
		if (stop.signal.aborted) {
			return; // Stopped meanwhile: nobody asks any more.
		}

		if (result) {
			dispatch(result);
		}

		const isClear = result?.type === 'failed' && clearAnswers.has(result.code);
		if (watches.get(id) === watch) {
			note(id, watch);
			schedule(id, watch, result ? pause(id, known.plan, isClear) : 0);
		} else {
			void watch.mcp?.close(); // Probed by hand in maintenance, where nothing is kept.
		}
	};

	const stopWatch = async (id: TargetId, watch: Watch): Promise<void> => {
		watch.isStopped = true;
		clearTimeout(watch.timer);
		watch.running?.stop.abort();
		watches.delete(id);
		await watch.mcp?.close();
	};

	return {
		sync() {
			const {targets} = getState();
			for (const [id, watch] of watches) {
				if (!Object.hasOwn(targets, id) || targets[id]?.admin === 'maintenance') {
					void stopWatch(id, watch);
				}
			}

			for (const [id, {admin}] of Object.entries(targets)) {
				if (admin !== 'maintenance' && !watches.has(id)) {
					const watch = newWatch();
					watches.set(id, watch);
					void probe(id, watch);
				}
			}
		},
		check(ids) {
			for (const id of ids) {
				// One in maintenance is probed once, without a rhythm.
				void probe(id, watches.get(id) ?? newWatch());
			}
		},
		async answers(id, limit) {
			const watch = watches.get(id);
			if (watch && !watch.running) {
				void probe(id, watch);
			}

			return watch?.running && isAnswered(watch.running, limit);
		},
		async stop() {
			await Promise.all([...watches].map(async ([id, watch]) => stopWatch(id, watch)));
		},
	};
};
