import {placeOf} from './derive.ts';
import type {Settings} from './schema.ts';

/** Stands where a secret was. */
const redacted = '‹redacted›';

const secretName = /token|key|secret|passw|auth|credential|session|signature|^sig$|^code$/iv;

/** User, password and the values of query parameters with a secret-looking name are taken out of a URL. */
export const redactUrl = (address: string): string => {
	const [base = '', query] = address.replace(/^([a-z]+:\/\/)[^\/?#]*@/iv, `$1${redacted}@`).split(/\?(.*)/sv);
	if (query === undefined) {
		return base;
	}

	const parameters = query.split('&').map(parameter => {
		const [name = ''] = parameter.split('=');
		return secretName.test(decode(name)) && parameter.includes('=') ? `${name}=${redacted}` : parameter;
	});
	return `${base}?${parameters.join('&')}`;
};

const decode = (text: string): string => {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
};

/** A deep copy that may be shown: tokens, header values, TLS keys and what is secret in URLs are redacted. Shape and keys stay (the `/config` document of docs/api.md). */
export const redact = (settings: Settings): Settings => {
	const {server, proxy} = settings;
	const targets = Object.entries(proxy.targets).map(([id, {url, probe, headers, tls, healthEndpoint, env, ...target}]) => [id, {
		...target,
		url: url === undefined ? placeOf(target) : redactUrl(url),
		env: redactValues(env),
		healthEndpoint: redactUrl(healthEndpoint),
		probe: {
			...probe,
			...(probe.path === undefined ? {} : {path: redactUrl(probe.path)}),
			...(probe.headers ? {headers: redactValues(probe.headers)} : {}),
		},
		headers: redactValues(headers),
		tls: redactKey(tls),
	}] as const);
	return {
		...settings,
		server: {...server, ...(server.token !== undefined && {token: redacted}), ...(server.tls && {tls: redactKey(server.tls)})},
		proxy: {...proxy, targets: Object.fromEntries(targets)},
	};
};

const redactKey = <Tls extends Readonly<{key?: string | undefined}>>(tls: Tls): Tls => tls.key === undefined ? tls : {...tls, key: redacted};

const redactValues = (fields: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.keys(fields).map(name => [name, redacted]));
