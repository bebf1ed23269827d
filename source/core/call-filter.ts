import type {McpCall} from './call.ts';
import {createFilter} from './filter.ts';

/** The words a filter of calls knows before a colon. `status` is the verdict, the code of the error, and `error` for all that are not ok. */
export const callKeys: Readonly<Record<string, (call: McpCall) => string>> = {
	method: ({method}) => method,
	tool: ({subject}) => subject ?? '',
	target: ({target}) => target ?? '',
	status: ({verdict, code}) => `${verdict}${verdict === 'ok' ? '' : ' error'}${code === undefined ? '' : ` ${code}`}`,
	client: ({client}) => client ?? '',
	session: ({session}) => session ?? '',
};

/** Which calls a filter line lets through, such as `method:tools/call !status:ok`; a plain word looks at method, tool, target and client. */
export const parseCallFilter = (text: string): (call: McpCall) => boolean => createFilter(text, {
	keys: callKeys,
	plain: ({method, subject = '', target = '', client = ''}) => [method, subject, target, client],
});
