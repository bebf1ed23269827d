import type {OperatorAction} from '../core/action.ts';
import {AppError} from '../core/errors.ts';
import {preferred, type State} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import {attempt} from '../probe/attempt.ts';
import {createMcpWatch} from '../probe/mcp.ts';
import {derive} from '../settings/derive.ts';
import type {Loaded} from '../settings/load.ts';
import {readLock, writeLock} from '../store/lock.ts';
import {createStore} from '../store/store.ts';
import {createTransports} from '../transport/transports.ts';

/** What can be known and done while no daemon runs. */
export type Offline = Readonly<{
	/** From the settings and the lock file: who would be active. Health is unknown until it is asked for. */
	getState: () => State;
	/** Probe these now, once. */
	check: (ids: readonly TargetId[]) => Promise<void>;
	/** `switch` and `failback`: the target is probed first, unless forced, then the lock file written. Throws what a daemon would refuse; `DAEMON_UNREACHABLE` for anything else. */
	run: (action: OperatorAction) => Promise<void>;
}>;

/** The place of a daemon that does not run: for `status`, `list`, `switch` and `check`. Looking changes nothing on the disk. */
export const createOffline = ({settings}: Loaded): Offline => {
	const {targets, rules, endpoints, plans, mcp} = derive(settings);
	const store = createStore();
	const {getState, dispatch} = store;
	const found = readLock(settings.lockFile);
	// Nothing moves by itself here: what a probe finds out must not look like a failover.
	dispatch({type: 'automatic', isAutomatic: false});
	dispatch({type: 'configure', targets, rules, changes: [], ...(found.kind === 'name' && {remembered: found.id})});

	const probe = async (id: TargetId): Promise<void> => {
		const plan = plans.get(id);
		if (!plan) {
			return;
		}

		// What an MCP probe opens, a program among it, ends with it.
		const transports = createTransports({getPlan: target => plan.kind === 'mcp' ? mcp.get(target) : undefined, onLog: () => undefined});
		const transport = transports.get(id);
		const watch = transport && createMcpWatch(transport);
		const result = await attempt({plan, endpoint: endpoints.get(id), mcp: watch});
		await watch?.close();
		await transports.close();
		if (result) {
			dispatch(result);
		}
	};

	return {
		getState,
		async check(ids) {
			await Promise.all(ids.map(async id => probe(id)));
		},
		async run(action) {
			if (action.type !== 'switch' && action.type !== 'failback') {
				throw new AppError('DAEMON_UNREACHABLE', 'This needs a running proxy, and none runs.');
			}

			const before = getState();
			const id = action.type === 'switch' ? action.id : preferred(before);
			const isForced = action.type === 'switch' && action.isForced;
			if (id !== undefined && id !== before.active && !isForced) {
				await probe(id);
			}

			dispatch(action);
			const {active, epoch} = getState();
			const fault = active === undefined || epoch === before.epoch ? undefined : writeLock(settings.lockFile, active);
			if (fault !== undefined) {
				throw fault;
			}
		},
	};
};
