import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, readFileSync, symlinkSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type {Readable} from 'node:stream';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {temporaryFolder} from '../helpers/folder.ts';
import {settingsPlace} from '../helpers/rig.ts';
import {startTargetProcess} from '../helpers/target-process.ts';
import {until} from '../helpers/until.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const cli = path.join(root, 'dist/cli.js');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

type Result = Readonly<{code: number; stdout: string; stderr: string}>;

const run = async (words: readonly string[], env: NodeJS.ProcessEnv): Promise<Result> => new Promise(resolve => {
	execFile(process.execPath, [cli, ...words], {env, timeout: 30_000}, (error, stdout, stderr) => {
		resolve({code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr});
	});
});

/** The commands of the README's table, as written there: `pmcp switch NAME`. */
const commands = [...new Set([...readme.matchAll(/^\| (?<cell>`pmcp.*?`) \|/gmv)]
	.flatMap(({groups}) => [...(groups?.cell ?? '').matchAll(/`(?<command>pmcp[^`]*)`/gv)])
	.map(({groups}) => groups?.command ?? ''))];

/* What is run for each of them, with a proxy at hand; the exit codes that are right. */
const runs: Readonly<Record<string, ReadonlyArray<readonly [words: string, ...codes: number[]]>>> = {
	'pmcp status': [['status', 0], ['status --check', 0], ['status --json', 0]],
	'pmcp list': [['list', 0], ['list --json', 0]],
	'pmcp switch NAME': [['switch b --yes', 0], ['switch nobody --yes', 5]],
	'pmcp failback': [['failback --yes', 0]],
	'pmcp undo': [['undo --yes', 0]],
	[String.raw`pmcp auto on\|off`]: [['auto off --yes', 0], ['auto on --yes', 0]],
	[String.raw`pmcp maint NAME on\|off`]: [['maint a on --yes', 0], ['maint a off --yes', 0]],
	'pmcp check [NAME…]': [['check', 0], ['check a', 0]],
	'pmcp health': [['health', 0]],
	'pmcp logs': [['logs', 0]],
	'pmcp events': [['events', 0]],
	'pmcp traffic': [['traffic', 0], ['traffic --json', 0]],
	'pmcp sessions': [['sessions', 0], ['sessions close nobody --yes', 5]],
	[String.raw`pmcp config path\|show\|check\|schema`]: [['config path', 0], ['config show --origin', 0], ['config check', 0], ['config schema', 0]],
};

/* These start something, and have tests of their own below or beside. */
const elsewhere = new Set(['pmcp', 'pmcp start', 'pmcp stop', 'pmcp stdio', 'pmcp attach [URL]', 'pmcp demo']);

test('every subcommand the README names is run by a test', t => {
	t.true(commands.length > 10);
	t.deepEqual(commands.filter(command => !(command in runs) && !elsewhere.has(command)), []);
});

test('the subcommands of the README do what it says, against a running proxy', async t => {
	const [a, b] = await Promise.all([startTargetProcess(t, 'a'), startTargetProcess(t, 'b')]);
	const place = settingsPlace(t, {a: a.url, b: b.url});
	const env: NodeJS.ProcessEnv = {...process.env, XDG_STATE_HOME: place.folder, PROXY_MCP_CONFIG: place.config};
	const started = await run(['start', '--detach', '--json'], env);
	t.is(started.code, 0, started.stderr);
	const {url} = JSON.parse(started.stdout) as {url: string};
	await until('both are up', async () => (await run(['status', '--check', '--daemon', url], env)).code === 0);
	for (const command of commands) {
		for (const [words, ...codes] of runs[command] ?? []) {
			const {code, stderr} = await run([...words.split(' '), '--daemon', url], env); // eslint-disable-line no-await-in-loop -- one after the other, as a user types
			t.true(codes.includes(code), `pmcp ${words}: exit ${code}\n${stderr}`);
		}
	}

	const stopped = await run(['stop', '--daemon', url], env);
	t.is(stopped.code, 0, stopped.stderr);
});

/** A copy of the project that may be built anew without taking this one's built files away. */
const copyOf = (t: ExecutionContext): string => {
	const folder = path.join(temporaryFolder(t), 'project');
	for (const name of ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'bundle.ts', 'cli.tsx', 'source', 'web', 'config', 'test', 'bench', 'README.md']) {
		cpSync(path.join(root, name), path.join(folder, name), {recursive: true, filter: file => path.basename(file) !== 'node_modules'}); // The benchmark's peers have many files.
	}

	symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
	return folder;
};

/** All that came so far. */
const listenTo = (...streams: Readable[]): (() => string) => {
	const chunks: string[] = [];
	for (const stream of streams) {
		stream.on('data', chunk => {
			chunks.push((chunk as Buffer).toString());
		});
	}

	return () => chunks.join('');
};

/** Starts a script of the project as a user does, waits for what it says, and ends it. */
const tryScript = async (t: ExecutionContext, words: string, sign: RegExp, folder: string): Promise<void> => {
	// A user's compiler is not watched: with coverage it takes minutes.
	const env: NodeJS.ProcessEnv = {...process.env, NODE_V8_COVERAGE: undefined, XDG_STATE_HOME: folder, PMCP_PORT: '0'};
	const child = spawn('npm', words.split(' '), {cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true});
	const exited = once(child, 'exit');
	const said = listenTo(child.stdout, child.stderr);
	const end = (signal: 'SIGTERM' | 'SIGKILL'): void => {
		process.kill(-(child.pid ?? 0), signal); // The whole group: npm, its shell and the proxy.
	};

	t.teardown(() => {
		if (child.exitCode === null && child.signalCode === null) {
			end('SIGKILL');
		}
	});
	await until(`npm ${words} says where it listens`, () => sign.test(said()), 120_000);
	end('SIGTERM');
	await exited;
};

for (const [words, sign] of [['start', /listens on http:\S+/v], ['run demo', /http:\S+/v]] as const) {
	test.serial(`\`npm ${words}\` of the README builds the project and starts a proxy`, async t => {
		t.timeout(180_000);
		t.true(readme.includes(`npm ${words}\n`));
		await tryScript(t, words, sign, copyOf(t));
	});
}
