import type {ExecutionContext} from 'ava';
import {Client, StreamableHTTPClientTransport, type ClientOptions} from '@modelcontextprotocol/client';
import type {Action} from '../../source/core/action.ts';
import type {McpCall} from '../../source/core/call.ts';
import type {Failure} from '../../source/http/failure.ts';
import {parseBody} from '../../source/mcp/parse.ts';
import {startListener} from '../../source/proxy/listener.ts';
import {createStateless} from '../../source/session/stateless.ts';
import type {McpPlan, Transport} from '../../source/transport/channel.ts';
import {createHttpTransport} from '../../source/transport/streamable-http.ts';
import {createWorld, type World} from './core.ts';

const timeouts = {connect: 1000, response: 0, idle: 0, upgrade: 0, keepAlive: 4000};
const limits = {connections: 0, inFlight: 1000, headBytes: 16_384, headFields: 100, body: 0, headTimeout: 10_000, keepAlive: 5000, drain: 100};

export type StatelessRig = Readonly<{
	/** With the path `/mcp`; `/targets/NAME/mcp` goes to one target. */
	url: string;
	world: World;
	calls: McpCall[];
	failures: Array<Readonly<{id: string; failure: Failure}>>;
	/** Has something happen, and the handler told. */
	act: (action: Action) => void;
	/** Ends what the handler keeps open. */
	stop: () => void;
}>;

type Place = Readonly<{name: string; url: string; plan?: Partial<McpPlan>}>;

/** The handler of the stateless era behind a listener, with the core driven by hand: refused and cut targets are down at once. */
export const startStatelessRig = async (t: ExecutionContext, places: readonly Place[], {hold = 10_000, listHold = 4000} = {}): Promise<StatelessRig> => {
	const world = createWorld(places.map(({name}) => name), {fall: 1, rise: 1, holdDown: 0});
	world.pass(...places.map(({name}) => name));
	const transports = new Map<string, Transport>(places.map(({name, url, plan}) => [name, createHttpTransport({
		id: name,
		kind: 'streamable-http',
		trustsHints: true,
		replay: 'hinted',
		lostStatuses: [],
		forwardsAuth: false,
		path: '/mcp',
		endpoint: {id: name, url: new URL(url), headers: {}, tls: {isVerified: true}, timeouts},
		...plan,
	} as Parameters<typeof createHttpTransport>[0])]));
	const calls: McpCall[] = [];
	const failures: Array<Readonly<{id: string; failure: Failure}>> = [];
	let callId = 0;
	const stateless = createStateless({
		getState: world.state,
		getTransport: id => transports.get(id),
		getSettings: () => ({hold, listHold, bodies: false}),
		onCall(call) {
			calls.push(call);
		},
		nextCallId: () => ++callId,
		passive: {
			failed(id, failure) {
				failures.push({id, failure});
				world.fail(id);
			},
			passed: () => undefined,
		},
	});
	const listener = await startListener({
		host: '127.0.0.1',
		port: 0,
		getLimits: () => limits,
		handle(exchange) {
			const {head: {method, path}, body} = exchange;
			const scope = /^\/targets\/([^\/]+)\/mcp/v.exec(path)?.[1];
			void (async () => {
				const chunks: Uint8Array[] = [];
				for await (const chunk of body) {
					chunks.push(chunk);
				}

				const bytes = Buffer.concat(chunks);
				stateless.handle(exchange, {message: method === 'POST' ? parseBody(bytes).messages[0] : undefined, bytes, scope});
			})();

			return true;
		},
		log: () => undefined,
	});
	t.teardown(async () => {
		stateless.stop();
		await listener.close(50);
		await Promise.all([...transports.values()].map(async transport => transport.close()));
	});
	return {url: `http://127.0.0.1:${listener.port}/mcp`, world, calls, failures, act(action) {
		for (const event of world.act(action)) {
			stateless.react(event);
		}
	}, stop: stateless.stop};
};

/** The official client 2.x, pinned to the stateless era. */
export const connectModern = async (t: ExecutionContext, url: string, options: ClientOptions = {}): Promise<Client> => {
	const client = new Client({name: 'test-client', version: '1.0.0'}, {versionNegotiation: {mode: {pin: '2026-07-28'}}, ...options});
	t.teardown(async () => client.close());
	await client.connect(new StreamableHTTPClientTransport(new URL(url)));
	return client;
};
