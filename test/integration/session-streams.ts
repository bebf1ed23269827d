import {readFileSync} from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {officialClients} from '../helpers/mcp-client.ts';
import {callOf, openRaw, textOf, untilHeard} from '../helpers/mcp-raw.ts';
import {startMcpTarget, type McpTargetOptions} from '../helpers/mcp-target.ts';
import {startRig} from '../helpers/rig.ts';
import {until} from '../helpers/until.ts';

const [[, connectOfficial]] = officialClients as [typeof officialClients[number]];

const start = async (t: ExecutionContext, options?: McpTargetOptions) => {
	const target = await startMcpTarget(t, 'a', options);
	const rig = await startRig(t, {a: target.url});
	return {target, rig, url: `${rig.url}/mcp`};
};

const token = {progressToken: 'p'};

test('an answer that comes alone and in JSON is passed on as JSON, byte for byte; one from a stream is a stream', async t => {
	const {url} = await start(t, {isJson: true});
	const client = await openRaw(t, url);
	const reply = await client.send(callOf(1, 'read', {text: 'x'}));
	t.regex(reply.headers.get('content-type') ?? '', /^application\/json/v);
	const [message] = await reply.whole();
	t.is(textOf(message), 'a read x');
	const streaming = await start(t);
	const other = await openRaw(t, streaming.url);
	t.regex((await other.send(callOf(1, 'read'))).headers.get('content-type') ?? '', /^text\/event-stream/v);
});

test('a client whose stream was cut in the middle of a call gets the rest by Last-Event-ID', async t => {
	const {url, target} = await start(t);
	const client = await openRaw(t, url);
	const first = await client.send(callOf(1, 'slow-write', {text: 'once', steps: 2}, token));
	await until('two steps', () => first.messages().filter(({method}) => method === 'notifications/progress').length === 2);
	const step = first.events.find(({data}) => data !== '');
	first.leave();
	await target.control('release');
	const rest = await client.listen({'last-event-id': step?.id ?? ''});
	const messages = await rest.whole();
	t.deepEqual(messages.map(({method}) => method), ['notifications/progress', undefined], 'the second step, then the answer');
	t.is(textOf(messages.at(-1)), 'a wrote once');
	t.is(target.executed().filter(line => line.includes('slow-write')).length, 1);
	const again = await client.listen({'last-event-id': rest.events.at(-1)?.id ?? ''});
	t.deepEqual(await again.whole(), [], 'nothing is left');
	t.is(again.status, 204, 'so that it does not come again');
});

test('the official client 1.x, which asks for more after an error answer, is told to stop', async t => {
	const {url, target, rig} = await start(t);
	const client = await connectOfficial(t, url);
	const {promise: streaming, resolve: onProgress} = Promise.withResolvers<number>();
	const failed = t.throwsAsync(client.call('slow-write', {text: 'x', steps: 1}, {onProgress}));
	await streaming; // Before the first event the error would come alone, in JSON, and there were no stream to come back to.
	await target.restart();
	await failed;
	const gets = (status: number): number => readFileSync(path.join(rig.logs, 'combined.log'), 'utf8').split('\n').filter(line => line.includes(`"GET /mcp HTTP/1.1" ${status}`)).length;
	await until('it came back', () => gets(204) === 1);
	t.is(await client.call('write', {text: 'y'}), 'a wrote y');
	t.deepEqual(client.errors, []);
});

test('messages that came while nobody listened are kept for who comes back', async t => {
	const {url, target} = await start(t);
	const client = await openRaw(t, url);
	const stream = await client.listen();
	await client.ask('logging/setLevel', {level: 'info'});
	await until('the target hears', async () => (await target.control('state')).gets > 0);
	await until('it is heard', async () => {
		await target.control('log?text=first');
		return stream.messages().some(({method}) => method === 'notifications/message');
	});
	const last = stream.events.findLast(({data}) => data !== '')?.id ?? '';
	stream.leave();
	await target.control('log?text=missed');
	const again = await client.listen({'last-event-id': last});
	await until('what was missed', () => again.messages().some(({params}) => (params as {data?: string} | undefined)?.data === 'missed'));
	t.is(again.messages().filter(({params}) => (params as {data?: string}).data === 'missed').length, 1);
});

test('a second stream takes the place of the first', async t => {
	const {url} = await start(t);
	const client = await openRaw(t, url);
	const first = await client.listen();
	const second = await client.listen();
	t.is(second.status, 200);
	await first.whole();
	t.false(second.isOver());
});

test('an event id of somebody else tells nothing, and one of nobody opens a fresh stream', async t => {
	const {url, target} = await start(t);
	const [owner, other] = [await openRaw(t, url), await openRaw(t, url)];
	const reply = await owner.send(callOf(1, 'slow-write', {text: 'secret', steps: 1}, token));
	await untilHeard(reply, 'notifications/progress');
	const id = reply.events.find(({data}) => data !== '')?.id ?? '';
	await target.control('release');
	await reply.whole();
	const nothing = await other.listen({'last-event-id': id});
	t.deepEqual([nothing.status, await nothing.whole()], [204, []]);
	for (const foreign of ['0_0', '../../etc', 'x'.repeat(500)]) {
		const stream = await other.listen({'last-event-id': foreign}); // eslint-disable-line no-await-in-loop
		t.is(stream.status, 200);
		await other.ask('ping'); // eslint-disable-line no-await-in-loop -- what was to be told would be there by now
		t.false(stream.events.some(({data}) => data.includes('secret')));
	}
});

test('streams begin with an empty event for clients that know it, and with none for older ones', async t => {
	const {url} = await start(t);
	const newer = await (await openRaw(t, url)).listen();
	await until('an event', () => newer.events.length > 0);
	t.is(newer.events[0]?.data, '');
	t.truthy(newer.events[0]?.id);
	const older = await openRaw(t, url, {version: '2025-06-18'});
	const reply = await older.send(callOf(1, 'read'));
	await reply.whole();
	t.true(reply.events.every(({data}) => data !== ''));
});

test('a stream that its target ends on purpose is asked for the rest', async t => {
	const {url, target} = await start(t, {isResumable: true});
	const client = await openRaw(t, url);
	const messages = await (await client.send(callOf(1, 'poll', {text: 'x'}))).whole();
	t.is(textOf(messages.at(-1)), 'a polled x');
	t.deepEqual(target.executed(), ['a poll x']);
});

test('a cancelled call is cancelled at its target and never replayed', async t => {
	const {url, target} = await start(t);
	const client = await openRaw(t, url);
	const reply = await client.send(callOf('c', 'slow-read', {text: 'x', steps: 1}, token));
	await untilHeard(reply, 'notifications/progress');
	await client.send({jsonrpc: '2.0', method: 'notifications/cancelled', params: {requestId: 'c'}});
	await target.restart();
	t.deepEqual((await reply.whole()).filter(message => 'result' in message || 'error' in message), []);
	t.is(textOf(await client.ask('tools/call', {name: 'read', arguments: {}})), 'a read ');
	t.is(target.executed().filter(line => line.includes('slow-read')).length, 1);
});

test('what a target asks gets ids that never repeat over its restarts, and the answer finds its way', async t => {
	const {url, target} = await start(t);
	const client = await openRaw(t, url, {capabilities: {sampling: {}}});
	const ids: unknown[] = [];
	for (const round of [1, 2]) {
		/* eslint-disable no-await-in-loop */
		const reply = await client.send(callOf(round, 'sample', {text: 'q'}));
		const {id} = await untilHeard(reply, 'sampling/createMessage');
		ids.push(id);
		t.is((await client.send({jsonrpc: '2.0', id, result: {role: 'assistant', model: 'm', content: {type: 'text', text: `answer ${round}`}}})).status, 202);
		t.is(textOf((await reply.whole()).at(-1)), `a was told answer ${round}`);
		await target.restart();
		/* eslint-enable no-await-in-loop */
	}

	t.not(ids[0], ids[1]);
});

test('a large answer arrives whole at a client that reads slowly', async t => {
	const {url} = await start(t);
	const client = await openRaw(t, url);
	const text = 'x'.repeat(3 * (1024 ** 2));
	t.is(textOf(await client.ask('tools/call', {name: 'read', arguments: {text}}))?.length, text.length + 7);
});
