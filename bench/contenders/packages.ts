import {readFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {firstMessage, launch, program, root} from '../kit/process.ts';
import type {Peer} from './contender.ts';

const peers = path.join(root, 'bench/peers');

/** The version of a package installed in `folder`; throws why there is none. */
export const installedVersion = (name: string, folder = peers): string => {
	try {
		return (JSON.parse(readFileSync(path.join(folder, 'node_modules', name, 'package.json'), 'utf8')) as {version: string}).version;
	} catch {
		throw new Error(`package ${name} is not installed (see bench/install.sh)`);
	}
};

const startProgram = async (name: string, command: readonly string[], target = 0): ReturnType<Peer['start']> => {
	const launched = launch([...command, `http://127.0.0.1:${target}`], {processor: 0});
	const {port} = await firstMessage<{port: number}>(launched);
	return {name, port, pids: [launched.pid], stop: launched.end};
};

const fromPeers = (name: string, packageName: string, file: string): Peer => ({
	name,
	version: () => installedVersion(packageName),
	start: async ({targets: [target]}) => startProgram(name, [process.execPath, path.join(peers, file)], target),
});

/** Proxies from npm, each in a small program as one would write it; on this project's own Node. */
export const packages: readonly Peer[] = [
	{
		name: 'http-proxy-3, kept connections',
		version: () => installedVersion('http-proxy', root),
		start: async ({targets: [target]}) => startProgram('http-proxy-3, kept connections', program('programs/http-proxy-3.js'), target),
	},
	fromPeers('http-proxy, kept connections', 'http-proxy', 'http-proxy-kept.js'),
	fromPeers('http-proxy as in its README', 'http-proxy', 'http-proxy-readme.js'),
	fromPeers('httpxy', 'httpxy', 'httpxy.js'),
	fromPeers('@fastify/http-proxy', '@fastify/http-proxy', 'fastify.js'),
];
