import {spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {temporaryFolder} from '../helpers/folder.ts';

const program = fileURLToPath(new URL('../helpers/log-child.js', import.meta.url));

type Ended = Readonly<{code: number | null; signal: string | null}>;

const spawnChild = (t: ExecutionContext, directory: string, ending: string): ChildProcess => {
	const child = spawn(process.execPath, [program, JSON.stringify({directory, ending})], {stdio: ['ignore', 'pipe', 'ignore']});
	t.teardown(() => child.kill('SIGKILL'));
	return child;
};

const end = async (child: ChildProcess): Promise<Ended> => {
	const [code, signal]: [number | null, string | null] = await once(child, 'close') as [number | null, string | null];
	return {code, signal};
};

const count = (directory: string): Record<'notices' | 'requests' | 'errors', number> => {
	const read = (name: string): string[] => readFileSync(path.join(directory, name), 'utf8').split('\n').slice(0, -1);
	const combined = read('combined.log');
	return {
		notices: combined.filter(line => /"notice \d+"/v.test(line)).length,
		requests: combined.filter(line => /"GET \/\d+ HTTP/v.test(line)).length,
		errors: read('error.log').length,
	};
};

type Report = Readonly<{droppedWhileFull: number; dropped: number; faults: string[]; combined: string[]; errors: string[]}>;

const whole = {notices: 300, requests: 300, errors: 30};

for (const ending of ['exit', 'nothing', 'throw']) {
	test(`loses nothing when the process ends by itself (${ending})`, async t => {
		const directory = temporaryFolder(t);
		await end(spawnChild(t, directory, ending));
		t.deepEqual(count(directory), whole);
	});
}

test('loses nothing on SIGTERM', async t => {
	const directory = temporaryFolder(t);
	const child = spawnChild(t, directory, 'close on SIGTERM');
	await once(child.stdout!, 'data');
	child.kill('SIGTERM');
	t.deepEqual(await end(child), {code: 0, signal: null});
	t.deepEqual(count(directory), whole);
});

test('loses nothing that was written when the process is killed', async t => {
	const directory = temporaryFolder(t);
	const child = spawnChild(t, directory, 'wait');
	await once(child.stdout!, 'data');
	child.kill('SIGKILL');
	t.deepEqual(await end(child), {code: null, signal: 'SIGKILL'});
	t.deepEqual(count(directory), whole);
});

test('a full disk costs records, not the process; they are counted, and logging goes on once there is room', t => {
	const directory = temporaryFolder(t);
	// A file system of 128 KB that only this child sees.
	const script = 'mount -t tmpfs -o size=128k tmpfs "$1" && exec "$2" "$3" "$4"';
	const namespace = process.getuid?.() === 0 ? '-m' : '-Urm';
	const orders = JSON.stringify({directory, ending: 'full disk'});
	const child = spawnSync('unshare', [namespace, 'sh', '-c', script, 'sh', directory, process.execPath, program, orders], {encoding: 'utf8', timeout: 20_000});
	t.is(child.status, 0, child.stderr);
	const {droppedWhileFull, dropped, faults, combined, errors} = JSON.parse(child.stdout) as Report;
	t.true(droppedWhileFull > 0);
	t.is(dropped, droppedWhileFull);
	t.regex(faults.join('\n'), /combined\.log can not be written \(ENOSPC\)/v);
	t.regex(faults.join('\n'), /combined\.log can be written again; \d+ records are missing/v);
	t.is(faults.length, 4);

	// Every line is whole, and together with the dropped ones they are all that was logged.
	for (const line of [...combined.slice(0, -1), ...errors.slice(0, -1)]) {
		t.regex(line, /^(?:\{.*\}|.*"curl\/8\.5\.0")$/v);
	}

	const logged = 300 + 30 + 300 + 2 + 5 + 1 + 5;
	t.is(combined.length - 1 + errors.length - 1 + dropped, logged);
	t.true(combined.some(line => line.includes('room again')));
	t.is(errors.filter(line => line.includes('room again')).length, 1);
});
