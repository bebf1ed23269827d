import type {Message} from './message.ts';
import {objectIn} from './parse.ts';
import {isModern} from './versions.ts';

/** `session`: up to 2025-11-25, opened by `initialize`. `stateless`: from 2026-07-28 on, each request for itself. */
export type Era = 'session' | 'stateless';

/** The value of a header field, its name in lower case. */
export type GetHeader = (name: string) => string | undefined;

/** Where a request of the stateless era names its version. */
export const versionKey = 'io.modelcontextprotocol/protocolVersion';

/** The version a message itself claims; undefined when it claims none. */
export const claimedVersion = (message: Message): unknown => 'method' in message ? objectIn(message.params, '_meta')?.[versionKey] : undefined;

/**
Which era a request belongs to. The body decides; the header field counts where the body says nothing, so a GET or DELETE
(without `message`) is of the stateless era only if it says so. `initialize` opens a session unless it claims a modern version.
`Mcp-Session-Id` decides nothing: the stateless era ignores it. (MCP 2026-07-28, transports; as the official SDK 2.4.0 classifies.)
*/
export const eraOf = (getHeader: GetHeader, message: Message | undefined): Era => {
	const claim = message && claimedVersion(message);
	if (message && 'method' in message && message.method === 'initialize') {
		return typeof claim === 'string' && isModern(claim) ? 'stateless' : 'session';
	}

	if (claim !== undefined) {
		return 'stateless';
	}

	if (message && !('method' in message)) {
		return 'session';
	}

	return isModern(getHeader('mcp-protocol-version')?.trim() ?? '') ? 'stateless' : 'session';
};
