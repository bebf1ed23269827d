import process from 'node:process';
import test from 'ava';
import {everythingCommand, startEverything} from '../helpers/everything-target.ts';
import {officialClients} from '../helpers/mcp-client.ts';
import {startMcpProxy} from '../helpers/mcp-proxy.ts';
import {childrenOf} from '../helpers/process-figures.ts';
import {until} from '../helpers/until.ts';

const tcp = {probe: {kind: 'tcp'}};

for (const [name, connect] of officialClients) {
	test.serial(`${name}: server-everything may be killed and come back`, async t => {
		const target = await startEverything(t, 'streamableHttp');
		const proxy = await startMcpProxy(t, {everything: {url: target.url, ...tcp}});
		const progress: number[] = [];
		const client = await connect(t, `${proxy.url}/mcp`, {onSample: async () => 'a model speaks'});
		const sessionId = client.getSessionId();
		const tools = await client.listTools();
		t.is(await client.call('echo', {message: 'one'}), 'Echo: one');
		await client.setLevel('debug');

		await target.restart();
		t.is(await client.call('echo', {message: 'two'}), 'Echo: two');
		t.deepEqual(await client.listTools(), tools);
		t.regex(await client.call('trigger-long-running-operation', {duration: 0.3, steps: 3}, {onProgress: value => progress.push(value)}), /completed/v);
		t.deepEqual(progress, [1, 2, 3]);
		t.regex(await client.call('trigger-sampling-request', {prompt: 'hello', maxTokens: 10}), /a model speaks/v);
		t.is(client.getSessionId(), sessionId);
		t.is(client.getInitializes(), 1);
		t.deepEqual(client.errors, []);
	});

	test.serial(`${name}: server-everything on stdio may be killed; its next process takes the session`, async t => {
		const proxy = await startMcpProxy(t, {everything: {command: everythingCommand}}, {}, 0);
		const client = await connect(t, `${proxy.url}/mcp`, {onSample: async () => 'a model speaks'});
		const sessionId = client.getSessionId();
		t.is(await client.call('echo', {message: 'one'}), 'Echo: one');

		const before = childrenOf(proxy.getPid());
		t.true(before.length > 0);
		for (const pid of before) {
			process.kill(pid, 'SIGKILL');
		}

		t.is(await client.call('echo', {message: 'two'}), 'Echo: two');
		t.regex(await client.call('trigger-sampling-request', {prompt: 'hello', maxTokens: 10}), /a model speaks/v);
		t.is(client.getSessionId(), sessionId);
		t.is(client.getInitializes(), 1);
		t.deepEqual(client.errors, []);

		await client.terminate();
		await until('its process ends with its session', () => childrenOf(proxy.getPid()).every(pid => !before.includes(pid)) && childrenOf(proxy.getPid()).length <= 1);
	});
}
