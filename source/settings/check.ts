import net from 'node:net';
import {readCertificates} from './certificates.ts';
import type {Finding} from './explain.ts';
import type {KeyPath} from './fault.ts';
import type {Settings, TargetSettings} from './schema.ts';
import {nearest} from './suggest.ts';

/** Paths the proxy answers itself (docs/api.md); a standard endpoint can not be one of them. */
const reserved = ['/api/proxy', '/ui', '/ws', '/metrics', '/targets', '/mcp', '/sse', '/messages'];

const isWithin = (path: string, root: string): boolean => path === root || path.startsWith(`${root}/`) || (['/ui', '/mcp'].includes(root) && path.startsWith(root));

/** Whether only this machine can reach an address of that name. */
const isLoopback = (host: string): boolean => {
	const name = host.replace(/^\[(.*)\]$/v, '$1').toLowerCase();
	return name === 'localhost' || name === '::1' || (net.isIPv4(name) && name.startsWith('127.'));
};

const linkLocal = new net.BlockList();
linkLocal.addSubnet('169.254.0.0', 16);
linkLocal.addSubnet('fe80::', 10, 'ipv6');
linkLocal.addAddress('fd00:ec2::254', 'ipv6');

/** Whether an address is one at which clouds answer with a machine's credentials (mcp.md 2, rule 8). Also in its IPv6 form. */
const isLinkLocal = (url: string): boolean => {
	const host = new URL(url).hostname.replace(/^\[(.*)\]$/v, '$1');
	return host.includes(':') ? linkLocal.check(host, 'ipv6') : net.isIPv4(host) && linkLocal.check(host);
};

/** What no single key can tell: names that must exist, values that must fit together. `isWritten`: whether a value is set, not a default. */
export const check = (settings: Settings, isWritten: (path: KeyPath) => boolean): Finding[] => [
	...checkServer(settings),
	...checkDefault(settings),
	...checkEndpoints(settings),
	...checkTimes(settings, isWritten),
	...Object.entries(settings.proxy.targets).flatMap(([id, target]) => checkTarget(id, target, settings)),
];

const checkServer = ({server: {host, port, token, tls}}: Settings): Finding[] => {
	const places = [{path: ['server', 'host'], host}, ...(tls?.host === undefined ? [] : [{path: ['server', 'tls', 'host'], host: tls.host}])];
	const open = places.filter(place => token === undefined && !isLoopback(place.host)).map(place => ({
		path: place.path,
		message: `${JSON.stringify(place.host)} is open to other machines: set "server.token", or use "localhost"`,
	}));
	if (tls === undefined) {
		return open;
	}

	const isSame = tls.port !== 0 && tls.port === port;
	const {cert, key, ca} = tls;
	return [
		...open,
		...(isSame ? [{path: ['server', 'tls', 'port'], message: `${port} is "server.port" too; TLS needs a port of its own`}] : []),
		...readCertificates(['server', 'tls'], {cert, key, ca}).findings,
	];
};

const checkDefault = ({proxy: {defaultTarget, targets}}: Settings): Finding[] => {
	if (defaultTarget === undefined || Object.hasOwn(targets, defaultTarget)) {
		return [];
	}

	const names = Object.keys(targets);
	const near = nearest(defaultTarget, names);
	const help = near === undefined ? `known: ${names.join(', ') || 'none'}` : `did you mean ${JSON.stringify(near)}?`;
	return [{path: ['proxy', 'defaultTarget'], message: `${JSON.stringify(defaultTarget)} is not a target; ${help}`}];
};

const checkEndpoints = ({proxy: {standardEndpoints}}: Settings): Finding[] => {
	const findings = Object.entries(standardEndpoints).flatMap(([key, path]) => {
		const taken = reserved.find(root => isWithin(path, root));
		const why = taken === undefined ? (/[#?]/v.test(path) ? 'can not hold "?" or "#"' : undefined) : `is within ${taken}, which the proxy uses itself`;
		return why === undefined ? [] : [{path: ['proxy', 'standardEndpoints', key], message: `${JSON.stringify(path)} ${why}`}];
	});
	const isSame = standardEndpoints.health === standardEndpoints.config;
	return isSame ? [...findings, {path: ['proxy', 'standardEndpoints', 'config'], message: 'is the same path as "health"'}] : findings;
};

const checkTimes = ({proxy: {probe, healthCheckInterval, failback}}: Settings, isWritten: (path: KeyPath) => boolean): Finding[] => [
	...(probe.timeout > healthCheckInterval && isWritten(['proxy', 'probe', 'timeout'])
		? [{path: ['proxy', 'probe', 'timeout'], message: `${probe.timeout} ms is longer than "healthCheckInterval" (${healthCheckInterval} ms)`}]
		: []),
	...(failback.maxDelay < failback.delay && isWritten(['proxy', 'failback', 'maxDelay'])
		? [{path: ['proxy', 'failback', 'maxDelay'], message: `${failback.maxDelay} ms is shorter than "delay" (${failback.delay} ms)`}]
		: []),
];

const checkTarget = (id: string, target: TargetSettings, settings: Settings): Finding[] => {
	const path = ['proxy', 'targets', id];
	const findings: Finding[] = [];
	if ((target.url === undefined) === (target.command === undefined)) {
		return [{path, message: target.url === undefined ? 'needs "url" or "command"' : 'has both "url" and "command"; keep one'}];
	}

	if (target.url !== undefined && !target.allowLinkLocal && isLinkLocal(target.url)) {
		findings.push({path: [...path, 'url'], message: 'is a link-local address, where clouds keep credentials: set "allowLinkLocal" if it is meant'});
	}

	if (target.url === undefined) {
		return target.probe.kind === undefined || target.probe.kind === 'mcp' ? findings : [{path: [...path, 'probe', 'kind'], message: 'must be "mcp" for a "command"'}];
	}

	const url = new URL(target.url);
	if (isOwnAddress(url, settings)) {
		findings.push({path: [...path, 'url'], message: `is the address of the proxy itself (port ${url.port || (url.protocol === 'http:' ? 80 : 443)})`});
	}

	const {kind, path: probePath, method, status, headers, timeout, interval} = target.probe;
	const ofHttp = Object.entries({path: probePath, method, status, headers}).find(([, value]) => value !== undefined);
	if (kind !== undefined && kind !== 'http' && ofHttp) {
		findings.push({path: [...path, 'probe', ofHttp[0]], message: `belongs to the probe kind "http"; this one is "${kind}"`});
	}

	const longest = interval ?? settings.proxy.healthCheckInterval;
	if (timeout !== undefined && timeout > longest) {
		findings.push({path: [...path, 'probe', 'timeout'], message: `${timeout} ms is longer than the interval (${longest} ms)`});
	}

	return [...findings, ...checkTls([...path, 'tls'], target.tls, url)];
};

const checkTls = (path: KeyPath, {verify, servername, ...files}: TargetSettings['tls'], {protocol}: URL): Finding[] => {
	const ofTls = Object.entries({...files, servername, ...(verify ? {} : {verify})}).find(([, value]) => value !== undefined);
	return protocol === 'http:' && ofTls
		? [{path: [...path, ofTls[0]], message: 'is for https targets; this one is http'}]
		: readCertificates(path, files).findings;
};

const isOwnAddress = ({protocol, hostname, port}: URL, {server}: Settings): boolean => {
	const isPlain = protocol === 'http:';
	const own = isPlain ? server.port : server.tls?.port ?? 0;
	const host = isPlain ? server.host : server.tls?.host ?? server.host;
	return own !== 0
		&& Number(port || (isPlain ? 80 : 443)) === own
		&& isLoopback(hostname)
		&& (isLoopback(host) || ['0.0.0.0', '::'].includes(host));
};
