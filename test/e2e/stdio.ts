import {spawn} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {Client} from '@modelcontextprotocol/sdk/client/index.js';
import {StdioClientTransport} from '@modelcontextprotocol/sdk/client/stdio.js';
import {CreateMessageRequestSchema, LoggingMessageNotificationSchema} from '@modelcontextprotocol/sdk/types.js';
import * as modern from '@modelcontextprotocol/client';
import {StdioClientTransport as ModernTransport} from '@modelcontextprotocol/client/stdio';
import test, {type ExecutionContext} from 'ava';
import {isAlive, readRecords} from '../../source/store/record.ts';
import {startDaemonProcess, type DaemonProcess} from '../helpers/daemon-process.ts';
import {startMcpTarget, type McpTarget} from '../helpers/mcp-target.ts';
import {settingsPlace, type Place} from '../helpers/rig.ts';
import {until} from '../helpers/until.ts';

const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));

const environment = ({folder, config}: Place): Record<string, string> => {
	const own = Object.fromEntries(Object.entries(process.env).filter(([name, value]) => value !== undefined && !name.startsWith('PMCP_'))) as Record<string, string>;
	return {...own, XDG_STATE_HOME: folder, PROXY_MCP_CONFIG: config};
};

type Scene = Readonly<{a: McpTarget; b: McpTarget; place: Place; env: Record<string, string>}>;

/** Two MCP servers and settings that name them. What a shim starts in the background ends with the test. */
const setScene = async (t: ExecutionContext): Promise<Scene> => {
	const [a, b] = await Promise.all([startMcpTarget(t, 'a'), startMcpTarget(t, 'b')]);
	const place = settingsPlace(t, {a: a.url, b: b.url});
	t.teardown(() => {
		for (const {pid} of readRecords(path.join(place.folder, 'proxy-mcp'))) {
			if (isAlive(pid)) {
				process.kill(pid, 'SIGKILL');
			}
		}
	});
	return {a, b, place, env: environment(place)};
};

const pin = (place: Place, {url}: Readonly<{url: string}>): void => {
	place.write({server: {host: '127.0.0.1', port: Number(new URL(url).port)}});
};

/** Starts the daemon, on the same port each time. */
const startDaemon = async (t: ExecutionContext, {place}: Scene): Promise<DaemonProcess> => {
	const daemon = await startDaemonProcess(t, place);
	pin(place, daemon);
	return daemon;
};

type Connected = Readonly<{client: Client; transport: StdioClientTransport; call: (name: string, given?: Record<string, unknown>) => Promise<string>; heard: string[]; errors: Error[]}>;

const textOf = (result: unknown): string => (result as {content: ReadonlyArray<{text: string}>}).content.map(({text}) => text).join('');

const connect = async (t: ExecutionContext, environment_: Record<string, string>, ...words: string[]): Promise<Connected> => {
	const transport = new StdioClientTransport({command: process.execPath, args: [cli, 'stdio', ...words], env: environment_, stderr: 'pipe'});
	const client = new Client({name: 'editor', version: '1.0.0'}, {capabilities: {sampling: {}}});
	const heard: string[] = [];
	const errors: Error[] = [];
	// eslint-disable-next-line unicorn/prefer-add-event-listener -- no event target
	client.onerror = error => {
		errors.push(error);
	};

	client.setNotificationHandler(LoggingMessageNotificationSchema, ({params}) => {
		heard.push(String(params.data));
	});
	client.setRequestHandler(CreateMessageRequestSchema, async () => ({model: 'test', role: 'assistant', content: {type: 'text', text: 'yes'}}));
	t.teardown(async () => client.close());
	await client.connect(transport);
	return {client, transport, heard, errors, call: async (name, given = {}) => textOf(await client.callTool({name, arguments: given}))};
};

test.serial('a client that only speaks stdio calls tools, is asked and hears, through a proxy that it starts itself', async t => {
	const scene = await setScene(t);
	const {call, client, heard, errors, transport} = await connect(t, scene.env);
	t.is(client.getServerVersion()?.version, '1.2.3');
	t.is(await call('write', {text: 'hello'}), 'a wrote hello');
	t.is(await call('sample', {text: 'well?'}), 'a was told yes');
	await until('the server\'s own messages come', async () => {
		await scene.a.control('log?text=news');
		return heard.includes('news');
	});
	t.is(readRecords(path.join(scene.place.folder, 'proxy-mcp')).length, 1);
	const {pid} = transport;
	const before = Date.now();
	await client.close();
	await until('it has ended', () => !isAlive(pid ?? 0));
	t.true(Date.now() - before < 5000);
	await until('its session too', async () => (await scene.a.control('state')).sessions.length === 0);
	t.deepEqual(errors, []);
});

test.serial('the session outlives the death of the proxy, and a failover', async t => {
	const scene = await setScene(t);
	const daemon = await startDaemon(t, scene);
	const {call, errors, heard} = await connect(t, scene.env);
	t.is(await call('write', {text: '1'}), 'a wrote 1');
	await daemon.end('SIGKILL');
	const waiting = call('read', {text: '2'}); // While nobody listens.
	await startDaemon(t, scene);
	t.is(await waiting, 'a read 2');
	t.is(await call('write', {text: '3'}), 'a wrote 3');
	await scene.a.signal('SIGKILL');
	t.is(await call('read', {text: '4'}), 'b read 4');
	await until('it listens again', async () => {
		await scene.b.control('log?text=still%20here');
		return heard.includes('still here');
	});
	t.deepEqual(errors, []);
	t.deepEqual(scene.a.executed().filter(line => line.includes('write')), ['a write 1', 'a write 3']);
});

test.serial('a tool under way when the proxy dies gets an error, and is not run again', async t => {
	const scene = await setScene(t);
	const daemon = await startDaemon(t, scene);
	const {call} = await connect(t, scene.env);
	const cut = call('slow-write', {text: 'x'});
	await scene.a.untilExecuted('slow-write x');
	await daemon.end('SIGKILL');
	await t.throwsAsync(cut, {message: /may have been run/v});
	t.is(await call('read', {text: 'y'}), 'a read y', 'and the proxy was started again, as nobody else did');
	t.deepEqual(scene.a.executed().filter(line => line.includes('slow-write')), ['a slow-write x']);
});

test.serial('--target means that target, whatever is active; an unknown one is refused', async t => {
	const scene = await setScene(t);
	await startDaemon(t, scene);
	const {call} = await connect(t, scene.env, '--target', 'b');
	t.is(await call('read', {text: 'x'}), 'b read x');
	const child = spawn(process.execPath, [cli, 'stdio', '--target', 'nobody'], {env: scene.env, stdio: ['pipe', 'pipe', 'pipe']});
	let stderr = '';
	child.stderr.on('data', chunk => {
		stderr += String(chunk);
	});
	const [code] = await once(child, 'close') as [number];
	t.is(code, 5);
	t.regex(stderr, /No target is called "nobody"/v);
});

test.serial('what is piped in is answered, one line each, before it ends with exit code 0', async t => {
	const scene = await setScene(t);
	await startDaemon(t, scene);
	const child = spawn(process.execPath, [cli, 'stdio'], {env: scene.env, stdio: ['pipe', 'pipe', 'pipe']});
	let stdout = '';
	child.stdout.on('data', chunk => {
		stdout += String(chunk);
	});
	child.stdin.end([
		JSON.stringify({jsonrpc: '2.0', id: 1, method: 'initialize', params: {protocolVersion: '2025-11-25', capabilities: {}, clientInfo: {name: 'pipe', version: '1'}}}),
		'no json',
		'',
		JSON.stringify({jsonrpc: '2.0', method: 'notifications/initialized'}),
		JSON.stringify({jsonrpc: '2.0', id: 2, method: 'tools/list'}),
		JSON.stringify({jsonrpc: '2.0', id: 'three', method: 'no/such'}),
	].join('\n'));
	const [code] = await once(child, 'close') as [number];
	t.is(code, 0);
	const answers = stdout.trimEnd().split('\n').map(line => JSON.parse(line) as {id: unknown; error?: {code: number}});
	t.deepEqual(answers.map(({id, error}) => [id, error?.code]).toSorted((x, y) => String(x[0]).localeCompare(String(y[0]))), [[1, undefined], [2, undefined], [null, -32_700], ['three', -32_601]]);
});

test.serial('a reader that is gone ends it', async t => {
	const scene = await setScene(t);
	await startDaemon(t, scene);
	const child = spawn(process.execPath, [cli, 'stdio'], {env: scene.env, stdio: ['pipe', 'pipe', 'ignore']});
	child.stdout.destroy();
	child.stdin.write(`${JSON.stringify({jsonrpc: '2.0', id: 1, method: 'tools/list'})}\n`);
	const [code] = await once(child, 'exit') as [number];
	t.is(code, 0);
});

test.serial('a client of the stateless era goes through as well', async t => {
	const scene = await setScene(t);
	await startDaemon(t, scene);
	const client = new modern.Client({name: 'modern', version: '1.0.0'}, {versionNegotiation: {mode: 'auto'}});
	t.teardown(async () => client.close());
	await client.connect(new ModernTransport({command: process.execPath, args: [cli, 'stdio'], env: scene.env, stderr: 'pipe'}));
	t.is(textOf(await client.callTool({name: 'read', arguments: {text: 'x'}})), 'a read x');
});
