import {objectIn} from '../mcp/parse.ts';
import {ask, readPages} from '../transport/ask.ts';
import {credentials, type Binding} from './binding.ts';
import type {Hub} from './hub.ts';
import type {ClientCall, Session} from './session.ts';

/** Has the hints of a session's target known before a tool is called there; undefined: go ahead. Before it was told `initialized` it is not to be asked. */
export const learnHints = ({hints}: Hub, session: Session, {transport, channel, capabilities, generation, isTold}: Binding): Promise<unknown> | undefined => {
	if (!isTold || !objectIn(capabilities, 'tools')) {
		return undefined;
	}

	return hints.learn(transport, async signal => readPages(async (parameters, page) => ask(channel, {
		jsonrpc: '2.0',
		id: `pmcp-${generation}-tools-${page}`,
		method: 'tools/list',
		...(parameters && {params: parameters}),
	}, {...credentials(session, transport), signal})));
};

/** Lets a tool be called (`go`) when hints are known. False: they are, or need not be. */
export const waitForHints = (hub: Hub, call: ClientCall, binding: Binding, go: (hub: Hub, call: ClientCall) => void): boolean => {
	const learning = call.request.method === 'tools/call' ? learnHints(hub, call.session, binding) : undefined;
	void learning?.then(() => {
		if (!call.isOver) {
			go(hub, call);
		}
	});
	return learning !== undefined;
};
