import test from 'ava';
import {createToolHints} from '../../source/session/tool-hints.ts';
import {ChannelError, type McpPlan, type Transport} from '../../source/transport/channel.ts';
import {createHttpTransport} from '../../source/transport/streamable-http.ts';
import {catalogue, createWorld} from '../helpers/core.ts';
import {until} from '../helpers/until.ts';

const transportOf = (plan: Partial<McpPlan> = {}): Transport => createHttpTransport({
	id: 'a',
	kind: 'streamable-http',
	trustsHints: true,
	replay: 'hinted',
	lostStatuses: [],
	forwardsAuth: false,
	path: '/mcp',
	endpoint: {id: 'a', url: new URL('http://127.0.0.1:9'), headers: {}, tls: {isVerified: true}, timeouts: {connect: 1, response: 1, idle: 1, upgrade: 1, keepAlive: 1}},
	...plan,
} as Parameters<typeof createHttpTransport>[0]);

const listOf = (name: string, annotations = {}) => ({tools: [{name, annotations}]});
const reads = {readOnlyHint: true};
const readOnly = {isReadOnly: true, isIdempotent: false};
const plain = {isReadOnly: false, isIdempotent: false};

const start = () => {
	const world = createWorld(['a']);
	const hints = createToolHints(world.state);
	const tell = (name: string, found?: typeof readOnly): void => {
		const known = catalogue(name);
		world.act({type: 'catalogue', id: 'a', catalogue: {...known, tools: known.tools.map(tool => ({...tool, ...(found && {hints: found})}))}});
	};

	return {world, hints, tell};
};

const never = async (): Promise<never> => {
	throw new Error('it was asked');
};

test('a target’s catalogue tells the hints of its tools before anybody has listed them', t => {
	const {hints, tell} = start();
	const transport = transportOf();
	tell('read', readOnly);
	t.is(hints.learn(transport, never), undefined);
	t.deepEqual(hints.of(transport, 'read'), readOnly);
	tell('read');
	t.deepEqual(hints.of(transport, 'read'), plain, 'as the newer one has it');
	t.is(hints.of(transport, 'other'), undefined);
});

test('unknown ones are asked for, once for everybody who waits', async t => {
	const {hints} = start();
	const transport = transportOf();
	let asked = 0;
	const ask = async () => {
		asked++;
		return [listOf('read', reads), listOf('put', {idempotentHint: true})];
	};

	await Promise.all([hints.learn(transport, ask), hints.learn(transport, ask)]);
	t.is(asked, 1);
	t.deepEqual(hints.of(transport, 'read'), readOnly);
	t.deepEqual(hints.of(transport, 'put'), {isReadOnly: false, isIdempotent: true});
	t.is(hints.learn(transport, never), undefined);
});

test('nobody asks where they count for nothing', t => {
	const {hints} = start();
	for (const plan of [{trustsHints: false}, {replay: 'safe'}, {replay: 'none'}] as const) {
		t.is(hints.learn(transportOf(plan), never), undefined);
	}
});

test('what changed is asked for again, though the catalogue still has the old one', async t => {
	const {hints, tell} = start();
	const transport = transportOf();
	tell('read', readOnly);
	hints.forget(transport);
	t.is(hints.of(transport, 'read'), undefined);
	await hints.learn(transport, async () => [listOf('read')]);
	t.deepEqual(hints.of(transport, 'read'), plain);
});

test('pages that follow add to the first', t => {
	const {hints} = start();
	const transport = transportOf();
	hints.take(transport, listOf('read', reads), false);
	hints.take(transport, listOf('write'), true);
	t.deepEqual(hints.of(transport, 'read'), readOnly);
	t.deepEqual(hints.of(transport, 'write'), plain);
	hints.take(transport, listOf('write'), false);
	t.is(hints.of(transport, 'read'), undefined);
});

test('a target that refuses to say is taken to say nothing, and one whose connection broke is asked again', async t => {
	const {hints} = start();
	const [refusing, breaking] = [transportOf(), transportOf()];
	const fail = (kind: 'refused' | 'cut') => async () => {
		throw new ChannelError({kind, failure: {code: 'X', message: 'x'}});
	};

	await hints.learn(refusing, fail('refused'));
	t.is(hints.learn(refusing, never), undefined);
	await hints.learn(breaking, fail('cut'));
	t.is(hints.learn(breaking, never), undefined, 'not at once: it would go on for ever');
	await until('it is asked again', () => hints.learn(breaking, async () => [listOf('read', reads)]) !== undefined);
	await until('it said', () => hints.of(breaking, 'read'));
	t.deepEqual(hints.of(breaking, 'read'), readOnly);
});

test('a call does not wait for ever for a target that does not say', async t => {
	const {hints} = start();
	const transport = transportOf();
	const answer = Promise.withResolvers<ReadonlyArray<ReturnType<typeof listOf>>>();
	await hints.learn(transport, async () => answer.promise);
	t.is(hints.learn(transport, never), undefined);
	t.is(hints.of(transport, 'read'), undefined);
	answer.resolve([listOf('read', reads)]);
	await until('it is known after all', () => hints.of(transport, 'read'));
	t.deepEqual(hints.of(transport, 'read'), readOnly);
});
