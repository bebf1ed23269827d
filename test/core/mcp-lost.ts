import test from 'ava';
import {isSessionLost} from '../../source/mcp/lost.ts';

const body = (code: number, message: string): string => JSON.stringify({jsonrpc: '2.0', error: {code, message}, id: null});

test('recognises a lost session by what servers really answer', t => {
	const cases: ReadonlyArray<[status: number, body: string]> = [
		[404, body(-32_001, 'Session not found')],
		[404, body(-32_600, 'Session not found')],
		[404, ''],
		[404, 'Not Found'],
		[400, body(-32_000, 'Bad Request: No valid session ID provided')],
		[400, body(-32_000, 'Bad Request: Server not initialized')],
		[400, body(-32_000, 'Bad Request: Mcp-Session-Id header is required')],
		[400, body(-32_600, 'Missing session ID')],
		[400, body(-32_600, 'Invalid session ID')],
		[400, '{"error":"Unknown session"}'],
		[400, '{"error":"Session 3f2a-99 not found"}'],
		[400, 'session has expired'],
		[400, 'Session was terminated'],
		[422, 'Unexpected message, expect initialize request: session does not exist; server not yet initialized'],
		[410, 'session is gone'],
		[503, 'Session not found'],
	];
	for (const [status, text] of cases) {
		t.true(isSessionLost(status, text, []), `${status} ${text}`);
	}
});

test('takes no other refusal for a lost session', t => {
	const cases: ReadonlyArray<[status: number, body: string]> = [
		[404, body(-32_601, 'Method not found')],
		[400, body(-32_600, 'Invalid Request: Server already initialized')],
		[400, body(-32_000, 'Bad Request: Unsupported protocol version')],
		[400, body(-32_700, 'Parse error')],
		[400, ''],
		[401, 'Session not found'],
		[409, body(-32_000, 'Conflict: Only one SSE stream is allowed per session')],
		[429, 'slow down'],
		[500, 'Session not found'],
		[503, 'overloaded'],
		[200, 'Session not found'],
	];
	for (const [status, text] of cases) {
		t.false(isSessionLost(status, text, []), `${status} ${text}`);
	}
});

test('a target may say it with a status of its own', t => {
	t.true(isSessionLost(503, 'overloaded', [503]));
	t.true(isSessionLost(418, '', [503, 418]));
	t.false(isSessionLost(418, '', [503]));
});
