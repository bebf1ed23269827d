import {ownFields} from './credentials.ts';
import type {Endpoint} from './endpoint.ts';
import type {RawHeaders} from './exchange.ts';

/** What a target's settings do to each request. */
export type Dress = Readonly<{
	/** Put before each path. */
	prefix: string;
	/** `Host`, the target's own, as it answers for no other; the fields of the settings, and the credentials of the URL. */
	fields: RawHeaders;
	/** The names of the latter two, in lower case: the client's fields of these names are dropped. */
	replaced: ReadonlySet<string> | undefined;
}>;

/** The part of an endpoint that shows in each request, worked out once. */
export const dressOf = (endpoint: Endpoint): Dress => {
	const {url} = endpoint;
	const own = ownFields(endpoint);
	const host = own.get('host') ?? url.host;
	own.delete('host');
	return {
		prefix: url.pathname.replace(/\/$/v, ''),
		fields: ['Host', host, ...[...own].flat()],
		replaced: own.size === 0 ? undefined : new Set(own.keys()),
	};
};
