import {spawn} from 'node:child_process';
import {createRequire} from 'node:module';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type {ExecutionContext} from 'ava';
import {temporaryFolder} from './folder.ts';

/** One check of the official suite. `id` holds its scenario and how often the check was met in it before: `tools-list/tools-list#0`. */
export type Check = Readonly<{id: string; status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO'; errorMessage?: string}>;

export type Verdict = Readonly<{
	checks: readonly Check[];
	/** As the suite counts: successes, and failures. */
	passed: number;
	failed: number;
	/** Each failed check and why. */
	failures: readonly string[];
}>;

type Raw = Omit<Check, 'id'> & Readonly<{id: string}>;

const require = createRequire(import.meta.url);
const packages = {'0.1.13': '@modelcontextprotocol/conformance/dist/index.js', next: 'conformance-next/dist/index.js'} as const;

const readChecks = (folder: string): Check[] => readdirSync(folder).toSorted().flatMap(entry => {
	const scenario = entry.replace(/^server-/v, '').replace(/-\d{4}-\d\d-\d\dT[\w\-]+$/v, '');
	const file = path.join(folder, entry, 'checks.json');
	if (!existsSync(file)) {
		return [{id: `${scenario}/ran#0`, status: 'FAILURE', errorMessage: 'The scenario broke off.'}];
	}

	const met = new Map<string, number>();
	return (JSON.parse(readFileSync(file, 'utf8')) as Raw[]).map(({id, status, errorMessage}) => {
		const times = met.get(id) ?? 0;
		met.set(id, times + 1);
		return {id: `${scenario}/${id}#${times}`, status, ...(errorMessage !== undefined && {errorMessage})};
	});
});

/**
Runs the official suite's server scenarios against a URL, in a folder of its own: 0.1.13 or 0.2.0-alpha.12 (`next`). The
suite's summary does not tell one failed check from another, so its result files are read.
*/
export const runConformance = async (t: ExecutionContext, version: keyof typeof packages, url: string, ...more: readonly string[]): Promise<Verdict> => {
	const folder = temporaryFolder(t);
	const child = spawn(process.execPath, [require.resolve(packages[version]), 'server', '--url', url, '--output-dir', folder, ...more], {cwd: folder, stdio: ['ignore', 'pipe', 'pipe']});
	t.teardown(() => {
		child.kill('SIGKILL');
	});
	let said = '';
	const hear = (chunk: Uint8Array): void => {
		said += String(chunk);
	};

	child.stdout.on('data', hear);
	child.stderr.on('data', hear);
	await new Promise((resolve, reject) => {
		child.on('error', reject);
		child.on('close', resolve);
	});
	const checks = readChecks(folder);
	if (checks.length === 0) {
		throw new Error(`The suite left no results: ${said}`);
	}

	const failures = checks.filter(({status}) => status === 'FAILURE');
	return {
		checks,
		passed: checks.filter(({status}) => status === 'SUCCESS').length,
		failed: failures.length,
		failures: failures.map(({id, errorMessage}) => `${id}: ${errorMessage ?? ''}`),
	};
};
