import type {TargetId} from '../core/target.ts';
import type {RawHeaders} from '../http/exchange.ts';
import type {Params, Request, Success} from '../mcp/message.ts';
import {objectIn, textIn} from '../mcp/parse.ts';
import {ask} from '../transport/ask.ts';
import {ChannelError, type Call, type Channel, type Transport} from '../transport/channel.ts';
import type {Session} from './session.ts';

/** A session's other end: a session at one target. */
export type Binding = {
	readonly target: TargetId;
	readonly transport: Transport;
	readonly channel: Channel;
	/** Counts the session's bindings; our ids for the target's requests begin with it. */
	readonly generation: number;
	version: string;
	capabilities: Params;
	/** What it answered to `initialize`; undefined when it was not asked. */
	result: Params | undefined;
	/** What has been restored there. */
	level: string | undefined;
	readonly uris: Set<string>;
	isTold: boolean;
	inFlight: number;
	/** Left: closed when its last call is over. */
	isParked: boolean;
	isClosed: boolean;
	listening: Call | undefined;
	/** It answered that it has no stream to listen to. */
	isMute: boolean;
	lastEventId: string | undefined;
	/** The target's requests so far. */
	asks: number;
};

export const createBinding = (session: Session, target: TargetId, transport: Transport, channel: Channel): Binding => ({
	target,
	transport,
	channel,
	generation: ++session.generation,
	version: session.version,
	capabilities: {},
	result: undefined,
	level: undefined,
	uris: new Set(),
	isTold: false,
	inFlight: 0,
	isParked: false,
	isClosed: false,
	listening: undefined,
	isMute: false,
	lastEventId: undefined,
	asks: 0,
});

/** The client's own credentials, for a target that is to have them. */
export const credentials = ({authorization}: Session, {plan}: Transport): Readonly<{headers?: RawHeaders}> => authorization !== undefined && plan.forwardsAuth ? {headers: ['Authorization', authorization]} : {};

/** Opens a session at a target: `initialize`, and the version it chose. `request`: the client's own, or one made of what it once sent. */
export const initialize = async (session: Session, binding: Binding, request: Request): Promise<Success> => {
	const {channel, transport} = binding;
	const answer = await ask(channel, request, credentials(session, transport));
	binding.result = answer.result;
	binding.version = textIn(answer.result, 'protocolVersion') ?? session.version;
	binding.capabilities = objectIn(answer.result, 'capabilities') ?? {};
	channel.setVersion(binding.version);
	return answer;
};

/** Brings a binding up to what the client has said so far: initialized, log level, subscriptions. A target that refuses some of it is used all the same. */
export const restore = async (session: Session, binding: Binding): Promise<void> => {
	const {channel, generation, transport} = binding;
	if (session.isInitialized && !binding.isTold) {
		binding.isTold = true;
		await channel.notify({jsonrpc: '2.0', method: 'notifications/initialized'});
	}

	const requests: Array<Pick<Request, 'method' | 'params'>> = [];
	if (session.level !== undefined && session.level !== binding.level && objectIn(binding.capabilities, 'logging')) {
		requests.push({method: 'logging/setLevel', params: {level: session.level}});
	}

	if (objectIn(binding.capabilities, 'resources')?.subscribe === true) {
		const without = (from: ReadonlySet<string>, others: ReadonlySet<string>) => [...from].filter(uri => !others.has(uri));
		requests.push(
			...without(session.uris, binding.uris).map(uri => ({method: 'resources/subscribe', params: {uri}})),
			...without(binding.uris, session.uris).map(uri => ({method: 'resources/unsubscribe', params: {uri}})),
		);
	}

	binding.level = session.level;
	binding.uris.clear();
	for (const uri of session.uris) {
		binding.uris.add(uri);
	}

	const results = await Promise.allSettled(requests.map(async (request, index) => ask(channel, {jsonrpc: '2.0', id: `pmcp-${generation}-${index}`, ...request}, credentials(session, transport))));
	const reasons = results.map((result): unknown => result.status === 'rejected' ? result.reason : undefined);
	const broken = reasons.find(reason => reason instanceof ChannelError && reason.trouble.kind !== 'refused');
	if (broken instanceof ChannelError) {
		throw broken;
	}
};
