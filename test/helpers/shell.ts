import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {until} from './until.ts';

const executable = fileURLToPath(new URL('../../cli.js', import.meta.url));

export type Result = Readonly<{code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string}>;

export type Running = Readonly<{
	child: ChildProcess;
	stdout: () => string;
	stderr: () => string;
	/** When it has ended. */
	result: Promise<Result>;
}>;

/** A shell in a folder of its own: its state, settings and everything else are apart from this machine's. */
export type Shell = Readonly<{
	folder: string;
	env: Readonly<Record<string, string | undefined>>;
	/** Runs the real executable to its end. */
	run: (...words: string[]) => Promise<Result>;
	/** Runs it and parses stdout as one JSON document. */
	json: (...words: string[]) => Promise<Record<string, unknown>>;
	/** Starts it; ended with the test. */
	start: (...words: string[]) => Running;
	/** Starts a daemon in the foreground; resolves with its address when it listens. */
	startDaemon: (...words: string[]) => Promise<Running & Readonly<{url: string}>>;
}>;

export const openShell = (t: ExecutionContext, {env = {}, folder: given, file = executable}: {env?: Record<string, string>; folder?: string; file?: string} = {}): Shell => {
	const folder = given ?? mkdtempSync(path.join(tmpdir(), 'shell-'));
	t.teardown(() => {
		rmSync(folder, {recursive: true, force: true});
	});
	const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:PMCP_|PROXY_MCP_|FORCE_COLOR|NO_COLOR)/v.test(name)));
	const environment = {...own, XDG_STATE_HOME: path.join(folder, 'state'), XDG_CONFIG_HOME: path.join(folder, 'config-home'), ...env};

	const start = (...words: string[]): Running => {
		const child = spawn(process.execPath, [file, ...words], {cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe']});
		let stdout = '';
		let stderr = '';
		child.stdout.setEncoding('utf8').on('data', (text: string) => {
			stdout += text;
		});
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			stderr += text;
		});
		const closed = once(child, 'close');
		t.teardown(async () => {
			child.kill('SIGKILL');
			await closed;
		});
		const result = (async (): Promise<Result> => {
			const [code, signal] = await closed as [number | null, NodeJS.Signals | null];
			return {code, signal, stdout, stderr};
		})();
		return {child, stdout: () => stdout, stderr: () => stderr, result};
	};

	const run = async (...words: string[]): Promise<Result> => start(...words).result;

	return {
		folder,
		env: environment,
		run,
		start,
		async json(...words) {
			const {stdout, stderr, code} = await run(...words);
			if (stderr !== '') {
				throw new Error(`"${words.join(' ')}" exited ${code} and wrote to stderr: ${stderr}`);
			}

			return JSON.parse(stdout) as Record<string, unknown>;
		},
		async startDaemon(...words) {
			const running = start('start', ...words);
			const url = await until('the daemon says where it listens', () => {
				if (running.child.exitCode !== null) {
					throw new Error(`The daemon ended: ${running.stderr()}`);
				}

				return /listens on (http:\S+)/v.exec(running.stderr())?.[1];
			}, 30_000);
			return {...running, url};
		},
	};
};
