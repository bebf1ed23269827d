/*
The one test command: installs what the tests need beyond npm, checks style, types, floors and leftovers, builds, runs every
test with coverage, and ends with one line `N passed, N failed`. Each check counts as one. `npm test -- test/core` runs only
the tests whose path holds that text, without the other checks.
*/
import {spawn} from 'node:child_process';
import {readdirSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';

type Outcome = Readonly<{passed: number; failed: number}>;

/** AVA gives a test up after three minutes without news of any; if it is itself silent for longer than this it hangs. In ms. */
const mostSilence = 300_000;

const run = async (command: string, arguments_: readonly string[], onOutput?: (text: string) => void): Promise<boolean> => new Promise(resolve => {
	const child = spawn(command, arguments_, {stdio: ['ignore', onOutput ? 'pipe' : 'inherit', 'inherit']});
	const watchdog = onOutput && setTimeout(() => {
		console.error(`${command} ${arguments_.join(' ')} has said nothing for ${mostSilence / 1000} s: given up.`);
		child.kill('SIGTERM');
		end(false);
	}, mostSilence);
	const end = (isPassed: boolean): void => {
		clearTimeout(watchdog);
		resolve(isPassed);
	};

	child.stdout?.on('data', (chunk: Uint8Array) => {
		watchdog?.refresh();
		process.stdout.write(chunk);
		onOutput?.(String(chunk));
	});
	child.on('error', error => {
		console.error(`${command}: ${error.message}`);
		end(false);
	});
	child.on('close', code => {
		end(code === 0);
	});
	// What a test left running may hold the pipe open for ever.
	child.on('exit', code => {
		setTimeout(end, 10_000, code === 0).unref();
	});
});

const check = async (title: string, command: string, ...arguments_: string[]): Promise<Outcome> => {
	const startedAt = performance.now();
	const isPassed = await run(command, arguments_);
	console.log(`${isPassed ? '✔' : '✘'} ${title} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
	return {passed: Number(isPassed), failed: Number(!isPassed)};
};

/** AVA's tests, counted by their marks. A run that ends badly without any is one failure. */
const test = async (command: string, ...arguments_: string[]): Promise<Outcome> => {
	let output = '';
	const isPassed = await run(command, arguments_, text => {
		output += text;
	});
	const count = (pattern: RegExp): number => [...output.matchAll(pattern)].length;
	const failed = count(/^\s+✘ /gmv);
	return {passed: count(/^\s+✔ /gmv), failed: isPassed ? failed : Math.max(1, failed)};
};

const filter = process.argv[2];
const outcomes: Outcome[] = [];
const files = (text: string): string[] => readdirSync('test', {recursive: true, encoding: 'utf8'})
	.filter(file => file.endsWith('.ts') && !file.startsWith('helpers') && file !== 'run.ts' && path.join('test', file).includes(text))
	.map(file => path.join('dist/test', file.replace(/ts$/v, 'js')));

if (filter === undefined) {
	outcomes.push(
		await check('installed what the tests need', 'sh', 'test/install.sh'),
		await check('style (xo)', 'xo'),
		await check('floors (dependency-cruiser)', 'depcruise', 'source', '--config', '.dependency-cruiser.cjs', '--output-type', 'err'),
		await check('types of the page (tsc)', 'tsc', '-p', 'web'),
		await check('leftovers (knip)', 'knip'),
	);
}

outcomes.push(await check('types and build (tsc)', 'npm', 'run', '--silent', 'build'));
if (filter === undefined) {
	outcomes.push(
		await test('c8', '--reporter=none', 'ava'),
		await check('coverage: core 100 % of lines', 'c8', 'report', '--reporter=none', '--include=source/core', '--check-coverage', '--lines=100'),
		await check('coverage: all ≥ 90 % of lines', 'c8', 'report', '--reporter=text', '--check-coverage', '--lines=90'),
	);
} else {
	outcomes.push(await test('ava', ...files(filter)));
}

const total = (key: keyof Outcome): number => outcomes.reduce((sum, outcome) => sum + outcome[key], 0);
console.log(`${total('passed')} passed, ${total('failed')} failed`);
process.exit(total('failed') > 0 ? 1 : 0); // eslint-disable-line unicorn/no-process-exit -- what a test left running must not hold us
