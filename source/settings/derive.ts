import type {Rules} from '../core/rules.ts';
import type {Target} from '../core/target.ts';
import type {Endpoint, Limits, SecurePlace} from '../http/endpoint.ts';
import type {ProbePlan, StatusRange} from '../http/probe-plan.ts';
import type {McpPlan} from '../transport/channel.ts';
import {readCertificates, type PemPaths, type Pems} from './certificates.ts';
import {formatPath, SettingsError, type KeyPath} from './fault.ts';
import type {Settings, TargetSettings} from './schema.ts';

/** The settings as the other rooms take them. `targets` and `rules` may be shown; endpoints and plans hold secrets. */
export type Derived = Readonly<{
	targets: readonly Target[];
	rules: Rules;
	/** Whether automatic failover is on at the start. */
	isAutomatic: boolean;
	endpoints: ReadonlyMap<string, Endpoint>;
	plans: ReadonlyMap<string, ProbePlan>;
	/** How each target's MCP server is reached. */
	mcp: ReadonlyMap<string, McpPlan>;
	limits: Limits;
	/** The second address, with TLS. */
	secure: SecurePlace | undefined;
}>;

/** Settings → what core, data plane and probes need. Reads the PEM files of TLS targets; throws a `SettingsError` when one can not be used. */
export const derive = (settings: Settings): Derived => {
	const {proxy, server} = settings;
	const entries = Object.entries(proxy.targets).map(([id, target]) => {
		const endpoint = endpointOf(id, target, settings);
		return {id, target, endpoint, plan: planOf(id, target, settings)};
	});
	const endpoints = entries.flatMap(({id, endpoint}) => endpoint ? [[id, endpoint] as const] : []);
	return {
		targets: entries.map(({id, target, plan}) => ({id, url: placeOf(target), priority: target.priority, probe: probeText(plan)})),
		rules: {
			rise: proxy.riseThreshold,
			fall: proxy.failoverThreshold,
			policy: proxy.policy,
			defaultTarget: proxy.defaultTarget,
			failback: proxy.failback.mode,
			failbackDelay: proxy.failback.delay,
			maxFailbackDelay: proxy.failback.maxDelay,
			holdDown: proxy.holdDown,
			flapLimit: proxy.failback.flapLimit,
			flapWindow: proxy.failback.flapWindow,
			gate: proxy.compatibility,
		},
		isAutomatic: proxy.automaticFailover,
		endpoints: new Map(endpoints),
		plans: new Map(entries.map(({id, plan}) => [id, plan])),
		mcp: new Map(entries.map(({id, target, endpoint}) => [id, mcpPlanOf(id, target, endpoint)])),
		limits: server.limits,
		secure: securePlaceOf(server),
	};
};

/** The texts of PEM files. They were good when the settings were checked, but may have gone since. */
const pemsOf = (path: KeyPath, files: PemPaths): Pems => {
	const {pems, findings} = readCertificates(path, files);
	if (findings.length > 0) {
		throw new SettingsError(findings.map(finding => ({file: '', line: undefined, path: formatPath(finding.path), message: finding.message})));
	}

	return pems;
};

const securePlaceOf = ({host, tls}: Settings['server']): SecurePlace | undefined => {
	if (tls === undefined) {
		return undefined;
	}

	const {cert = '', key = '', ...authorities} = pemsOf(['server', 'tls'], {cert: tls.cert, key: tls.key, ca: tls.ca});
	return {host: tls.host ?? host, port: tls.port, identity: {cert, key, ...authorities}};
};

const endpointOf = (id: string, target: TargetSettings, {proxy}: Settings): Endpoint | undefined => {
	if (target.url === undefined) {
		return undefined;
	}

	const {verify, servername, ...files} = target.tls;
	const tls = {...pemsOf(['proxy', 'targets', id, 'tls'], files), ...(servername !== undefined && {servername}), isVerified: verify};
	const own = Object.fromEntries(Object.entries(target.timeouts).filter(([, value]) => value !== undefined));
	return {id, url: new URL(target.url), headers: target.headers, tls, timeouts: {...proxy.timeouts, ...own}};
};

const planOf = (id: string, {probe, healthEndpoint, headers, command}: TargetSettings, {proxy}: Settings): ProbePlan => {
	const interval = probe.interval ?? proxy.healthCheckInterval;
	return {
		id,
		kind: probe.kind ?? (command ? 'mcp' : 'http'),
		method: probe.method ?? 'GET',
		path: probe.path ?? healthEndpoint,
		headers: {...headers, ...probe.headers},
		statuses: [probe.status ?? '2xx'].flat().map(status => rangeOf(String(status))),
		timeout: Math.min(probe.timeout ?? proxy.probe.timeout, interval),
		interval,
		fastInterval: Math.min(proxy.probe.fastInterval, interval),
		downInterval: proxy.probe.downInterval,
	};
};

/** Many write the endpoint itself as the target's URL. */
const usualPath = (transport: TargetSettings['mcp']['transport'], {pathname}: URL): string => {
	const path = transport === 'sse' ? '/sse' : '/mcp';
	return pathname.replace(/\/$/v, '').endsWith(path) ? '' : path;
};

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/v;

const mcpPlanOf = (id: string, {mcp, command: [program = '', ...parameters] = [], env, cwd, children}: TargetSettings, endpoint: Endpoint | undefined): McpPlan => ({
	id,
	trustsHints: mcp.trustHints ?? (endpoint === undefined || loopback.test(endpoint.url.hostname)),
	replay: mcp.replay,
	lostStatuses: mcp.lostStatuses,
	forwardsAuth: mcp.forwardAuth,
	...(endpoint ? {kind: mcp.transport, endpoint, path: mcp.path ?? usualPath(mcp.transport, endpoint.url)} : {kind: 'stdio', command: [program, ...parameters], env, cwd, children}),
});

/** `204` → 204 to 204, `2xx` → 200 to 299. */
const rangeOf = (status: string): StatusRange => ({from: Number(status.replace('xx', '00')), to: Number(status.replace('xx', '99'))});

/** Where a target is, as everyone may see it: its URL without secrets, or the program that it is. */
export const placeOf = ({url, command}: Pick<TargetSettings, 'url' | 'command'>): string => url === undefined ? `stdio:${command?.[0] ?? ''}` : publicUrl(url);

const publicUrl = (address: string): string => {
	const url = new URL(address);
	url.username = '';
	url.password = '';
	url.search = '';
	return url.pathname === '/' ? url.origin : url.href;
};

const probeText = ({kind, method, path}: ProbePlan): string => kind === 'http' ? `${kind} ${method} ${path.replace(/\?.*$/v, '')}` : ({tcp: 'tcp connect', mcp: 'mcp ping'})[kind];
