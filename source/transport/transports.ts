import type {TargetId} from '../core/target.ts';
import {createPulse, type Pulse} from '../upstream/pulse.ts';
import {awaited} from './awaited.ts';
import type {McpPlan, Transport} from './channel.ts';
import type {ChildRecord} from './children.ts';
import {createSseTransport} from './http-sse.ts';
import {createStdioTransport} from './stdio.ts';
import {createHttpTransport} from './streamable-http.ts';

/** The ways to all targets' MCP servers, each made when it is needed first. */
export type Transports = Readonly<{
	/** For clients. The same object as long as the target's plan is the same; undefined when there is no such target. */
	get: (id: TargetId) => Transport | undefined;
	/** The same way for probes, whose requests nobody waits for. */
	getForProbes: (id: TargetId) => Transport | undefined;
	/** Closes those whose target is gone or changed, and starts what is kept warm: after the settings changed. */
	sync: (ids: Iterable<TargetId>) => void;
	/** Resolves when everything is closed, children too. */
	close: () => Promise<void>;
}>;

type Options = Readonly<{
	getPlan: (id: TargetId) => McpPlan | undefined;
	/** What targets that are programs say on stderr, and what becomes of them; clean. */
	onLog: (id: TargetId, line: string) => void;
	record?: ChildRecord;
	/** Told of each target's signs of life, programs aside: each is a process of its own. */
	getPulse?: (id: TargetId) => Pulse;
}>;

type Ways = Readonly<{plan: McpPlan; forProbes: Transport; forClients: Transport}>;

export const createTransports = ({getPlan, onLog, record, getPulse = createPulse}: Options): Transports => {
	const create = (plan: McpPlan): Transport | undefined => {
		switch (plan.kind) {
			case 'streamable-http': {
				return createHttpTransport(plan, getPulse(plan.id));
			}

			case 'stdio': {
				return createStdioTransport(plan, {
					record,
					onLog(line) {
						onLog(plan.id, line);
					},
				});
			}

			case 'sse': {
				return createSseTransport(plan, getPulse(plan.id));
			}
		}
	};

	const all = new Map<TargetId, Ways>();

	const find = (id: TargetId): Ways | undefined => {
		const plan = getPlan(id);
		const known = all.get(id);
		if (known?.plan === plan) {
			return known;
		}

		void known?.forProbes.close();
		all.delete(id);
		const made = plan && create(plan);
		if (made) {
			all.set(id, {plan, forProbes: made, forClients: plan.kind === 'stdio' ? made : awaited(made, getPulse(id))});
		}

		return all.get(id);
	};

	return {
		get: id => find(id)?.forClients,
		getForProbes: id => find(id)?.forProbes,
		sync(ids) {
			for (const id of new Set([...ids, ...all.keys()])) {
				find(id);
			}
		},
		async close() {
			await Promise.all([...all.values()].map(async ({forProbes}) => forProbes.close()));
			all.clear();
		},
	};
};
