import test from 'ava';
import {officialClients} from '../helpers/mcp-client.ts';
import {startMcpProxy} from '../helpers/mcp-proxy.ts';
import {startMcpTarget} from '../helpers/mcp-target.ts';
import {until} from '../helpers/until.ts';

for (const [name, connect] of officialClients) {
	test.serial(`${name}: a session at a target that speaks HTTP+SSE survives its kill -9`, async t => {
		const a = await startMcpTarget(t, 'a');
		const proxy = await startMcpProxy(t, {a: {url: a.url, mcp: {transport: 'sse'}}});
		const client = await connect(t, `${proxy.url}/mcp`);
		const sessionId = client.getSessionId();
		await client.setLevel('warning');
		await client.subscribe('test://note');
		t.true((await client.listTools()).includes('read'));
		t.is(await client.call('read', {text: 'before'}), 'a read before');

		const progress: number[] = [];
		const slow = client.call('slow-read', {}, {
			onProgress(step) {
				progress.push(step);
			},
		});
		await until('the call is held', async () => (await a.control('state')).held === 1);
		await a.control('release');
		t.true((await slow).startsWith('a '));
		t.deepEqual(progress, [1, 2]);

		const updates = (): number => client.heard.filter(({method}) => method === 'notifications/resources/updated').length;
		await a.control('update');
		await until('a notification arrives', () => updates() > 0);

		await a.restart();
		t.is(await client.call('read', {text: 'after'}), 'a read after');
		t.is(client.getSessionId(), sessionId);
		t.is(client.getInitializes(), 1);
	});
}
