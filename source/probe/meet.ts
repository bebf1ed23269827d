import {codes, failure} from '../mcp/errors.ts';
import {versionKey} from '../mcp/era.ts';
import {isRequest, type Params, type Success} from '../mcp/message.ts';
import {objectIn, textIn} from '../mcp/parse.ts';
import {modernVersions, newestLegacy} from '../mcp/versions.ts';
import {ask} from '../transport/ask.ts';
import {ChannelError, type Channel, type Transport} from '../transport/channel.ts';

const clientInfo = {name: 'proxy-mcp-probe', version: '1'};

/** The version of the stateless era that is asked for. */
export const [modern = ''] = modernVersions;

/** A shared program is greeted once for all its clients: it is told that everything can be asked of them. */
const everything: Params = {sampling: {}, elicitation: {}, roots: {listChanged: true}};

/** What each request of the stateless era says of itself. */
const meta: Params = {_meta: {[versionKey]: modern, 'io.modelcontextprotocol/clientInfo': clientInfo, 'io.modelcontextprotocol/clientCapabilities': {}}};

type Asker = (method: string, parameters?: Params) => Promise<Success>;

/** One side of a target: how it is asked, and what it said of itself. */
export type Met = Readonly<{era: 'session' | 'stateless'; ask: (signal: AbortSignal) => Asker; channel: Channel | undefined; hello: Params}>;

let count = 0;

const statelessAsker = (transport: Transport) => (signal: AbortSignal): Asker => async (method, parameters = {}) => ask(
	transport,
	{jsonrpc: '2.0', id: `probe-${++count}`, method, params: {...parameters, ...meta}},
	{headers: ['mcp-protocol-version', modern, 'mcp-method', method], signal},
);

const sessionAsker = (channel: Channel) => (signal: AbortSignal): Asker => async (method, parameters) => ask(channel, {jsonrpc: '2.0', id: `probe-${++count}`, method, ...(parameters && {params: parameters})}, {signal});

const meetStateless = async (transport: Transport, signal: AbortSignal): Promise<Met> => {
	const asker = statelessAsker(transport);
	const {result} = await asker(signal)('server/discover');
	return {era: 'stateless', ask: asker, channel: undefined, hello: result};
};

/** Whether it tells when its lists change. */
const hasNews = (hello: Params): boolean => Object.values(objectIn(hello, 'capabilities') ?? {}).some(value => typeof value === 'object' && value !== null && 'listChanged' in value && value.listChanged === true);

/** Hears of changes as long as the stream stands; lists are read again now and then anyway. */
const listen = (channel: Channel, onChange: () => void): void => {
	channel.listen({
		onMessage(message) {
			if (isRequest(message)) {
				const answer = message.method === 'ping' ? {jsonrpc: '2.0', id: message.id, result: {}} as const : failure(message.id, codes.methodNotFound, 'Method not found');
				channel.notify(answer).catch(() => undefined);
			} else if ('method' in message && message.method.endsWith('/list_changed')) {
				onChange();
			}

			return true;
		},
		onTrouble: () => undefined,
	});
};

const meetSession = async (transport: Transport, onChange: (() => void) | undefined, signal: AbortSignal): Promise<Met> => {
	const {plan} = transport;
	const isShared = plan.kind === 'stdio' && plan.children.mode === 'shared';
	const channel = transport.open(undefined, {isProbe: true});
	const asker = sessionAsker(channel);
	try {
		const {result} = await asker(signal)('initialize', {protocolVersion: newestLegacy, capabilities: isShared ? everything : {}, clientInfo});
		channel.setVersion(textIn(result, 'protocolVersion') ?? newestLegacy);
		await channel.notify({jsonrpc: '2.0', method: 'notifications/initialized'});
		if (onChange && !isShared && hasNews(result)) {
			listen(channel, onChange);
		}

		return {era: 'session', ask: asker, channel, hello: result};
	} catch (error) {
		void channel.close();
		throw error;
	}
};

/** Refusals of somebody who is well: the note that says so. */
export const noteOf = (error: unknown): string | undefined => {
	const status = error instanceof ChannelError && error.trouble.kind === 'refused' ? error.trouble.status : undefined;
	if (status === 401 || status === 403) {
		return `needs a login (${status})`;
	}

	return status === 429 ? 'is busy (429)' : undefined;
};

/** It answered, and what it answered is no MCP: nobody there speaks it. */
export const isDeaf = (error: unknown): boolean => error instanceof ChannelError && error.trouble.kind === 'refused' && error.trouble.response === undefined && [404, 405, 501].includes(error.trouble.status ?? 0);

/** Finds out the era, unless it is known, and opens a session where there are sessions. Rejects with a `ChannelError`. */
export const meet = async (transport: Transport, {era, onChange}: Readonly<{era: Met['era'] | undefined; onChange: (() => void) | undefined}>, signal: AbortSignal): Promise<Met> => {
	if (era !== 'session' && transport.send) {
		try {
			return await meetStateless(transport, signal);
		} catch (error) {
			const isOther = error instanceof ChannelError && (error.trouble.response !== undefined || error.trouble.kind === 'lost' || (error.trouble.kind === 'refused' && !isDeaf(error)));
			if (!isOther || noteOf(error) !== undefined) {
				throw error;
			}
		}
	}

	return meetSession(transport, onChange, signal);
};
