import {existsSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {createDaemon} from '../../source/daemon/daemon.ts';
import {AppError} from '../../source/core/errors.ts';
import {findTarget} from '../../source/core/state.ts';
import {readRecord} from '../../source/store/record.ts';
import {settingsPlace, startRig, type Rig} from '../helpers/rig.ts';
import {startTargetProcess} from '../helpers/target-process.ts';
import {until} from '../helpers/until.ts';

const ask = async (rig: Rig, at = '/'): Promise<string> => {
	const response = await fetch(`${rig.url}${at}`);
	return response.text();
};

const bothUp = async ({client}: Rig): Promise<void> => {
	await until('both targets are up', () => ['a', 'b'].every(id => findTarget(client.getState(), id)?.health.status === 'up'));
};

const startPair = async (t: ExecutionContext, ...more: Parameters<typeof startRig> extends [unknown, unknown, ...infer Rest] ? Rest : never) => {
	const [a, b] = await Promise.all([startTargetProcess(t, 'first'), startTargetProcess(t, 'second')]);
	const rig = await startRig(t, {a: a.url, b: b.url}, ...more);
	await bothUp(rig);
	return {a, b, rig};
};

const lockOf = ({lockFile}: Rig): string => readFileSync(lockFile, 'utf8').trim();

test('sends requests to the active target, to a named one on demand, and moves when told', async t => {
	const {rig} = await startPair(t);
	t.is(await ask(rig), 'first');
	t.is(await ask(rig, '/targets/b/any/path'), 'second');
	await rig.client.run({type: 'switch', id: 'b'});
	t.is(await ask(rig), 'second');
	t.is(lockOf(rig), 'b');
});

test('moves traffic to the standby when the active target dies, and finds it again when it is back', async t => {
	const {a, rig} = await startPair(t);
	await a.signal('SIGKILL');
	t.is(await ask(rig), 'second', 'the very first request after the death is served');
	await until('the switch', () => rig.client.getState().active === 'b');
	t.is(rig.client.getState().cause, 'failover');
	t.is(lockOf(rig), 'b');
	await startTargetProcess(t, 'first again', {port: a.port});
	await until('a is up again', () => findTarget(rig.client.getState(), 'a')?.health.status === 'up');
	await rig.client.run({type: 'failback'});
	t.is(await ask(rig), 'first again');
});

test('notices a dead target without any traffic', async t => {
	const {a, rig} = await startPair(t);
	await a.signal('SIGKILL');
	await until('the switch', () => rig.client.getState().active === 'b');
	t.is(findTarget(rig.client.getState(), 'a')?.failure?.code, 'ECONNREFUSED');
});

test('answers 503 with what to do while everything is down, and recovers by itself', async t => {
	const {a, b, rig} = await startPair(t);
	await Promise.all([a.signal('SIGKILL'), b.signal('SIGKILL')]);
	await until('all are down', () => Object.values(rig.client.getState().targets).every(({health}) => health.status === 'down'));
	const response = await fetch(rig.url);
	t.is(response.status, 503);
	t.is((await response.json() as {code: string}).code, 'NO_TARGET');
	t.truthy(response.headers.get('retry-after'));
	t.is((await fetch(`${rig.url}/health`)).status, 503);
	await startTargetProcess(t, 'second again', {port: b.port});
	await until('b serves', async () => (await fetch(rig.url)).status === 200);
	t.is(await ask(rig), 'second again');
});

test('follows the lock file when another program writes it', async t => {
	const {rig} = await startPair(t);
	writeFileSync(`${rig.lockFile}.new`, 'b\n');
	renameSync(`${rig.lockFile}.new`, rig.lockFile);
	await until('the switch', () => rig.client.getState().active === 'b');
	t.is(rig.client.getState().cause, 'lockfile');
});

test('puts its own name back when another program writes an unknown one', async t => {
	const {rig} = await startPair(t);
	writeFileSync(rig.lockFile, 'nobody');
	await until('the lock file is mended', () => lockOf(rig) === 'a');
	t.is(rig.client.getState().active, 'a');
	await until('it is said', () => rig.client.getNews().some(({event}) => event.type === 'fault.noticed' && event.message.includes('"nobody"')));
});

test('resumes with the target of the lock file, and with the default when that is no target', async t => {
	const [a, b] = await Promise.all([startTargetProcess(t, 'first'), startTargetProcess(t, 'second')]);
	const place = settingsPlace(t, {a: a.url, b: b.url});
	const runWith = async (content: string): Promise<string | undefined> => {
		writeFileSync(place.lockFile, content);
		const {client, done} = await createDaemon({load: {path: place.config}, version: 'test', stateFolder: place.folder});
		const {active} = client.getState();
		t.is(readFileSync(place.lockFile, 'utf8').trim(), active ?? 'none');
		await client.run({type: 'stop', cause: 'test'});
		await done;
		return active;
	};

	t.is(await runWith('b\n'), 'b');
	t.is(await runWith('gone'), 'a');
	t.is(await runWith('\u0000\u0001'), 'a');
});

test('settings saved anew come into force at once, invalid ones change nothing and are told', async t => {
	const {a, b, rig} = await startPair(t);
	const targets = (third: string) => ({proxy: {targets: {a: {url: a.url, priority: 1}, b: {url: b.url, priority: 2}, c: {url: third, priority: 3}}, healthCheckInterval: 500}});
	rig.write(targets(b.url));
	await until('c is up', () => findTarget(rig.client.getState(), 'c')?.health.status === 'up');
	t.is(await ask(rig, '/targets/c/'), 'second');

	rig.write(targets('htps://nonsense'));
	await until('the fault is told', () => rig.client.getState().faults.length > 0);
	t.regex(rig.client.getState().faults[0] ?? '', /proxy\.targets\.c\.url/v);
	t.is(await ask(rig, '/targets/c/'), 'second', 'the old settings stay');

	rig.write(targets(a.url));
	await until('the fault is gone', () => rig.client.getState().faults.length === 0);
	await until('c is the first server now', async () => await ask(rig, '/targets/c/') === 'first');
	t.is(rig.client.getState().active, 'a');
});

test('a reload that takes the active target away moves to the default', async t => {
	const {b, rig} = await startPair(t);
	rig.write({proxy: {targets: {b: {url: b.url, priority: 2}}}});
	await until('the switch', () => rig.client.getState().active === 'b');
	t.is(await ask(rig), 'second');
	t.is((await fetch(`${rig.url}/targets/a/`)).status, 404);
});

test('of two daemons at one port the second is refused and touches nothing', async t => {
	const {rig} = await startPair(t);
	await rig.client.run({type: 'switch', id: 'b'});
	const other = settingsPlace(t, {x: 'http://127.0.0.1:1'}, {server: {port: Number(new URL(rig.url).port)}});
	const error = await t.throwsAsync(createDaemon({load: {path: other.config}, version: 'test', stateFolder: rig.folder}), {instanceOf: AppError});
	t.is(error.code, 'ADDRESS_IN_USE');
	t.false(existsSync(other.lockFile));
	t.is(readRecord(Number(new URL(rig.url).port), rig.folder)?.url, rig.url);
	t.is(await ask(rig), 'second');
});

test('leaves a record while it runs and takes it away when it stops', async t => {
	const {rig} = await startPair(t);
	const port = Number(new URL(rig.url).port);
	t.is(readRecord(port, rig.folder)?.pid, process.pid);
	await rig.client.run({type: 'stop', cause: 'test'});
	await rig.done;
	t.is(readRecord(port, rig.folder), undefined);
});

test('a stop lets the request in flight finish and then takes no more', async t => {
	const slow = await startTargetProcess(t, 'slow answer', {delay: 1500});
	const rig = await startRig(t, {a: slow.url});
	await until('it is up', () => findTarget(rig.client.getState(), 'a')?.health.status === 'up');
	const answer = ask(rig);
	await until('the request is in flight', () => findTarget(rig.client.getState(), 'a')?.traffic.inFlight === 1);
	await rig.client.run({type: 'stop', cause: 'test'});
	t.is(await answer, 'slow answer');
	await rig.done;
	await t.throwsAsync(fetch(rig.url));
});

test('everything that happened is in the logs', async t => {
	const {a, rig} = await startPair(t);
	await ask(rig, '/some/path?token=SECRET-VALUE');
	await a.signal('SIGKILL');
	await until('the switch', () => rig.client.getState().active === 'b');
	await rig.client.run({type: 'stop', cause: 'test'});
	await rig.done;
	const combined = readFileSync(path.join(rig.logs, 'combined.log'), 'utf8');
	t.regex(combined, /failover: a → b/v);
	t.regex(combined, /"GET \/some\/path/v);
	t.false(combined.includes('SECRET-VALUE'));
	const errors = readFileSync(path.join(rig.logs, 'error.log'), 'utf8').trim().split('\n').map(line => JSON.parse(line) as {level: number | string; msg: string});
	t.true(errors.some(({msg}) => msg.includes('a is down')));
});
