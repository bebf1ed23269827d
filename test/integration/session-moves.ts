import test, {type ExecutionContext} from 'ava';
import {callOf, openRaw, textOf, untilHeard} from '../helpers/mcp-raw.ts';
import {startMcpTarget, untilSessions, type McpTargetOptions} from '../helpers/mcp-target.ts';
import {startRig, type Rig} from '../helpers/rig.ts';
import {findTarget} from '../../source/core/state.ts';
import {until} from '../helpers/until.ts';

const token = {progressToken: 'p'};

const start = async (t: ExecutionContext, more: Parameters<typeof startRig>[2] = {}, second: McpTargetOptions = {}) => {
	const [a, b] = await Promise.all([startMcpTarget(t, 'a'), startMcpTarget(t, 'b', second)]);
	const rig = await startRig(t, {a: a.url, b: b.url}, more);
	await untilUp(rig);
	return {a, b, rig, url: `${rig.url}/mcp`};
};

const untilUp = async ({client}: Rig, ...ids: string[]): Promise<void> => {
	await until('both are up', () => (ids.length > 0 ? ids : ['a', 'b']).every(id => findTarget(client.getState(), id)?.health.status === 'up'));
};

test('drain: after a switch a call ends where it began, the next goes to the new target, and the old session is closed', async t => {
	const {a, rig, url} = await start(t, {sessions: {warmStandby: false}});
	const client = await openRaw(t, url);
	const slow = await client.send(callOf(1, 'slow-write', {text: 'x', steps: 1}, token));
	await untilHeard(slow, 'notifications/progress');
	await rig.client.run({type: 'switch', id: 'b'});
	t.is(textOf(await client.ask('tools/call', {name: 'read', arguments: {}})), 'b read ');
	await a.control('release');
	t.is(textOf((await slow.whole()).at(-1)), 'a wrote x');
	await untilSessions(a, 0);
});

test('cut: a switch replays what may be replayed at once and ends the rest with an error', async t => {
	const {a, b, rig, url} = await start(t, {sessions: {switch: 'cut'}});
	const client = await openRaw(t, url);
	await client.ask('tools/list');
	const [read, write] = [await client.send(callOf(1, 'slow-read', {text: 'r', steps: 1}, {progressToken: 'r'})), await client.send(callOf(2, 'slow-write', {text: 'w', steps: 1}, token))];
	await untilHeard(read, 'notifications/progress');
	await untilHeard(write, 'notifications/progress');
	await rig.client.run({type: 'switch', id: 'b'});
	const error = (await write.whole()).find(message => 'error' in message);
	t.deepEqual((error?.error as {data: unknown}).data, {outcome: 'unknown', retryable: false});
	await b.untilExecuted('slow-read');
	await b.control('release');
	t.is(textOf((await read.whole()).at(-1)), 'b read r');
	t.is(findTarget(rig.client.getState(), 'a')?.health.status, 'up', 'the switch is nobody’s fault');
	t.is([...a.executed(), ...b.executed()].filter(line => line.includes('slow-write')).length, 1);
});

test('new-only: sessions stay where they are while that target is up', async t => {
	const {a, rig, url} = await start(t, {sessions: {switch: 'new-only'}});
	const client = await openRaw(t, url);
	await rig.client.run({type: 'switch', id: 'b'});
	t.is(textOf(await client.ask('tools/call', {name: 'read', arguments: {}})), 'a read ');
	const newer = await openRaw(t, url);
	t.is(textOf(await newer.ask('tools/call', {name: 'read', arguments: {}})), 'b read ');
	await a.signal('SIGKILL');
	t.is(textOf(await client.ask('tools/call', {name: 'read', arguments: {}})), 'b read ');
});

test('a session in use has one ready at the next target, and takes it over without a handshake', async t => {
	const {a, b, url} = await start(t);
	const client = await openRaw(t, url);
	await client.ask('logging/setLevel', {level: 'warning'});
	const clientsOf = async () => (await b.control('state')).sessions.filter(({level}) => level === 'warning');
	const ready = await until('it is ready', async () => (await clientsOf())[0]);
	await a.signal('SIGKILL');
	t.is(textOf(await client.ask('tools/call', {name: 'read', arguments: {}})), 'b read ');
	t.deepEqual(await clientsOf(), [ready]);
});

test('a client is told to read its lists anew when the next target offers others, and only then', async t => {
	const {rig, url} = await start(t, {}, {tools: ['extra']});
	await until('the catalogues are known', () => ['a', 'b'].every(id => findTarget(rig.client.getState(), id)?.catalogue));
	const client = await openRaw(t, url);
	const stream = await client.listen();
	await rig.client.run({type: 'switch', id: 'b'});
	t.truthy(await untilHeard(stream, 'notifications/tools/list_changed'));
});

test('between targets that offer the same nobody is told anything', async t => {
	const {a, b, rig, url} = await start(t);
	await until('the catalogues are known', () => ['a', 'b'].every(id => findTarget(rig.client.getState(), id)?.catalogue));
	const client = await openRaw(t, url);
	const stream = await client.listen();
	await rig.client.run({type: 'switch', id: 'b'});
	await client.ask('ping');
	await until('it is heard at b', async () => {
		await Promise.all([a.control('log?text=x'), b.control('log?text=x')]);
		return stream.messages().some(({method}) => method === 'notifications/message');
	});
	t.false(stream.messages().some(({method}) => String(method).endsWith('list_changed')));
});

test.serial('both down: a list waits for its few seconds, a call for longer, and both get errors that say what happened', async t => {
	const {a, b, rig, url} = await start(t, {sessions: {hold: 900, listHold: 300}});
	await until('both are up', () => ['a', 'b'].every(id => findTarget(rig.client.getState(), id)?.health.status === 'up'));
	const client = await openRaw(t, url);
	await Promise.all([a.signal('SIGKILL'), b.signal('SIGKILL')]);
	const begin = performance.now();
	const list = await client.ask('tools/list');
	const listTime = performance.now() - begin;
	const call = await client.ask('tools/call', {name: 'write', arguments: {}});
	t.deepEqual((list.error as {data: unknown}).data, {outcome: 'not-run', retryable: true});
	t.deepEqual((call.error as {data: unknown}).data, {outcome: 'not-run', retryable: true});
	t.true(listTime >= 290);
	t.true(performance.now() - begin - listTime >= 890);
	await b.restart();
	await until('b is up', () => findTarget(rig.client.getState(), 'b')?.health.status === 'up');
	t.is(textOf(await client.ask('tools/call', {name: 'read', arguments: {}})), 'b read ');
});

test('at a target that hangs a call that may be is moved, a write is told that nobody knows, and late answers count for nothing', async t => {
	const {a, b, rig, url} = await start(t, {proxy: {healthCheckInterval: 600_000, silence: {after: 100, limit: 100}}});
	const client = await openRaw(t, url);
	await client.ask('tools/list');
	const [read, write] = [await client.send(callOf(1, 'slow-read', {text: 'r', steps: 1}, {progressToken: 'r'})), await client.send(callOf(2, 'slow-write', {text: 'w', steps: 1}, token))];
	await untilHeard(read, 'notifications/progress');
	await untilHeard(write, 'notifications/progress');
	await a.signal('SIGSTOP');
	const [, answer] = await write.whole();
	t.like(answer, {id: 2, error: {code: -32_000, data: {outcome: 'unknown', retryable: false}}});
	t.is(rig.client.getState().active, 'b');
	t.regex(rig.client.getState().detail, /a is DOWN: silent for \d+ ms, and its probe did not answer in \d+ ms/v);
	await b.untilExecuted('slow-read');
	await a.signal('SIGCONT');
	await a.control('release');
	await b.control('release');
	const messages = await read.whole();
	t.is(textOf(messages.at(-1)), 'b read r');
	t.deepEqual(messages.filter(({method}) => method === 'notifications/progress').map(({params}) => (params as {progress: number}).progress), [1], 'no step twice');
	t.deepEqual([...a.executed(), ...b.executed()].filter(line => line.includes('slow-write')), ['a slow-write w']);
});

test('a handshake at a target that hangs goes to the next one', async t => {
	const {a, rig, url} = await start(t, {proxy: {healthCheckInterval: 600_000, silence: {after: 100, limit: 100}}, sessions: {warmStandby: false}});
	await a.signal('SIGSTOP');
	const client = await openRaw(t, url);
	t.is(textOf(await client.ask('tools/call', {name: 'write', arguments: {text: 'x'}})), 'b wrote x');
	t.is(rig.client.getState().active, 'b');
});

test('a call that is silent for long at a target that answers its probes stays there', async t => {
	const {a, rig, url} = await start(t, {proxy: {healthCheckInterval: 600_000, silence: {after: 20, limit: 2000}}});
	const client = await openRaw(t, url);
	const slow = await client.send(callOf(1, 'slow-write', {text: 'x', steps: 1}, token));
	await untilHeard(slow, 'notifications/progress');
	const probes = (): number => findTarget(rig.client.getState(), 'a')?.probes.length ?? 0;
	const before = probes();
	await until('it has been asked whether it is alive again and again', () => probes() >= before + 4);
	await a.control('release');
	t.is(textOf((await slow.whole()).at(-1)), 'a wrote x');
	t.is(rig.client.getState().active, 'a');
});

test('a session that its target forgot is opened anew, and even a write is sent again: it was never looked at', async t => {
	const {a, url} = await start(t);
	const client = await openRaw(t, url);
	const stream = await client.listen();
	await client.ask('resources/subscribe', {uri: 'test://note'});
	await a.control('forget');
	t.is(textOf(await client.ask('tools/call', {name: 'write', arguments: {text: 'x'}})), 'a wrote x');
	t.deepEqual(a.executed(), ['a write x']);
	await until('the subscription is back', async () => {
		await a.control('update');
		return stream.messages().some(({method}) => method === 'notifications/resources/updated');
	});
});

test('a hundred sessions are moved by one death, each with its level and its stream', async t => {
	const {a, b, url} = await start(t);
	const clients = await Promise.all(Array.from({length: 100}, async () => openRaw(t, url)));
	await Promise.all(clients.map(async client => client.ask('logging/setLevel', {level: 'warning'})));
	await a.signal('SIGKILL');
	const answers = await Promise.all(clients.map(async client => client.ask('tools/call', {name: 'read', arguments: {}})));
	t.true(answers.every(answer => textOf(answer) === 'b read '));
	await until('each has one session there', async () => {
		const {sessions} = await b.control('state');
		return sessions.filter(({level}) => level === 'warning').length === 100;
	});
});

test('what the next target can not do is told in its name', async t => {
	const {a, rig, url} = await start(t, {}, {isBare: true});
	const client = await openRaw(t, url);
	await rig.client.run({type: 'switch', id: 'b'});
	const {error} = await client.ask('prompts/list') as {error: {code: number; message: string}};
	t.is(error.code, -32_601);
	t.regex(error.message, /"b"/v);
	await rig.client.run({type: 'switch', id: 'a'});
	t.truthy((await client.ask('prompts/list')).result);
	t.truthy(a);
});

test('the very first call of a fresh session is replayed when its target dies, if its tool only reads', async t => {
	const {a, b, rig, url} = await start(t);
	await until('the catalogue is known', () => findTarget(rig.client.getState(), 'a')?.catalogue);
	const client = await openRaw(t, url);
	const slow = await client.send(callOf(1, 'slow-read', {text: 'x', steps: 1}, token));
	await untilHeard(slow, 'notifications/progress');
	await a.signal('SIGKILL');
	await b.untilExecuted('slow-read');
	await b.control('release');
	t.is(textOf((await slow.whole()).at(-1)), 'b read x');
});

test('so is one at a target that nobody has looked at, whose tools are asked what they are before the call', async t => {
	const a = await startMcpTarget(t, 'a');
	const rig = await startRig(t, {a: a.url});
	await rig.client.run({type: 'admin', id: 'a', admin: 'maintenance', isForced: true}); // Not probed, but there under its name.
	const client = await openRaw(t, `${rig.url}/targets/a/mcp`);
	const slow = await client.send(callOf(1, 'slow-read', {text: 'x', steps: 1}, token));
	await untilHeard(slow, 'notifications/progress');
	await a.restart();
	await a.untilExecuted('slow-read', 2);
	await a.control('release');
	t.is(textOf((await slow.whole()).at(-1)), 'a read x');
});
