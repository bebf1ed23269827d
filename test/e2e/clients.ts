/*
Clients that people use, as npm has them, through the daemon and over a restart of the target. They weigh 480 MB, so they are
no dependencies: `npm run clients` installs them into node_modules/.cache and runs these tests, `npm test` leaves them out.
*/
import {execFile} from 'node:child_process';
import {mkdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {Client} from '@modelcontextprotocol/sdk/client/index.js';
import {StdioClientTransport} from '@modelcontextprotocol/sdk/client/stdio.js';
import test, {type ExecutionContext} from 'ava';
import {temporaryFolder} from '../helpers/folder.ts';
import {startMcpProxy} from '../helpers/mcp-proxy.ts';
import {startMcpTarget} from '../helpers/mcp-target.ts';

const clients = {claude: '@anthropic-ai/claude-code@2.1.330', 'mcp-inspector': '@modelcontextprotocol/inspector@2.12.0', 'mcp-remote': 'mcp-remote@0.15.1'};
const cache = fileURLToPath(new URL('../../../node_modules/.cache/proxy-mcp-clients', import.meta.url));
const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));
const run = promisify(execFile);

/** Each has a folder of its own: they do not agree on their dependencies. */
const programOf = (client: keyof typeof clients): string => path.join(cache, client, 'node_modules/.bin', client);

const environment = (home: string): Record<string, string> => ({PATH: process.env.PATH ?? '', HOME: home, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1'});

/** Runs a client's program to its end, in a home of its own; what it said. */
const ask = async (home: string, client: keyof typeof clients, ...words: readonly string[]): Promise<string> => {
	const {stdout, stderr} = await run(programOf(client), words, {cwd: home, env: environment(home), timeout: 60_000});
	return stdout + stderr;
};

const clientsTest = (title: string, act: (t: ExecutionContext) => Promise<void>): void => {
	if (process.env.PMCP_CLIENTS !== undefined) {
		test.serial(title, async t => {
			t.timeout(120_000);
			await act(t);
		});
	}
};

test.before('the clients are installed', async t => {
	t.timeout(600_000);
	const wanted = process.env.PMCP_CLIENTS === undefined ? [] : Object.entries(clients);
	for (const [client, name] of wanted) {
		mkdirSync(path.join(cache, client), {recursive: true});
		await run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--no-save', '--prefix', path.join(cache, client), name]); // eslint-disable-line no-await-in-loop -- npm's cache
	}
});

test('docs/clients.md tells which versions were tried', t => {
	const text = readFileSync(fileURLToPath(new URL('../../../docs/clients.md', import.meta.url)), 'utf8');
	for (const name of Object.values(clients)) {
		t.true(text.includes(name), name);
	}
});

clientsTest('Claude Code says that it is connected, before and after a restart of the target', async t => {
	const target = await startMcpTarget(t, 'a');
	const proxy = await startMcpProxy(t, {a: target.url});
	const home = temporaryFolder(t);
	await ask(home, 'claude', 'mcp', 'add', '--transport', 'http', 'pmcp', `${proxy.url}/mcp`, '--scope', 'user');
	await ask(home, 'claude', 'mcp', 'add', '--scope', 'user', 'pmcp-stdio', '--', process.execPath, cli, 'stdio', '--daemon', proxy.url);
	const look = async (): Promise<void> => {
		const said = await ask(home, 'claude', 'mcp', 'list');
		t.log(said.trim());
		t.is([...said.matchAll(/✔ Connected/gv)].length, 2, said);
	};

	await look();
	await target.restart();
	await look();
});

clientsTest('the Inspector lists and calls tools, before and after a restart of the target', async t => {
	const target = await startMcpTarget(t, 'a');
	const proxy = await startMcpProxy(t, {a: target.url});
	const home = temporaryFolder(t);
	const write = async (text: string, ...server: readonly string[]): Promise<string> => ask(home, 'mcp-inspector', '--cli', ...server, '--method', 'tools/call', '--tool-name', 'write', '--tool-arg', `text=${text}`);
	const http = [`${proxy.url}/mcp`, '--transport', 'http'];
	t.regex(await ask(home, 'mcp-inspector', '--cli', ...http, '--method', 'tools/list'), /"name": "slow-read"/v);
	t.regex(await write('one', ...http), /a wrote one/v);
	await target.restart();
	t.regex(await write('two', ...http), /a wrote two/v);
	t.regex(await write('three', process.execPath, cli, 'stdio', '--daemon', proxy.url), /a wrote three/v);
});

clientsTest('a session of mcp-remote outlives its target, and the proxy', async t => {
	const target = await startMcpTarget(t, 'a');
	const proxy = await startMcpProxy(t, {a: target.url});
	const client = new Client({name: 'editor', version: '1'});
	const errors: Error[] = [];
	// eslint-disable-next-line unicorn/prefer-add-event-listener -- no event target
	client.onerror = error => {
		errors.push(error);
	};

	t.teardown(async () => client.close());
	await client.connect(new StdioClientTransport({
		command: programOf('mcp-remote'),
		args: [`${proxy.url}/mcp`, '--allow-http', '--transport', 'http-only'],
		env: environment(temporaryFolder(t)),
		stderr: 'ignore',
	}));
	const call = async (text: string): Promise<unknown> => (await client.callTool({name: 'write', arguments: {text}})).content;
	t.deepEqual(await call('one'), [{type: 'text', text: 'a wrote one'}]);
	await target.restart();
	t.deepEqual(await call('two'), [{type: 'text', text: 'a wrote two'}]);
	await proxy.restart();
	t.deepEqual(await call('three'), [{type: 'text', text: 'a wrote three'}]);
	t.deepEqual(target.executed(), ['a write one', 'a write two', 'a write three']);
	t.deepEqual(errors, []);
});
