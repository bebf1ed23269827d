import {once} from 'node:events';
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import type {Message} from '../../source/mcp/message.ts';
import type {Channel, McpPlan, Trouble} from '../../source/transport/channel.ts';
import {createSseTransport} from '../../source/transport/http-sse.ts';
import {until} from '../helpers/until.ts';

type Target = {server: Server; port: number; streams: ServerResponse[]; posts: Array<{path: string; message: {id?: number; method?: string}}>};

const readText = async (request: IncomingMessage): Promise<string> => {
	let text = '';
	for await (const chunk of request) {
		text += String(chunk);
	}

	return text;
};

/** A target that names this endpoint, takes every POST with this status, and says on its streams what the test wants. */
const startTarget = async (t: ExecutionContext, endpoint: string, status = 202): Promise<Target> => {
	const target: Target = {server: createServer(), port: 0, streams: [], posts: []};
	const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
		if (request.method === 'GET') {
			target.streams.push(response);
			response.writeHead(200, {'content-type': 'text/event-stream'}).write(`event: endpoint\ndata: ${endpoint.replace('PORT', String(target.port))}\n\n`);
			return;
		}

		target.posts.push({path: request.url ?? '', message: JSON.parse(await readText(request)) as {id?: number}});
		response.writeHead(status).end(status === 202 ? '' : 'Session not found');
	};

	target.server.on('request', (request, response) => {
		void handle(request, response);
	});
	target.server.listen(0, '127.0.0.1');
	await once(target.server, 'listening');
	target.port = (target.server.address() as AddressInfo).port;
	t.teardown(() => {
		target.server.closeAllConnections();
		target.server.close();
	});
	return target;
};

const open = (t: ExecutionContext, port: number): Channel => {
	const plan: McpPlan & {kind: 'streamable-http' | 'sse'} = {
		id: 'a',
		kind: 'sse',
		path: '/sse',
		endpoint: {id: 'a', url: new URL(`http://127.0.0.1:${port}/`), headers: {}, tls: {isVerified: true}, timeouts: {connect: 5000, response: 5000, idle: 0, upgrade: 5000, keepAlive: 4000}},
		trustsHints: true,
		replay: 'hinted',
		lostStatuses: [],
		forwardsAuth: false,
	};
	const transport = createSseTransport(plan);
	t.is(transport.send, undefined);
	const channel = transport.open();
	t.teardown(async () => {
		await channel.close();
		await transport.close();
	});
	return channel;
};

type Result = {messages: Message[]; trouble?: Trouble};

const ask = (channel: Channel, id: number, progressToken?: string): Result => {
	const result: Result = {messages: []};
	channel.request({jsonrpc: '2.0', id, method: 'ping', ...(progressToken !== undefined && {params: {_meta: {progressToken}}})}, {
		onMessage(message) {
			result.messages.push(message);
			return true;
		},
		onTrouble(trouble) {
			result.trouble = trouble;
		},
	});
	return result;
};

const say = (target: Target, message: unknown): void => {
	target.streams.at(-1)?.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
};

for (const endpoint of ['/messages?s=1', 'messages?s=1', 'http://127.0.0.1:PORT/messages?s=1']) {
	test(`posts go to ${endpoint}; answers, progress and the rest find who waits for them`, async t => {
		const target = await startTarget(t, endpoint);
		const channel = open(t, target.port);
		const [one, two] = [ask(channel, 1, 'first'), ask(channel, 2, 'second')];
		await until('both are posted', () => target.posts.length === 2);
		t.deepEqual(new Set(target.posts.map(({path}) => path)), new Set(['/messages?s=1']));
		t.is(target.streams.length, 1);
		say(target, {jsonrpc: '2.0', method: 'notifications/message', params: {level: 'info', data: 'early'}});
		say(target, {jsonrpc: '2.0', method: 'notifications/progress', params: {progressToken: 'second', progress: 1}});
		say(target, {jsonrpc: '2.0', id: 2, result: {}});
		say(target, {jsonrpc: '2.0', id: 1, result: {}});
		await until('both are answered', () => one.messages.length === 1 && two.messages.length === 2);
		const heard: Message[] = [];
		channel.listen({
			onMessage: message => heard.push(message) > 0,
			onTrouble() {
				t.fail();
			},
		});
		t.like(heard, [{method: 'notifications/message'}]);
		await channel.notify({jsonrpc: '2.0', method: 'notifications/initialized'});
		t.is(target.posts.at(-1)?.message.method, 'notifications/initialized');
	});
}

for (const endpoint of ['http://169.254.169.254/messages', 'https://127.0.0.1:PORT/messages', 'http://localhost:PORT/messages', '//127.0.0.1:1/messages', 'file:///etc/passwd']) {
	test(`the endpoint ${endpoint} is of another origin and refused`, async t => {
		const target = await startTarget(t, endpoint);
		const result = ask(open(t, target.port), 1);
		await until('it is refused', () => result.trouble);
		t.is(result.trouble?.kind, 'refused');
		t.deepEqual(target.posts, []);
	});
}

test('the end of the stream cuts what is under way, tells who listens, and loses the session', async t => {
	const target = await startTarget(t, '/messages');
	const channel = open(t, target.port);
	const first = ask(channel, 1);
	let told: Trouble | undefined;
	channel.listen({
		onMessage: () => true,
		onTrouble(trouble) {
			told = trouble;
		},
	});
	await until('it is posted', () => target.posts.length === 1);
	target.streams[0]?.destroy();
	await until('both are told', () => first.trouble && told);
	t.is(first.trouble?.kind, 'cut');
	const second = ask(channel, 2);
	await until('it is told', () => second.trouble);
	t.is(second.trouble?.kind, 'lost');
	await t.throwsAsync(channel.notify({jsonrpc: '2.0', method: 'notifications/initialized'}), {name: 'ChannelError'});
});

test('a POST that finds no session is lost', async t => {
	const target = await startTarget(t, '/messages', 404);
	const result = ask(open(t, target.port), 1);
	await until('it is told', () => result.trouble);
	t.is(result.trouble?.kind, 'lost');
});

test('nothing was sent where nobody listens', async t => {
	const target = await startTarget(t, '/messages');
	target.server.close();
	await once(target.server, 'close');
	const result = ask(open(t, target.port), 1);
	await until('it is told', () => result.trouble);
	t.is(result.trouble?.kind, 'unsent');
});

test('closing ends the stream', async t => {
	const target = await startTarget(t, '/messages');
	const channel = open(t, target.port);
	ask(channel, 1);
	await until('it is posted', () => target.posts.length === 1);
	await channel.close();
	t.true(await until('the stream is gone', () => target.streams[0]?.closed));
});
