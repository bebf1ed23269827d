import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {Event} from '../../source/core/event.ts';
import {findTarget, type TargetState} from '../../source/core/state.ts';
import {isAnswered} from '../../source/probe/attempt.ts';
import {temporaryFolder} from '../helpers/folder.ts';
import {startRig, type Rig} from '../helpers/rig.ts';
import {startTargetProcess, type TargetProcess} from '../helpers/target-process.ts';
import {until} from '../helpers/until.ts';

type Options = Readonly<{ids?: readonly string[]; delay?: number; proxy?: Readonly<Record<string, unknown>>; server?: Readonly<Record<string, unknown>>}>;

type Scene = Readonly<{rig: Rig; targets: readonly TargetProcess[]; events: () => Event[]; posted: () => string[]; see: (id: string) => TargetState | undefined}>;

/** Targets that are probed when there is a reason and not in between: what is found out is found by silence. */
const start = async (t: ExecutionContext, {ids = ['a', 'b'], delay = 0, proxy = {}, server = {}}: Options = {}): Promise<Scene> => {
	const journal = path.join(temporaryFolder(t), 'journal');
	const targets = await Promise.all(ids.map(async id => startTargetProcess(t, id, {journal, delay})));
	const rig = await startRig(t, Object.fromEntries(targets.map(({url}, index) => [ids[index] ?? '', url])), {proxy: {healthCheckInterval: 600_000, probe: {fastInterval: 600_000, downInterval: 50}, silence: {limit: 150}, ...proxy}, server});
	const see = (id: string): TargetState | undefined => findTarget(rig.client.getState(), id);
	await until('all are up', () => ids.every(id => see(id)?.health.status === 'up'));
	return {rig, targets, see, events: () => rig.client.getNews().map(({event}) => event), posted: () => existsSync(journal) ? readFileSync(journal, 'utf8').trim().split('\n') : []};
};

type Answer = Readonly<{status: number; text: string; code: string | undefined; ms: number}>;

const ask = async ({rig}: Scene, method: string, body?: string): Promise<Answer> => {
	const startedAt = performance.now();
	const response = await fetch(`${rig.url}/work`, {method, ...(body !== undefined && {body})});
	const text = await response.text();
	return {status: response.status, text, code: /"code":"(\w+)"/v.exec(text)?.[1], ms: performance.now() - startedAt};
};

const silences = ({events}: Scene): Event[] => events().filter(event => event.type === 'target.down' && event.code === 'SILENT');

test.serial('a target that hangs is left at once: GETs move, POSTs are told, and none is delivered twice', async t => {
	const scene = await start(t);
	const {rig, targets: [a], posted, see} = scene;
	await a?.signal('SIGSTOP');
	const gets = Array.from({length: 8}, async () => ask(scene, 'GET'));
	const posts = Array.from({length: 8}, async (_, index) => ask(scene, 'POST', `post-${index}`));
	const answers = await Promise.all(gets);
	t.deepEqual(answers.map(({status, text}) => `${status} ${text}`), Array.from({length: 8}, () => '200 b'));
	for (const {status, code, text, ms} of await Promise.all(posts)) {
		t.is(status, 504);
		t.is(code, 'TARGET_TIMEOUT');
		t.regex(text, /"a\W+did not answer, and was given up: it is down: silent for \d+ ms, and its probe did not answer in \d+ ms/v);
		t.true(ms < 5000, 'far from any timeout (350 ms on an idle machine)');
	}

	t.is(silences(scene).length, 1);
	t.is(rig.client.getState().active, 'b');
	t.is(rig.client.getState().cause, 'failover');

	await a?.signal('SIGCONT');
	await until('it is up again', () => see('a')?.health.status === 'up');
	t.is(rig.client.getState().active, 'b', 'as after any failover');
	t.is((await ask(scene, 'POST', 'after')).text, 'b');
	t.is(new Set(posted()).size, posted().length);
});

test.serial('several workers find it out each for itself, and move what each has in flight', async t => {
	const scene = await start(t, {server: {workers: 2}});
	await scene.targets[0]?.signal('SIGSTOP');
	const answers = await Promise.all(Array.from({length: 24}, async (_, index) => ask(scene, index % 2 === 0 ? 'GET' : 'POST', index % 2 === 0 ? undefined : `post-${index}`)));
	for (const [index, {status, text}] of answers.entries()) {
		t.true(index % 2 === 0 ? text === 'b' : status === 504 || text === 'b', text);
	}

	t.is(silences(scene).length, 1);
});

test.serial('a target that was only busy is given the time it needs from then on', async t => {
	const scene = await start(t);
	const {rig, targets: [a], events, see} = scene;
	await a?.signal('SIGSTOP');
	t.is((await ask(scene, 'GET')).text, 'b');
	await a?.signal('SIGCONT');
	const [, unit, digits] = await until('it is said', () => {
		const said = events().flatMap(event => event.type === 'fault.noticed' && event.room === 'silence' ? [event.message] : []);
		return /^a was busy for .*, not gone: from now on it is looked at only when it has been silent for (?:(?<seconds>[\d.]+)s|(?<ms>\d+)ms)$/v.exec(said[0] ?? '');
	});
	const patience = unit === undefined ? Number(digits) : Number(unit) * 1000;
	await until('it is up again', () => see('a')?.health.status === 'up');

	await rig.client.run({type: 'switch', id: 'a'});
	await a?.signal('SIGSTOP');
	t.is((await ask(scene, 'GET')).text, 'b');
	const [, silence] = /silent for (\d+) ms/v.exec(rig.client.getState().detail) ?? [];
	t.true(Number(silence) >= patience - 10, `${silence} ms, not ${patience}`);
	await a?.signal('SIGCONT');
});

test.serial('a request may take as long as it likes while its target answers probes, which are few', async t => {
	const scene = await start(t, {delay: 1500, proxy: {silence: {after: 50, limit: 2000}}});
	const answers = await Promise.all([ask(scene, 'GET'), ask(scene, 'POST', 'x')]);
	t.deepEqual(answers.map(({text}) => text), ['a', 'a']);
	const probes = scene.see('a')?.probes.length ?? 0;
	t.true(probes > 1 && probes <= 7, `${probes} probes`);
	t.deepEqual(silences(scene), []);
	t.is(scene.rig.client.getState().active, 'a');
});

test.serial('silence alone never takes the only target down; it is probed as usual, and waited for', async t => {
	const scene = await start(t, {ids: ['a'], proxy: {probe: {timeout: 200, fastInterval: 600_000}}});
	const {targets: [a], events, see} = scene;
	await a?.signal('SIGSTOP');
	const answer = ask(scene, 'POST', 'x');
	await until('its usual probe failed', () => events().some(({type}) => type === 'probe.failed'));
	t.is(see('a')?.health.status, 'up');
	await a?.signal('SIGCONT');
	t.is((await answer).text, 'a');
	t.deepEqual(silences(scene), []);
});

test.serial('when the next target is silent too it may be the network: nobody is taken down by silence', async t => {
	const scene = await start(t, {proxy: {probe: {timeout: 200, fastInterval: 600_000}}});
	const {targets, events} = scene;
	await Promise.all(targets.map(async target => target.signal('SIGSTOP')));
	const answer = ask(scene, 'POST', 'x');
	await until('both failed a usual probe', () => new Set(events().flatMap(event => event.type === 'probe.failed' ? [event.id] : [])).size === 2);
	await Promise.all(targets.map(async target => target.signal('SIGCONT')));
	t.is((await answer).text, 'a');
	t.deepEqual(silences(scene), []);
});

test.serial('when our own thread was asleep, a target that has not answered meanwhile is not blamed', async t => {
	const alive = setInterval(() => undefined, 1000); // The verdict's own timer keeps no process alive.
	t.teardown(() => {
		clearInterval(alive);
	});
	const {promise, resolve} = Promise.withResolvers<undefined>();
	const running = {stop: new AbortController(), startedAt: performance.now(), result: promise};
	const verdict = isAnswered(running, 20);
	const end = performance.now() + 200;
	while (performance.now() < end) {
		// As a suspended process, or one that is starved.
	}

	t.is(await verdict, undefined);
	t.false(await isAnswered({...running, startedAt: performance.now()}, 20));
	resolve(undefined);
});

test.serial('nothing is looked for where the settings say so', async t => {
	const scene = await start(t, {delay: 500, proxy: {silence: {after: 0}}});
	t.is((await ask(scene, 'GET')).text, 'a');
	t.is(scene.see('a')?.probes.length, 1);
});
