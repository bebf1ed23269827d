import {codes} from './errors.ts';

/** What servers say instead of, or beside, 404: the SDKs' "No valid session ID provided", "Server not initialized", "Mcp-Session-Id header is required", FastMCP's "Session not found", … */
const phrases = [
	/(?:no|invalid|unknown|missing|expired|bad) (?:valid |or missing )?(?:mcp[ \-])?session/iv,
	/session(?:[ \-]?id)?(?: header)?(?: \S{1,64})? (?:is |was |has |been |does )*(?:not |required|expired|invalid|unknown|terminated|closed|gone|missing)/iv,
	/not (?:yet )?initialized/iv,
];

/** Statuses under which those words are believed; elsewhere they may be a tool's. */
const wordy = new Set([400, 404, 410, 422, 503]);

/** The JSON-RPC error code in a body; undefined when it holds none. */
const codeIn = (body: string): number | undefined => {
	const [, code] = /"code"\s*:\s*(-?\d{1,6})/v.exec(body) ?? [];
	return code === undefined ? undefined : Number(code);
};

/**
Whether a response says that the target does not know the session any more, and so has not looked at the request. By the
specification that is 404, but servers differ: 400 with words to that effect, 404 with −32600, 503. `lostStatuses`: more that
mean it at this target, whatever the words. A 404 with −32601 is an unknown method of the stateless era, not a lost session.
*/
export const isSessionLost = (status: number, body: string, lostStatuses: readonly number[]): boolean => {
	if (lostStatuses.includes(status)) {
		return true;
	}

	if (status === 404) {
		return codeIn(body) !== codes.methodNotFound;
	}

	return wordy.has(status) && phrases.some(phrase => phrase.test(body));
};
