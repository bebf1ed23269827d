import {Client, StreamableHTTPClientTransport} from '@modelcontextprotocol/client';
import test, {type ExecutionContext} from 'ava';
import {startConformanceTarget} from '../helpers/conformance-target.ts';
import {startMcpProxy} from '../helpers/mcp-proxy.ts';
import {startMcpTarget} from '../helpers/mcp-target.ts';

/** The newer official client, which tries the stateless era first. */
const connect = async (t: ExecutionContext, url: string): Promise<Readonly<{client: Client; errors: readonly Error[]}>> => {
	const client = new Client({name: 'auto', version: '1'}, {versionNegotiation: {mode: 'auto'}});
	const errors: Error[] = [];
	// eslint-disable-next-line unicorn/prefer-add-event-listener -- no event target
	client.onerror = error => {
		errors.push(error);
	};

	t.teardown(async () => client.close());
	await client.connect(new StreamableHTTPClientTransport(new URL(url)));
	return {client, errors};
};

test.serial('a client that tries the stateless era first falls back to a session with a target that has sessions only, which survives it', async t => {
	const target = await startMcpTarget(t, 'a');
	const proxy = await startMcpProxy(t, {a: target.url});
	const {client, errors} = await connect(t, `${proxy.url}/mcp`);
	t.is(client.getNegotiatedProtocolVersion(), '2025-11-25');
	const call = async (text: string): Promise<unknown> => (await client.callTool({name: 'write', arguments: {text}})).content;
	t.deepEqual(await call('one'), [{type: 'text', text: 'a wrote one'}]);
	await target.restart();
	t.deepEqual(await call('two'), [{type: 'text', text: 'a wrote two'}]);
	t.deepEqual(errors, []);
});

test.serial('the same client is served without a session by a stateless target, over kill -9 of the target and of the proxy', async t => {
	const target = await startConformanceTarget(t, 'stateless');
	const proxy = await startMcpProxy(t, {a: target.url});
	const {client, errors} = await connect(t, `${proxy.url}/mcp`);
	t.is(client.getNegotiatedProtocolVersion(), '2026-07-28');
	const call = async (): Promise<unknown> => (await client.callTool({name: 'test_simple_text', arguments: {}})).content;
	const answer = await call();
	await target.kill();
	const held = call();
	await startConformanceTarget(t, 'stateless', target.port);
	t.deepEqual(await held, answer);
	await proxy.restart();
	t.deepEqual(await call(), answer);
	t.deepEqual(errors, []);
});
