import process from 'node:process';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {findTarget} from '../../source/core/state.ts';
import {callOf, openRaw, textOf, untilHeard, type RawClient, type RawReply} from '../helpers/mcp-raw.ts';
import {startRig, type Rig} from '../helpers/rig.ts';
import {until} from '../helpers/until.ts';

/*
One program for all sessions (`children.mode: shared`). Clients count their requests from 0, each its own, and so does the program.
*/

const program = fileURLToPath(new URL('../helpers/stdio-shared-server.js', import.meta.url));

type Json = Readonly<Record<string, unknown>>;

const start = async (t: ExecutionContext): Promise<Rig> => {
	const rig = await startRig(t, {a: {command: [process.execPath, program], children: {mode: 'shared'}}});
	await until('it is up, and its catalogue read', () => findTarget(rig.client.getState(), 'a')?.catalogue);
	return rig;
};

type Sharer = RawClient & Readonly<{stream: RawReply}>;

/** A client that listens and can be asked for samples. */
const join = async (t: ExecutionContext, rig: Rig, version?: string): Promise<Sharer> => {
	const client = await openRaw(t, `${rig.url}/mcp`, {capabilities: {sampling: {}, roots: {}}, ...(version !== undefined && {version})});
	return {...client, stream: await client.listen()};
};

const joinTwo = async (t: ExecutionContext): Promise<{rig: Rig; one: Sharer; two: Sharer}> => {
	const rig = await start(t);
	return {rig, one: await join(t, rig), two: await join(t, rig)};
};

const who = async (client: RawClient): Promise<{pid: number; told: string[]}> => JSON.parse(textOf(await client.ask('tools/call', {name: 'who', arguments: {}})) ?? '') as {pid: number; told: string[]};

const methodsOf = (reply: RawReply): unknown[] => reply.messages().map(({method}) => method);

const tell = async (client: RawClient, ...notifications: Json[]): Promise<void> => {
	await client.ask('tools/call', {name: 'tell', arguments: {notifications}});
};

/** A notice that everybody gets, so that whoever has it has all before it. */
const mark = {method: 'notifications/tools/list_changed'};

test('clients share one process, which is greeted once', async t => {
	const {one, two} = await joinTwo(t);
	const [first, second] = [await who(one), await who(two)];
	t.is(first.pid, second.pid);
	t.is(second.told.filter(word => word === 'initialized').length, 1);
	t.like(one.result, {protocolVersion: '2025-11-25', serverInfo: {name: 'shared'}});
});

test('a client of an older version is answered in that', async t => {
	const rig = await start(t);
	await join(t, rig);
	const old = await join(t, rig, '2025-03-26');
	t.is(old.result.protocolVersion, '2025-03-26');
	t.truthy(await who(old));
});

test('calls under the same id get their own answers, and their own progress under the same token', async t => {
	const {one, two} = await joinTwo(t);
	const token = {progressToken: 0};
	const calls = [await one.send(callOf(7, 'hold', {text: 'one'}, token)), await two.send(callOf(7, 'hold', {text: 'two'}, token))];
	await Promise.all(calls.map(async call => untilHeard(call, 'notifications/progress')));
	await one.ask('tools/call', {name: 'release', arguments: {}});
	for (const [index, call] of calls.entries()) {
		const messages = await call.whole(); // eslint-disable-line no-await-in-loop
		t.deepEqual(messages.slice(0, -1).map(({params}) => params), [{progressToken: 0, progress: 1}, {progressToken: 0, progress: 2}]);
		t.is(messages.at(-1)?.id, 7);
		t.is(textOf(messages.at(-1)), `held "${['one', 'two'][index] ?? ''}"`);
	}
});

test('what one client cancels goes on for the other', async t => {
	const {one, two} = await joinTwo(t);
	const calls = [await one.send(callOf(7, 'hold', {text: 'one'}, {progressToken: 0})), await two.send(callOf(7, 'hold', {text: 'two'}, {progressToken: 0}))];
	await Promise.all(calls.map(async call => untilHeard(call, 'notifications/progress')));
	await two.send({jsonrpc: '2.0', method: 'notifications/cancelled', params: {requestId: 7}});
	await two.send({jsonrpc: '2.0', method: 'notifications/cancelled', params: {requestId: 8}});
	await until('it is told', async () => (await who(one)).told.some(word => word.startsWith('cancelled')));
	t.is((await who(one)).told.filter(word => word.startsWith('cancelled')).length, 1, 'once, and not of a call that is none');
	await one.ask('tools/call', {name: 'release', arguments: {}});
	t.is(textOf((await calls[0]?.whole())?.at(-1)), 'held "one"');
});

test('the process’s questions go to whoever called, and the answers back under its own ids', async t => {
	const {one, two} = await joinTwo(t);
	const answer = async (client: RawClient, call: RawReply, text: string): Promise<void> => {
		const question = await untilHeard(call, 'sampling/createMessage');
		await client.send({jsonrpc: '2.0', id: question.id, result: {text}});
	};

	const first = await one.send(callOf(7, 'ask'));
	await untilHeard(first, 'sampling/createMessage');
	const second = await two.send(callOf(7, 'ask'));
	await answer(two, second, 'two');
	await answer(one, first, 'one');
	t.is(textOf((await first.whole()).at(-1)), '0 was told {"text":"one"}');
	t.is(textOf((await second.whole()).at(-1)), '1 was told {"text":"two"}');
	t.false(methodsOf(one.stream).includes('sampling/createMessage'));
});

test('a question outside of any call goes to the last caller that listens, and to no other', async t => {
	const {one, two} = await joinTwo(t);
	await two.ask('tools/call', {name: 'ask-anybody', arguments: {}});
	const question = await untilHeard(two.stream, 'sampling/createMessage');
	t.false(methodsOf(one.stream).includes('sampling/createMessage'));
	// Somebody else's call is under way when it is taken back.
	await one.ask('tools/call', {name: 'take-back', arguments: {}});
	const taken = await untilHeard(two.stream, 'notifications/cancelled');
	t.is((taken.params as Json).requestId, question.id);
	t.false(methodsOf(one.stream).includes('notifications/cancelled'));
});

test('a question of a client that leaves is answered for it', async t => {
	const {one, two} = await joinTwo(t);
	await two.ask('tools/call', {name: 'ask-anybody', arguments: {}});
	await untilHeard(two.stream, 'sampling/createMessage');
	await two.end();
	const said = await until('it is answered', async () => (await who(one)).told.find(word => word.startsWith('anybody')));
	t.true(said.includes('-32601'));
});

test('changed lists are told to everybody, log messages to those that want them', async t => {
	const {one, two} = await joinTwo(t);
	await one.ask('logging/setLevel', {level: 'error'});
	await two.ask('logging/setLevel', {level: 'info'});
	const {told} = await who(one);
	t.deepEqual(told.filter(word => word.startsWith('level')), ['level error', 'level info'], 'it says as much as the one that wants most');
	await one.ask('logging/setLevel', {level: 'critical'});
	t.is((await who(one)).told.at(-1), 'level info');
	const log = (level: string) => ({method: 'notifications/message', params: {level, data: level}});
	await tell(one, log('debug'), log('info'), log('critical'), mark);
	const levels = (client: Sharer): unknown[] => client.stream.messages().filter(({method}) => method === 'notifications/message').map(({params}) => (params as Json).level);
	await Promise.all([one, two].map(async ({stream}) => untilHeard(stream, mark.method)));
	t.deepEqual(levels(one), ['critical']);
	t.deepEqual(levels(two), ['info', 'critical']);
});

test('a subscription lasts as long as somebody has it, and is told to those that do', async t => {
	const {one, two} = await joinTwo(t);
	await one.ask('resources/subscribe', {uri: 'test://x'});
	await two.ask('resources/subscribe', {uri: 'test://x'});
	t.deepEqual((await one.ask('resources/unsubscribe', {uri: 'test://x'})).result, {});
	const updated = {method: 'notifications/resources/updated', params: {uri: 'test://x'}};
	await tell(one, updated, mark);
	await Promise.all([one, two].map(async ({stream}) => untilHeard(stream, mark.method)));
	t.deepEqual(methodsOf(one.stream), [mark.method]);
	t.deepEqual(methodsOf(two.stream), [updated.method, mark.method]);
	t.false((await who(one)).told.includes('unsubscribe test://x'));
	await two.end();
	await until('the last one has left', async () => (await who(one)).told.includes('unsubscribe test://x'));
});

test('the process ends: each call gets an answer of its own, and all sessions go on at the next one', async t => {
	const {rig, one, two} = await joinTwo(t);
	const {pid} = await who(one);
	await one.ask('resources/subscribe', {uri: 'test://x'});
	const held = await one.send(callOf(7, 'hold', {text: 'one'}, {progressToken: 0}));
	await untilHeard(held, 'notifications/progress');
	await two.send(callOf(7, 'die'));
	const last = (await held.whole()).at(-1);
	t.is(last?.id, 7);
	t.like(last?.error, {code: -32_000, data: {outcome: 'unknown', retryable: false}});
	const [first, second] = await Promise.all([who(one), who(two)]);
	t.not(first.pid, pid);
	t.is(first.pid, second.pid);
	t.true((await who(one)).told.includes('subscribe test://x'));
	await tell(two, {method: 'notifications/resources/updated', params: {uri: 'test://x'}});
	await untilHeard(one.stream, 'notifications/resources/updated');
	t.is(findTarget(rig.client.getState(), 'a')?.health.status, 'up');
});

test('two dozen clients at once, each with its own answers', async t => {
	const rig = await start(t);
	const clients = await Promise.all(Array.from({length: 24}, async () => join(t, rig)));
	const answers = await Promise.all(clients.map(async (client, index) => {
		const reply = await client.send(callOf(1, 'hold', {text: String(index)}, {progressToken: 'p'}));
		await untilHeard(reply, 'notifications/progress');
		return reply;
	}));
	await clients[0]?.ask('tools/call', {name: 'release', arguments: {}});
	const texts = await Promise.all(answers.map(async reply => textOf((await reply.whole()).at(-1))));
	t.deepEqual(texts, clients.map((_, index) => `held "${index}"`));
});
