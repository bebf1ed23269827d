import {spawnSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {childrenOf, freePort, launch, root, temporaryFolder, untilListening} from '../kit/process.ts';
import type {Peer} from './contender.ts';
import {untilServing} from './ours.ts';

type Server = Readonly<{
	name: string;
	/** Words that make it tell its version, and where the version is in what it says. */
	ask: readonly string[];
	version: RegExp;
	/** Settings in `bench/peers/`: for plain traffic, and `failover-` before it. */
	template: string;
	command: (file: string, folder: string) => readonly string[];
}>;

const user = process.getuid?.() === 0 ? 'user root;' : '';

const fill = (text: string, values: Readonly<Record<string, string>>): string => text.replaceAll(/\{\{(\w+)\}\}/gv, (_, key: string) => values[key] ?? '');

const toPeer = ({name, ask, version, template, command}: Server): Peer => ({
	name,
	version() {
		const [file = '', ...rest] = ask;
		const {stdout, stderr} = spawnSync(file, rest);
		const [, found] = version.exec(`${String(stdout)}${String(stderr)}`) ?? [];
		if (found === undefined) {
			throw new Error(`no program \`${file}\` here (Debian package, see bench/install.sh)`);
		}

		return found;
	},
	async start({targets: [target, standby], setting}) {
		const {folder, remove} = temporaryFolder();
		const port = await freePort();
		const text = readFileSync(path.join(root, 'bench/peers', setting === 'failover' ? `failover-${template}` : template), 'utf8');
		const file = path.join(folder, template);
		writeFileSync(file, fill(text, {port: String(port), target: String(target), standby: String(standby), folder, user}));
		const launched = launch(command(file, folder), {processor: 0, env: {HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder}});
		await untilListening(launched, port);
		await untilServing(port); // Then its workers have started.
		return {
			name,
			port,
			pids: [launched.pid, ...childrenOf(launched.pid)],
			async stop() {
				await launched.end();
				remove();
			},
		};
	},
});

/** The servers from Debian, one worker each, with the settings in `bench/peers/`. */
export const servers: readonly Peer[] = [
	{
		name: 'HAProxy',
		ask: ['haproxy', '-v'],
		version: /version (\S+)/v,
		template: 'haproxy.cfg',
		command: (file: string) => ['haproxy', '-db', '-q', '-f', file],
	},
	{
		name: 'nginx',
		ask: ['nginx', '-v'],
		version: /nginx\/(\S+)/v,
		template: 'nginx.conf',
		command: (file: string, folder: string) => ['nginx', '-p', folder, '-c', file, '-e', 'stderr'],
	},
	{
		name: 'Caddy',
		ask: ['caddy', 'version'],
		version: /^v?(\d\S+)/v,
		template: 'Caddyfile',
		command: (file: string) => ['caddy', 'run', '--config', file, '--adapter', 'caddyfile'],
	},
].map(server => toPeer(server));
