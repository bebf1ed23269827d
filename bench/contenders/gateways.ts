import {writeFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {pinned} from '../kit/machine.ts';
import {freePort, launch, program, root, temporaryFolder, untilListening} from '../kit/process.ts';
import type {Peer} from './contender.ts';
import {installedVersion} from './packages.ts';

const stdioTarget = pinned([...program('targets/mcp.js'), 'stdio'], 1);

type Gateway = Readonly<{
	name: string;
	file: string;
	transport?: 'sse';
	/** Its words: to listen on `port`, in front of the target at `url` or of a program on stdio, which it starts itself. */
	words: (place: Readonly<{port: number; url: string; folder: string}>) => readonly string[];
}>;

const gateways: readonly Gateway[] = [
	{
		name: 'mcp-proxy',
		file: 'dist/bin/mcp-proxy.mjs',
		words: ({port}) => ['--port', String(port), '--host', '127.0.0.1', '--server', 'stream', '--no-eventStore', '--', ...stdioTarget],
	},
	{
		name: 'supergateway',
		file: 'dist/index.js',
		words: ({port}) => ['--stdio', stdioTarget.join(' '), '--outputTransport', 'streamableHttp', '--stateful', '--logLevel', 'none', '--port', String(port)],
	},
	{
		name: 'mcp-hub',
		file: 'dist/cli.js',
		transport: 'sse',
		words({port, url, folder}) {
			const config = path.join(folder, 'hub.json');
			writeFileSync(config, JSON.stringify({mcpServers: {bench: {url}}}));
			return ['--port', String(port), '--config', config];
		},
	},
];

/** MCP gateways from npm. What their target costs is not counted: it is a process of its own, on the other processor. */
export const mcpGateways: readonly Peer[] = gateways.map(({name, file, transport, words}) => ({
	name,
	version: () => installedVersion(name),
	async start({targets: [target]}) {
		const {folder, remove} = temporaryFolder();
		const port = await freePort();
		const command = [process.execPath, path.join(root, 'bench/peers/node_modules', name, file), ...words({port, url: `http://127.0.0.1:${target}/mcp`, folder})];
		const launched = launch(command, {processor: 0, cwd: folder, env: {HOME: folder, XDG_STATE_HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder}});
		await untilListening(launched, port);
		return {
			name,
			port,
			pids: [launched.pid],
			...transport && {transport},
			async stop() {
				await launched.end();
				remove();
			},
		};
	},
}));
