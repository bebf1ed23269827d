import type {Message, Params} from './message.ts';
import {objectIn, textIn} from './parse.ts';

/** Methods whose repetition changes nothing a second time. */
const safe = new Set([
	'initialize',
	'ping',
	'tools/list',
	'prompts/list',
	'resources/list',
	'resources/templates/list',
	'resources/read',
	'prompts/get',
	'completion/complete',
	'logging/setLevel',
	'resources/subscribe',
	'resources/unsubscribe',
	'tasks/get',
	'tasks/list',
	'server/discover',
	'subscriptions/listen',
]);

/** Whether a request may be run twice whatever the target says of itself. A task-augmented request never: each makes a task. */
export const isSafe = (method: string, parameters?: Params): boolean => safe.has(method) && (parameters === undefined || !Object.hasOwn(parameters, 'task'));

const lists = new Set(['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'tasks/list']);

/** Whether a request asks for a list: clients wait for those a few seconds only. */
export const isList = (method: string): boolean => lists.has(method);

/** Whether it goes on with a list begun earlier: its cursor means something to one run of one target only. */
export const hasCursor = (method: string, parameters?: Params): boolean => lists.has(method) && parameters?.cursor !== undefined;

/** The field a method's request names something by; from 2026-07-28 on `Mcp-Name` repeats the marked ones (SEP-2243, SEP-2663). */
const names = new Map<string, Readonly<{field: string; isInHeader: boolean}>>([
	['tools/call', {field: 'name', isInHeader: true}],
	['prompts/get', {field: 'name', isInHeader: true}],
	['resources/read', {field: 'uri', isInHeader: true}],
	['resources/subscribe', {field: 'uri', isInHeader: false}],
	['resources/unsubscribe', {field: 'uri', isInHeader: false}],
	['notifications/resources/updated', {field: 'uri', isInHeader: false}],
	['tasks/get', {field: 'taskId', isInHeader: true}],
	['tasks/update', {field: 'taskId', isInHeader: true}],
	['tasks/cancel', {field: 'taskId', isInHeader: true}],
	['tasks/result', {field: 'taskId', isInHeader: false}],
	['logging/setLevel', {field: 'level', isInHeader: false}],
]);

/** The tool, prompt, resource, task or level a message is about; undefined when it names none. Text from outside: clean it before it is shown. */
export const subjectOf = (message: Message): string | undefined => {
	if (!('method' in message)) {
		return undefined;
	}

	const {method, params} = message;
	if (method === 'completion/complete') {
		const reference = objectIn(params, 'ref');
		return textIn(reference, 'name') ?? textIn(reference, 'uri');
	}

	const name = names.get(method);
	return name && textIn(params, name.field);
};

/** What `Mcp-Name` must say of a request: undefined when the method has no such field; `value` undefined when the body lacks it. */
export const headerNameOf = (method: string, parameters?: Params): Readonly<{field: string; value: string | undefined}> | undefined => {
	const name = names.get(method);
	return name?.isInHeader ? {field: name.field, value: textIn(parameters, name.field)} : undefined;
};
