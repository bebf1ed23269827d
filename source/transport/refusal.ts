import {isSessionLost} from '../mcp/lost.ts';
import type {McpPlan, Trouble} from './channel.ts';
import {responseIn} from './messages.ts';
import {statusFailure, type ReplyEnd} from './reply.ts';

/** What a status outside 2xx means for a message of a session. `mayBeLost`: the target had a session to lose. */
export const refusalOf = ({status, body}: Extract<ReplyEnd, {kind: 'status'}>, mayBeLost: boolean, {lostStatuses}: McpPlan): Trouble => {
	const response = responseIn(body);
	return {
		kind: mayBeLost && isSessionLost(status, body.toString('utf8'), lostStatuses) ? 'lost' : 'refused',
		failure: statusFailure(status),
		status,
		...(response && {response}),
	};
};
