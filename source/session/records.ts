import type {McpCall, Verdict} from '../core/call.ts';
import type {Response} from '../mcp/message.ts';
import {subjectOf} from '../mcp/methods.ts';
import type {Trouble} from '../transport/channel.ts';
import {recorded, shortened} from './bodies.ts';
import type {Hub} from './hub.ts';
import {clientOf, type ClientCall} from './session.ts';

const verdictOf = (call: ClientCall, response: Response | undefined, kind: Trouble['kind'] | undefined): Verdict => {
	if (call.isCancelled || !response) {
		return 'gone';
	}

	if (kind !== undefined) {
		return kind === 'timeout' ? 'time' : 'net';
	}

	if ('error' in response) {
		return 'rpc';
	}

	return response.result.isError === true ? 'tool' : 'ok';
};

let count = 0;

/** The number of the next record, over both eras. */
export const nextCallId = (): number => ++count;

/** The record of a call that is over. `kind`: the trouble that ended it. */
export const record = (hub: Hub, call: ClientCall, {response, bytesOut, kind}: Readonly<{response: Response | undefined; bytesOut: number; kind: Trouble['kind'] | undefined}>): McpCall => ({
	id: nextCallId(),
	at: call.at,
	ms: performance.now() - call.startedAt,
	method: shortened(call.request.method),
	subject: shortened(subjectOf(call.request)),
	target: call.binding?.target,
	session: call.session.id,
	client: clientOf(call.session),
	verdict: verdictOf(call, response, kind),
	code: response && 'error' in response ? response.error.code : undefined,
	bytesIn: call.bytesIn,
	bytesOut,
	attempts: Math.max(1, call.attempts),
	...(hub.options.getSettings().bodies && {request: recorded(call.request), response: recorded(response)}),
});
