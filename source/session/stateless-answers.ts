import {codes, failure} from '../mcp/errors.ts';
import type {Failure, Request, Response} from '../mcp/message.ts';
import {isSessionLost} from '../mcp/lost.ts';
import {legacyVersions, modernVersions} from '../mcp/versions.ts';
import type {Remedy} from '../mcp/replay.ts';
import type {Trouble} from '../transport/channel.ts';

/** An answer of the proxy's own and its status. */
export type OwnAnswer = Readonly<{status: number; message: Failure}>;

/** No target took the request in time: it was never run. */
export const noTarget = ({id}: Request): OwnAnswer => ({
	status: 503,
	message: failure(id, codes.proxy, 'No target is up. The request was not run.', {outcome: 'not-run', retryable: true}),
});

/**
The active target speaks only the era with sessions. Clients that ask with `server/discover` open a session then: this is the answer the
official client 2.4.0 falls back to `initialize` on.
*/
export const onlySessions = ({id}: Request, target: string): OwnAnswer => ({
	status: 400,
	message: failure(id, codes.unsupportedVersion, `Unsupported protocol version: the target ${target} speaks versions with sessions only`, {supported: legacyVersions, requested: modernVersions[0]}),
});

/** Whether an answer is that of a server which knows sessions only, and did not look at the request. The era without them has codes of its own. */
export const isOfSessions = (status: number, response: Response | undefined): boolean => {
	if (status < 400 || status >= 500 || response === undefined || !('error' in response)) {
		return status === 405 || status === 406;
	}

	const {code, message} = response.error;
	return code === codes.proxy || code === codes.session || isSessionLost(status, JSON.stringify({code, message}), []);
};

const words = {
	unsent: 'could not be reached',
	lost: 'does not know this client',
	cut: 'broke off in the middle of the request',
	paused: 'broke off in the middle of the request',
	refused: 'refused the request',
	timeout: 'did not answer in time',
} as const;

/** What a client is told when nothing more can be done. `outcome`: whether the request was run; nobody knows after a cut. */
export const brokenOff = ({id}: Request, target: string, {kind, failure: {message}, status}: Trouble, remedy: Remedy): OwnAnswer => {
	if (remedy === 'bad-cursor') {
		return {status: 400, message: failure(id, codes.invalidParams, 'The list began at another target; begin it anew without a cursor.')};
	}

	const wasRun = kind === 'cut' || kind === 'paused' || kind === 'timeout';
	const data = {outcome: wasRun ? 'unknown' : 'not-run', retryable: !wasRun, ...(status !== undefined && {status})};
	return {status: kind === 'timeout' ? 504 : 502, message: failure(id, codes.proxy, `The target ${target} ${words[kind]}: ${message}`, data)};
};
