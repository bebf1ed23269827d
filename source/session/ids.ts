import {hash, randomBytes} from 'node:crypto';
import {valueOf} from '../http/headers.ts';
import type {RawHeaders} from '../http/exchange.ts';

/** A new session id: 192 random bits in visible ASCII (MCP 2025-11-25, "Session Management"). */
export const newId = (): string => randomBytes(24).toString('base64url');

/** All that is kept of a session id, here and on disk: who reads it can not use it. */
export const keyOf = (id: string): string => hash('sha256', id, 'base64url');

/** How people are told of a session: eight characters of its key. */
export const shortOf = (key: string): string => key.slice(0, 8);

/** Whom a session belongs to: the bearer of these credentials, or anybody on this machine. Sessions are no authentication. */
export const principalOf = (headers: RawHeaders): string => {
	const authorization = valueOf(headers, 'authorization');
	return authorization === undefined ? 'local' : hash('sha256', authorization, 'base64url');
};
