import {AppError} from '../core/errors.ts';
import type {RequestLines} from '../wire/request-head.ts';

const hostAndPort = /^(?:[\w\-.~]+|\[[\d:a-f.]+\])(?::(\d{1,5}))?$/iv;

const plainUrl = /^http:\/\/([^\/?]*)(.*)$/iv;
const secureUrl = /^https:\/\/([^\/?]*)(.*)$/iv;

const isHost = (value: string): boolean => {
	const match = hostAndPort.exec(value);
	return match !== null && Number(match[1] ?? 0) <= 65_535;
};

const bad = (message: string): AppError => new AppError('BAD_REQUEST', message);

const originForm = (url: string, ownHost: string, isSecure: boolean): string | AppError => {
	if (url.includes('#')) {
		return bad('The target of the request has a fragment.');
	}

	if (url.startsWith('/')) {
		return url;
	}

	const [, authority, path = ''] = (isSecure ? secureUrl : plainUrl).exec(url) ?? [];
	if (authority?.toLowerCase() !== ownHost.toLowerCase() || ownHost === '') {
		return bad('The target of the request is not a path, and not of this host.');
	}

	return path.startsWith('/') ? path : `/${path}`;
};

/**
The path of a request, as sent, or why it is refused: a method or a form of target only a forward proxy takes (RFC 9112 §3.2),
no or two hosts, a host that is none. An absolute target is accepted for our own host.
*/
export const pathOf = ({method, target, version, signals: {hosts, host}}: RequestLines, isSecure: boolean): string | AppError => {
	if (method === 'CONNECT' || method === 'TRACE') {
		return new AppError('METHOD_REFUSED', `${method} is not served here.`);
	}

	if (hosts > 1 || (hosts === 0 && version !== '1.0')) {
		return bad(hosts === 0 ? 'The request has no Host.' : 'The request has more than one Host.');
	}

	if (hosts === 1 && !isHost(host)) {
		return bad('The Host of the request is not a host and port.');
	}

	return originForm(target, host, isSecure);
};
