import {AppError} from '../core/errors.ts';
import {printable} from '../core/text.ts';
import type {Handler} from './exchange.ts';
import {sendError} from './reply.ts';

/** What the guard compares with. Hand in the same object until something changes: what was found is remembered with it. */
export type GuardSettings = Readonly<{
	/** What the proxy listens on; a wildcard address (`0.0.0.0`, `::`) lets any IP address through, since a rebound name is never one. */
	hosts: readonly string[];
	ports: readonly number[];
	/** More names, `name` (any port) or `name:port`. */
	allowedHosts: readonly string[];
	/** More origins, such as `https://tools.example`. */
	allowedOrigins: readonly string[];
}>;

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/v;
const address = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f.:]+\])$/v;
const wildcards = new Set(['0.0.0.0', '::', '[::]']);

const isHostAllowed = (value: string, {hosts, ports, allowedHosts}: GuardSettings): boolean => {
	const text = value.toLowerCase();
	const [, name = '', ownPort] = /^(\[[^\]]*\]|[^:\[\]]*)(?::(\d{1,5}))?$/v.exec(text) ?? [];
	if (name === '') {
		return false;
	}

	if (allowedHosts.some(allowed => allowed.toLowerCase() === text || allowed.toLowerCase() === name)) {
		return true;
	}

	// A name without a port is a browser's only on port 80; elsewhere it is a hand-written client, which no page can steer.
	if (ownPort !== undefined && !ports.includes(Number(ownPort))) {
		return false;
	}

	return loopback.test(name) || hosts.some(host => {
		const configured = host.toLowerCase();
		return name === configured || name === `[${configured}]` || (wildcards.has(configured) && address.test(name));
	});
};

const isOriginAllowed = (origin: string, host: string | undefined, isSecure: boolean, {allowedOrigins}: GuardSettings): boolean => {
	const text = origin.toLowerCase();
	const own = host?.toLowerCase().replace(isSecure ? /:443$/v : /:80$/v, '');
	return (own !== undefined && text === `${isSecure ? 'https' : 'http'}://${own}`) || allowedOrigins.some(allowed => allowed !== 'null' && allowed.toLowerCase() === text);
};

/** Accepted `Host` values are few; a client that invents many must not fill the memory. */
const remembered = 100;

/**
Keeps other sites' pages away from a proxy on the user's own machine, for every exchange, proxied ones too: a `Host` that is
not ours is a rebound name (421), an `Origin` that is not ours is another site's script (403), and so is
`Sec-Fetch-Site: cross-site` (403). Programs send none of the latter two. Answers the refusal and returns true; false when
all is well. (MCP 2025-11-25 "Servers MUST validate the Origin header"; Fetch Metadata.)
*/
export const createGuard = (getSettings: () => GuardSettings): Handler => {
	const accepted = new Set<string>();
	let known: GuardSettings | undefined;

	const isHostKnown = (host: string, settings: GuardSettings): boolean => {
		if (settings !== known) {
			accepted.clear();
			known = settings;
		}

		if (accepted.has(host)) {
			return true;
		}

		const isAllowed = isHostAllowed(host, settings);
		if (isAllowed && accepted.size < remembered) {
			accepted.add(host);
		}

		return isAllowed;
	};

	return exchange => {
		const {httpVersion, isSecure, seen: {hosts, host, origins, origin, site}} = exchange.head;
		const settings = getSettings();
		// HTTP/1.0 needs no Host; every browser sends one.
		if (hosts > 1 || (hosts === 0 ? httpVersion !== '1.0' : !isHostKnown(host, settings))) {
			sendError(exchange, new AppError('HOST_REFUSED', `The host "${printable(host, 100)}" is not this proxy.`));
			return true;
		}

		if (origins > 0) {
			if (origins > 1 || !isOriginAllowed(origin, hosts === 0 ? undefined : host, isSecure, settings)) {
				sendError(exchange, new AppError('ORIGIN_REFUSED', `The origin "${printable(origin, 100)}" may not use this proxy.`));
				return true;
			}
		} else if (site !== '' && site.toLowerCase() === 'cross-site') {
			sendError(exchange, new AppError('ORIGIN_REFUSED', 'Another site may not use this proxy.'));
			return true;
		}

		return false;
	};
};
