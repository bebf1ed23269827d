import process from 'node:process';
import {Client} from '@modelcontextprotocol/sdk/client/index.js';
import {StreamableHTTPClientTransport} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type {Transport} from '@modelcontextprotocol/sdk/shared/transport.js';
import test, {type ExecutionContext} from 'ava';
import {isAlive} from '../../source/store/record.ts';
import {openShell, type Running, type Shell} from '../helpers/shell.ts';
import {until} from '../helpers/until.ts';

type Demo = Readonly<{url: string; pid: number; targets: ReadonlyArray<Readonly<{name: string; url: string; pid: number}>>}>;

const limit = 40_000;

/** The demo without a terminal, on any free port; ended with the test. */
const startDemo = async (t: ExecutionContext): Promise<{shell: Shell; running: Running; demo: Demo}> => {
	const shell = openShell(t);
	const running = shell.start('demo', '--json', '--port', '0');
	await until('the demo says where it is', () => running.stdout().endsWith('}\n'), limit);
	return {shell, running, demo: JSON.parse(running.stdout()) as Demo};
};

const allGone = async ({targets}: Demo): Promise<void> => {
	await until('the children have ended', () => !targets.some(({pid}) => isAlive(pid)));
};

test.serial('a client of the demo goes on when the active target is killed', async t => {
	const {shell, demo, running} = await startDemo(t);
	t.deepEqual(demo.targets.map(({name}) => name), ['alpha', 'beta']);
	const client = new Client({name: 'test', version: '1.0.0'});
	await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', demo.url)));
	t.teardown(async () => client.close());
	const whoami = async (): Promise<string> => {
		const {content} = await client.callTool({name: 'whoami'});
		const [{text}] = content as [{text: string}];
		return (JSON.parse(text) as {name: string}).name;
	};

	t.is(await whoami(), 'alpha');
	const {tools} = await client.listTools();
	t.true(tools.some(({name}) => name === 'countdown'));
	await until('both are up', async () => (await shell.run('status', '--check', '-q', '--daemon', demo.url)).code === 0);
	process.kill(demo.targets[0]?.pid ?? 0, 'SIGKILL');
	t.is(await until('beta answers', async () => {
		try {
			return await whoami(); // The call that meets the kill may fail, cleanly; the next one must not.
		} catch {
			return undefined;
		}
	}), 'beta');
	t.like(await shell.json('status', '--json', '--daemon', demo.url), {activeSystem: 'beta', cause: 'failover'});
	t.regex((await shell.run('events', '--daemon', demo.url)).stdout, /alpha → beta: alpha is DOWN/v);

	running.child.kill('SIGTERM');
	t.is((await running.result).code, 0);
	await allGone(demo);
});

test.serial('the session of the demo\'s own traffic is not even interrupted by a failover', async t => {
	const {shell, demo, running} = await startDemo(t);
	type Sessions = {items: Array<{id: string; client: string; target: string; generation: number; calls: number}>};
	const sessions = async (): Promise<Sessions['items']> => (await shell.json('sessions', '--json', '--daemon', demo.url) as Sessions).items;
	const [before] = await until('it calls tools', async () => {
		const items = await sessions();
		return items[0]?.target === 'alpha' && items[0].calls > 2 ? items : undefined;
	}, limit);
	t.like(before, {client: 'demo traffic 1.0.0', generation: 1});
	process.kill(demo.targets[0]?.pid ?? 0, 'SIGKILL');
	const [after] = await until('it goes on at beta', async () => {
		const items = await sessions();
		return items[0]?.target === 'beta' && items[0].calls > (before?.calls ?? 0) + 2 ? items : undefined;
	}, limit);
	t.like(after, {id: before?.id, generation: 2});
	const {items} = await shell.json('traffic', '--json', '--daemon', demo.url) as {items: Array<{verdict: string; target: string}>};
	t.deepEqual([...new Set(items.map(({verdict}) => verdict))], ['ok'], 'no call failed');
	t.deepEqual([...new Set(items.map(({target}) => target))], ['alpha', 'beta']);
	running.child.kill('SIGTERM');
	await running.result;
	await allGone(demo);
});

test.serial('nothing of the demo outlives it, even when it is killed', async t => {
	const {running, demo} = await startDemo(t);
	t.true(demo.targets.every(({pid}) => isAlive(pid)));
	running.child.kill('SIGKILL');
	await running.result;
	await allGone(demo);
	t.false(isAlive(demo.pid));
});
