import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import {WebSocket} from 'ws';
import {startLoad} from '../helpers/load.ts';
import {settingsPlace} from '../helpers/rig.ts';
import {startTargetProcess} from '../helpers/target-process.ts';
import {until} from '../helpers/until.ts';

const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));
const run = promisify(execFile);

test('kill -9 of the active target under 200 requests a second costs no GET and only the POSTs in flight on it, and all surfaces agree', async t => {
	const place = settingsPlace(t, {}, {});
	const journals = {a: path.join(place.folder, 'a.journal'), b: path.join(place.folder, 'b.journal')};
	const [a, b] = await Promise.all([
		startTargetProcess(t, 'a', {journal: journals.a, delay: 20}),
		startTargetProcess(t, 'b', {journal: journals.b, delay: 20}),
	]);
	place.write({proxy: {targets: {a: {url: a.url, priority: 1}, b: {url: b.url, priority: 2}}}});
	const env = {...process.env, XDG_STATE_HOME: place.folder};
	const daemon = spawn(process.execPath, [cli, 'start', '--config', place.config], {env, stdio: ['ignore', 'pipe', 'pipe']});
	const exited = once(daemon, 'exit');
	t.teardown(async () => {
		daemon.kill('SIGKILL');
		await exited;
	});
	let said = '';
	daemon.stderr.on('data', chunk => {
		said += String(chunk);
	});
	const url = await until('it says where it listens', () => /listens on (http:\S+)/v.exec(said)?.[1]);
	await until('both are up', async () => {
		const {systems} = await (await fetch(`${url}/health`)).json() as {systems: Record<string, {isHealthy: boolean}>};
		return Object.values(systems).every(({isHealthy}) => isHealthy);
	});

	const changes: Array<{activeSystem: string; reason: string}> = [];
	const feed = new WebSocket(`${url.replace('http', 'ws')}/ws`);
	t.teardown(() => {
		feed.terminate();
	});
	feed.on('message', data => {
		const frame = JSON.parse((data as Buffer).toString()) as {type: string; activeSystem: string; reason: string};
		if (frame.type === 'system-change') {
			changes.push(frame);
		}
	});
	await once(feed, 'open');

	const load = startLoad(url, 200);
	t.teardown(async () => {
		await load.stop();
	});
	await until('the load runs', () => load.outcomes.length >= 200);
	const killedAt = performance.now();
	await a.signal('SIGKILL');
	const switched = await until('every surface says b', async () => {
		const lock = readFileSync(place.lockFile, 'utf8').trim();
		const log = readFileSync(path.join(place.logs, 'combined.log'), 'utf8');
		const status = await (await fetch(`${url}/api/proxy/status`)).json() as {activeSystem: string};
		const page = await (await fetch(`${url}/ui`)).text();
		return lock === 'b' && status.activeSystem === 'b' && changes.some(({activeSystem, reason}) => activeSystem === 'b' && reason === 'failover')
			&& log.includes('failover: a → b') && page.includes('"active":"b"')
			? performance.now()
			: undefined;
	});
	const {stdout} = await run(process.execPath, [cli, 'status', '--json', '--daemon', url], {env});
	t.is((JSON.parse(stdout) as {activeSystem: string}).activeSystem, 'b');

	await until('b serves for a while', () => load.outcomes.filter(({endedAt}) => endedAt > switched).length >= 100);
	const outcomes = await load.stop();
	const failedGets = outcomes.filter(({method, status}) => method === 'GET' && status !== 200);
	t.deepEqual(failedGets, []);
	const failedPosts = outcomes.filter(({method, status}) => method === 'POST' && status !== 200);
	for (const post of failedPosts) {
		t.true(post.startedAt < killedAt + 50 && post.endedAt > killedAt, 'it was in flight on the target that died');
		t.is(post.status, 502);
		t.true(['TARGET_BROKE', 'TARGET_REFUSED'].includes((JSON.parse(post.body) as {code: string}).code));
	}

	const delivered = Object.values(journals).flatMap(file => readFileSync(file, 'utf8').trim().split('\n'));
	t.is(new Set(delivered).size, delivered.length, 'no POST was delivered twice');
	const answered = outcomes.filter(({method, status}) => method === 'POST' && status === 200).map(({id}) => String(id));
	t.deepEqual(answered.filter(id => !delivered.includes(id)), [], 'every POST that was answered was delivered');
});
