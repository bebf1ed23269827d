import {isDeepStrictEqual} from 'node:util';
import type {Endpoint} from '../http/endpoint.ts';
import type {McpPlan} from '../transport/channel.ts';
import type {Store} from '../store/store.ts';
import {describeChanges} from '../settings/changes.ts';
import {derive, type Derived} from '../settings/derive.ts';
import {formatFault, SettingsError} from '../settings/fault.ts';
import type {Loaded} from '../settings/load.ts';
import type {Settings} from '../settings/schema.ts';

/** The settings in force: one reference, swapped as a whole. */
export type Configuration = Readonly<{
	get: () => Loaded & Readonly<{derived: Derived}>;
	/** A getter of something made from the settings, the same object until they change. */
	select: <Value>(make: (settings: Settings) => Value) => () => Value;
	/** Read again. Good settings come into force at once; bad ones leave everything as it was and are told as `settings.refused`. */
	reload: () => void;
}>;

/** Values that are read once, when the daemon starts. */
const fixed = ['server.host', 'server.port', 'server.tls.host', 'server.tls.port', 'server.tls.ca', 'server.workers', 'lockFile', 'logging.directory'];

/** A target whose settings did not change keeps its very endpoint, and with it the connections that stand. */
const keepUnchanged = (before: Derived['endpoints'], after: Derived['endpoints']): Derived['endpoints'] => new Map([...after].map(([id, endpoint]) => {
	const known = before.get(id);
	return [id, known && isSame(known, endpoint) ? known : endpoint];
}));

/** The same for the way to its MCP server, and with it the sessions there. */
const keepPlans = (before: Derived['mcp'], after: Derived['mcp'], endpoints: Derived['endpoints']): Derived['mcp'] => new Map([...after].map(([id, plan]) => {
	const known = before.get(id);
	const endpoint = endpoints.get(id);
	const next = plan.kind !== 'stdio' && endpoint ? {...plan, endpoint} : plan;
	return [id, known && isDeepStrictEqual({...known, endpoint: undefined}, {...next, endpoint: undefined}) && endpointOf(known) === endpointOf(next) ? known : next];
}));

const endpointOf = (plan: McpPlan): Endpoint | undefined => plan.kind === 'stdio' ? undefined : plan.endpoint;

const isSame = (a: Endpoint, b: Endpoint): boolean => a.url.href === b.url.href && isDeepStrictEqual({...a, url: undefined}, {...b, url: undefined});

/** Load for the first time. Throws a `SettingsError` when the settings are invalid: a proxy does not start with half of them. */
export const createConfiguration = (load: () => Loaded, store: Store): Configuration => {
	const read = (): Loaded & {derived: Derived} => {
		const loaded = load();
		return {...loaded, derived: derive(loaded.settings)};
	};

	let current = read();

	return {
		get: () => current,
		select(make) {
			let {settings} = current;
			let value = make(settings);
			return () => {
				if (settings !== current.settings) {
					({settings} = current);
					value = make(settings);
				}

				return value;
			};
		},
		reload() {
			try {
				const next = read();
				const isRenewed = !isDeepStrictEqual(current.derived.secure?.identity, next.derived.secure?.identity);
				const changes = [...describeChanges(current.settings, next.settings), ...(isRenewed ? ['the certificate of server.tls is a new one'] : [])]
					.map(change => fixed.some(path => change.startsWith(path)) ? `${change} (takes effect at the next start)` : change);
				const endpoints = keepUnchanged(current.derived.endpoints, next.derived.endpoints);
				current = {...next, derived: {...next.derived, endpoints, mcp: keepPlans(current.derived.mcp, next.derived.mcp, endpoints)}};
				const {targets, rules} = next.derived;
				if (changes.length > 0 || store.getState().faults.length > 0) {
					store.dispatch({type: 'configure', targets, rules, changes});
				}
			} catch (error) {
				const faults = error instanceof SettingsError ? error.faults.map(fault => formatFault(fault)) : [String(error)];
				store.dispatch({type: 'refuse', faults});
			}
		},
	};
};
