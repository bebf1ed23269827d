import type {Endpoint} from './endpoint.ts';
import type {RawHeaders} from './exchange.ts';

/** The fields a target's settings add to each request: its own, and the user and password of its URL (RFC 7617) unless they set `authorization` themselves. Lower-case names. */
export const ownFields = ({url, headers}: Endpoint): Map<string, string> => {
	const own = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
	if (url.username !== '' || url.password !== '') {
		const secret = Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64');
		own.set('authorization', own.get('authorization') ?? `Basic ${secret}`);
	}

	return own;
};

/** Of the client's own fields these go on only where the settings say so, or never. */
const secrets = new Set(['authorization', 'cookie', 'proxy-authorization', 'mcp-session-id']);

/** The client's own fields that may go on to a target. */
export const withoutSecrets = (fields: RawHeaders, forwardsAuth: boolean): string[] => {
	const kept: string[] = [];
	for (let index = 0; index < fields.length; index += 2) {
		const name = (fields[index] ?? '').toLowerCase();
		if (!secrets.has(name) || (forwardsAuth && name === 'authorization')) {
			kept.push(name, fields[index + 1] ?? '');
		}
	}

	return kept;
};
