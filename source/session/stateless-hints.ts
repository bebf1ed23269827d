import type {Hints} from '../mcp/hints.ts';
import {objectIn, textIn} from '../mcp/parse.ts';
import {ask, readPages} from '../transport/ask.ts';
import type {Transport} from '../transport/channel.ts';
import type {Passage} from './stateless-room.ts';

/** Fields of the call itself, which say nothing true of another request. */
const ofCall = /^mcp-(?:method|name|param-.*)$/v;

/** Has the hints of a target known before a tool is called there; undefined: go ahead. Asked in the client's name, who may see other tools than we. */
export const learnHints = ({room: {hints}, request: {method, params}, headers}: Passage, transport: Transport): Promise<unknown> | undefined => {
	if (method !== 'tools/call') {
		return undefined;
	}

	const {progressToken: _, ...meta} = objectIn(params, '_meta') ?? {};
	const fields = headers.flatMap((text, index) => index % 2 === 0 && !ofCall.test(text) ? [text, headers[index + 1] ?? ''] : []);
	return hints.learn(transport, async signal => readPages(async (parameters, page) => ask(transport, {
		jsonrpc: '2.0',
		id: `pmcp-hints-${page}`,
		method: 'tools/list',
		params: {...parameters, _meta: meta},
	}, {headers: [...fields, 'mcp-method', 'tools/list'], signal})));
};

/** What the tool that is called says of itself at that target, as far as it is known. */
export const hintsFor = ({room: {hints}, request: {method, params}}: Passage, transport: Transport): Hints | undefined =>
	method === 'tools/call' ? hints.of(transport, textIn(params, 'name')) : undefined;
