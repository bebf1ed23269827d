import process from 'node:process';
import {Client} from '@modelcontextprotocol/sdk/client/index.js';
import {StreamableHTTPClientTransport} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type {Transport} from '@modelcontextprotocol/sdk/shared/transport.js';
import test, {type ExecutionContext} from 'ava';
import got from 'got';
import {startSamples, type Sample, type Samples} from '../../source/demo/children.ts';
import {isAlive} from '../../source/store/record.ts';
import {until} from '../helpers/until.ts';

const startTwo = async (t: ExecutionContext, restartAfter = 60_000): Promise<{samples: Samples; news: string[]; first: () => Sample}> => {
	const news: string[] = [];
	const samples = await startSamples({names: ['alpha', 'beta'], restartAfter, onNews: sentence => news.push(sentence)});
	t.teardown(samples.stop);
	return {samples, news, first: () => samples.getAll().find(({name}) => name === 'alpha')!};
};

const connect = async (t: ExecutionContext, url: string): Promise<Client> => {
	const client = new Client({name: 'test', version: '1.0.0'});
	await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url)));
	t.teardown(async () => client.close());
	return client;
};

const call = async (client: Client, name: string, parameters: Record<string, unknown>): Promise<unknown> => {
	const {content} = await client.callTool({name, arguments: parameters});
	return content;
};

test.serial('a sample target speaks MCP with the official client', async t => {
	const {first} = await startTwo(t);
	const client = await connect(t, first().url);
	const {tools} = await client.listTools();
	t.deepEqual(tools.map(({name}) => name), ['whoami', 'add', 'count_words', 'countdown']);
	t.deepEqual(await call(client, 'add', {a: 19, b: 23}), [{type: 'text', text: '42'}]);
	t.deepEqual(await call(client, 'count_words', {text: ' the quick  brown fox '}), [{type: 'text', text: '4'}]);
	const {contents} = await client.readResource({uri: 'demo://about'});
	t.regex(JSON.stringify(contents), /sample target alpha, process \d+/v);
});

test.serial('a sample target streams what it has to say meanwhile', async t => {
	const {first} = await startTwo(t);
	const client = await connect(t, first().url);
	const heard: unknown[] = [];
	client.fallbackNotificationHandler = async ({params}) => {
		heard.push(params?.data);
	};

	t.deepEqual(await call(client, 'countdown', {from: 1}), [{type: 'text', text: 'alpha: zero'}]);
	t.deepEqual(heard, ['alpha: 1']);
});

const statusOf = async (url: string): Promise<number> => {
	const {statusCode} = await got(url, {throwHttpErrors: false});
	return statusCode;
};

test.serial('a sample target says on plain pages who and how it is', async t => {
	const {first} = await startTwo(t);
	const {url, pid} = first();
	t.like(await got(`${url}/health`).json(), {status: 'ok', name: 'alpha', pid});
	t.like(await got(`${url}/whoami`).json(), {name: 'alpha', pid});
	t.is(await statusOf(`${url}/nothing`), 404);
	t.is(await statusOf(`${url}/mcp`), 405);
});

test.serial('a killed sample comes back at the same address, as another process', async t => {
	const {first, news} = await startTwo(t, 50);
	const {url, pid = 0} = first();
	process.kill(pid, 'SIGKILL');
	await until('alpha is back', () => news.includes('alpha is back.'));
	t.deepEqual(news, ['alpha died; it comes back in 0 s.', 'alpha is back.']);
	t.is(first().url, url);
	t.not(first().pid, pid);
	t.like(await got(`${url}/health`).json(), {name: 'alpha', pid: first().pid});
});

test.serial('traffic goes on through the death of a target', async t => {
	const {first, news, samples} = await startTwo(t, 50);
	const hasCalls = async (): Promise<boolean> => {
		const {calls} = await got(`${first().url}/whoami`).json<{calls: number}>();
		return calls > 1;
	};

	samples.startTraffic(first().url); // Straight to it: here the traffic's own recovery is what counts.
	await until('the first alpha was called', hasCalls);
	process.kill(first().pid ?? 0, 'SIGKILL');
	await until('alpha is back', () => news.includes('alpha is back.'));
	await until('the second alpha was called', hasCalls);
	t.not(first().pid, undefined);
});

test.serial('nothing of the demo outlives it', async t => {
	const {samples} = await startTwo(t, 1);
	process.kill(samples.getAll()[1]?.pid ?? 0, 'SIGSTOP'); // Even one that can not hear.
	const pids = samples.getAll().map(({pid = 0}) => pid);
	t.true(pids.every(pid => isAlive(pid)));
	await samples.stop();
	t.false(pids.some(pid => isAlive(pid)));
});
