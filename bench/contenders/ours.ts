import {writeFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {pinned, weighSession} from '../kit/machine.ts';
import {firstMessage, freePort, launch, program, root, temporaryFolder, until, untilListening, type Launched} from '../kit/process.ts';
import type {Contender, Job} from './contender.ts';

export const ours = 'Proxy MCP';

type Settings = Readonly<Record<string, unknown>>;

/** Settings beside those that every run has. */
export type OurSettings = Readonly<{server?: Settings; proxy?: Settings; sessions?: Settings}>;

type Prepared = Readonly<{command: readonly string[]; env: NodeJS.ProcessEnv; remove: () => void}>;

/** A folder with settings for this proxy, and how to start it: any free port, default logs and probes. */
export const prepareOurs = (targets: readonly number[], {server = {}, proxy = {}, sessions = {}}: OurSettings = {}): Prepared => {
	const {folder, remove} = temporaryFolder();
	const config = path.join(folder, 'config.json');
	const entries = targets.map((port, index) => [`target-${index + 1}`, {url: `http://127.0.0.1:${port}`, priority: index + 1}]);
	writeFileSync(config, JSON.stringify({
		server: {port: 0, host: '127.0.0.1', ...server},
		proxy: {targets: Object.fromEntries(entries) as Settings, ...proxy},
		sessions,
		logging: {directory: path.join(folder, 'logs')},
		lockFile: path.join(folder, 'active.lock'),
	}));
	return {command: [process.execPath, path.join(root, 'dist/cli.js'), 'start', '--config', config], env: {XDG_STATE_HOME: folder}, remove};
};

/** Wait until a whole GET through it is answered well. */
export const untilServing = async (port: number): Promise<void> => {
	await until('it passes requests on', async () => {
		try {
			const response = await fetch(`http://127.0.0.1:${port}/bench`, {signal: AbortSignal.timeout(2000)});
			await response.arrayBuffer();
			return response.ok;
		} catch {
			return false;
		}
	});
};

const listens = /http:\/\/[^\s:]+:(\d+)/v;

/** Wait until a launched proxy says where it listens; throws what else it said when it ends. */
export const untilItSays = async ({child, said}: Launched): Promise<number> => {
	const [, port] = await until('this proxy says where it listens', () => {
		if (child.exitCode !== null) {
			throw new Error(`It ended: ${said()}`);
		}

		return listens.exec(said());
	});
	return Number(port);
};

/** This proxy as users run it: the built executable, its default logs, probes, metrics and traffic events on. */
export const startOurs = async ({targets}: Pick<Job, 'targets'>, settings?: OurSettings): Promise<Contender> => {
	const {command, env, remove} = prepareOurs(targets, settings);
	const launched = launch(command, {processor: 0, env});
	return {
		name: ours,
		port: await untilItSays(launched),
		pids: [launched.pid],
		async stop() {
			await launched.end();
			remove();
		},
	};
};

/** The same with its dashboard open, in a terminal that something reads. */
export const startDashboard = async ({targets}: Pick<Job, 'targets'>): Promise<Contender> => {
	const port = await freePort();
	const {command, env, remove} = prepareOurs(targets, {server: {port}});
	const launched = launch([...program('programs/terminal.js'), ...pinned(command, 0)], {processor: 1, env: {...env, TERM: 'xterm-256color'}});
	const {pid} = await firstMessage<{pid: number}>(launched);
	weighSession(pid);
	await untilListening(launched, port);
	return {
		name: `${ours}, dashboard open`,
		port,
		pids: [pid],
		async stop() {
			process.kill(pid, 'SIGKILL');
			await launched.end();
			remove();
		},
	};
};
