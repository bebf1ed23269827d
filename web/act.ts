import type {OperatorAction} from '../source/core/action.ts';
import {parseOwn} from './json.ts';

/*
The token for changes from another machine. It comes once, as `#token=…`, which no server and no log ever sees, and is kept
for this tab alone.
*/
const key = 'pmcp.token';

const [, fromHash] = /^#token=(.+)$/v.exec(location.hash) ?? [];
if (fromHash !== undefined) {
	sessionStorage.setItem(key, decodeURIComponent(fromHash));
	history.replaceState(null, '', location.pathname);
}

export const setToken = (token: string): void => {
	sessionStorage.setItem(key, token);
};

/** `undefined` when done; else why not, in one sentence, and whether a token would help. */
export type Refusal = Readonly<{error: string; code: string; hint: string}> | undefined;

/** Ask the daemon for something. What changed comes back through the feed. */
export const act = async (action: OperatorAction): Promise<Refusal> => {
	const token = sessionStorage.getItem(key);
	try {
		const response = await fetch('/api/proxy/actions', {
			method: 'POST',
			headers: {'Content-Type': 'application/json', ...(token === null ? {} : {Authorization: `Bearer ${token}`})},
			body: JSON.stringify(action),
			signal: AbortSignal.timeout(10_000),
		});
		return response.ok ? undefined : parseOwn<NonNullable<Refusal>>(await response.text());
	} catch {
		return {error: 'The proxy did not answer.', code: 'DAEMON_UNREACHABLE', hint: 'Is it still running?'};
	}
};
