import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {startSamples, type Sample, type Samples} from '../demo/children.ts';
import {toAppError} from '../core/errors.ts';
import type {CliCommand, Context} from './kit/command.ts';
import type {LoadOptions} from './kit/place.ts';
import {hasTerminal} from './kit/terminal.ts';
import {openDashboard} from './run.ts';

const restartAfter = 20_000;

/** Settings of its own, in a folder that goes with the demo: nothing of the user's is read or written. */
const writeSettings = (folder: string, samples: readonly Sample[]): string => {
	const file = path.join(folder, 'config.json');
	const targets = Object.fromEntries(samples.map(({name, url}, index) => [name, {url, priority: index + 1}]));
	writeFileSync(file, JSON.stringify({
		proxy: {targets, healthCheckInterval: '1s', failback: {mode: 'automatic', delay: '10s'}},
		logging: {directory: 'logs'},
		lockFile: 'active.lock',
	}, undefined, 2));
	return file;
};

/** What to try, with the pid of the target that is active at the start. */
const hints = (url: string, samples: readonly Sample[]): string[] => [
	`The proxy listens on ${url}; MCP clients use ${url}/mcp, the page is ${url}/ui.`,
	...samples.map(({name, url: own, pid}) => `Sample target ${name}: ${own} (pid ${pid ?? '?'}).`),
	'2 in the dashboard, or pmcp traffic -f, shows the calls of a real MCP client over one session, which no failover ends.',
	`See a failover now: kill -9 ${samples[0]?.pid ?? '?'}   It comes back after ${restartAfter / 1000} s.`,
];

/** Runs `use` on the default port, or on any free one when that is taken and none was asked for. */
const onFreePort = async <Result>({flags}: Context, file: string, use: (load: LoadOptions) => Promise<Result>): Promise<Result> => {
	const load: LoadOptions = {path: file, overrides: {port: flags.port, host: flags.host}};
	try {
		return await use(load);
	} catch (error) {
		if (flags.port !== undefined || toAppError(error).code !== 'ADDRESS_IN_USE') {
			throw error;
		}

		return use({...load, overrides: {...load.overrides, port: '0'}});
	}
};

/** Without a terminal: says where everything is, then tells what happens until it is ended. */
const runPlain = async (context: Context, samples: Samples, file: string): Promise<void> => {
	const {out, version} = context;
	const [{createDaemon}, {handleSignals}] = await Promise.all([import('../daemon/daemon.ts'), import('../daemon/signals.ts')]);
	const {url, client, done} = await onFreePort(context, file, async load => createDaemon({load, version}));
	const stop = (cause: string): void => {
		void client.run({type: 'stop', cause});
	};

	const release = handleSignals({reload: () => undefined, stop, stopNow: () => process.exit(143)}); // eslint-disable-line unicorn/no-process-exit -- asked twice: at once
	samples.startTraffic(url);
	out.show({schema: 'pmcp.demo/v1', generatedAt: new Date().toISOString(), url, pid: process.pid, targets: samples.getAll()}, () => hints(url, samples.getAll()).join('\n'));
	await done;
	release();
};

export const demo: CliCommand = {
	name: 'demo',
	summary: 'Two sample MCP servers with the proxy in front: see a failover within a minute',
	details: `Two MCP servers of its own, each a process that can be killed, some gentle traffic, and the dashboard.
A killed one comes back after 20 s. Everything ends with the demo.`,
	examples: [['pmcp demo', 'then end the active target from another terminal, as the demo says']],
	async run(context) {
		const {out, flags} = context;
		const isDashboard = hasTerminal(flags);
		const folder = mkdtempSync(path.join(tmpdir(), 'pmcp-demo-'));
		// With the dashboard on the screen, what is written to stderr becomes a notice among its events.
		const samples = await startSamples({names: ['alpha', 'beta'], restartAfter, onNews: out.note});
		try {
			const file = writeSettings(folder, samples.getAll());
			await (isDashboard
				? onFreePort(context, file, async load => openDashboard(context, load, url => {
					samples.startTraffic(url);
					// One after the other, so that the last stands on top.
					for (const [index, hint] of hints(url, samples.getAll()).entries()) {
						setTimeout(out.note, 1000 + (index * 50), hint).unref();
					}
				}))
				: runPlain(context, samples, file));
		} finally {
			await samples.stop();
			rmSync(folder, {recursive: true, force: true});
		}
	},
};
