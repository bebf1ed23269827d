import test, {type ExecutionContext} from 'ava';
import {startModernTarget, type ModernTarget} from '../helpers/mcp-modern-target.ts';
import {startStatelessRig, type StatelessRig} from '../helpers/stateless-rig.ts';
import {until} from '../helpers/until.ts';

type Note = Readonly<{id?: number; method?: string; params?: Readonly<{_meta: Readonly<Record<string, unknown>>; uri?: string; notifications?: unknown}>; result?: unknown}>;

type Listener = Readonly<{
	notes: Note[];
	methods: () => Array<string | undefined>;
	leave: () => void;
	ended: Promise<void>;
}>;

/** Opens a stream of changes by hand, and keeps every message on it. */
const listen = async (t: ExecutionContext, url: string, notifications: object): Promise<Listener> => {
	const leaving = new AbortController();
	const method = 'subscriptions/listen';
	const params = {notifications, _meta: {'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientInfo': {name: 'hand', version: '1'}, 'io.modelcontextprotocol/clientCapabilities': {}}};
	const response = await fetch(url, {
		method: 'POST',
		headers: {'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2026-07-28', 'mcp-method': method},
		body: JSON.stringify({jsonrpc: '2.0', id: 5, method, params}),
		signal: leaving.signal,
	});
	t.is(response.headers.get('content-type'), 'text/event-stream');
	const notes: Note[] = [];
	const read = async (): Promise<void> => {
		let text = '';
		for await (const chunk of response.body ?? []) {
			text += Buffer.from(chunk as Uint8Array).toString();
			const events = text.split('\n\n');
			text = events.pop() ?? '';
			notes.push(...events.filter(event => event.includes('data: ')).map(event => JSON.parse(event.slice(event.indexOf('data: ') + 6)) as Note));
		}
	};

	const ended = read().catch(() => undefined);
	t.teardown(() => {
		leaving.abort();
	});
	return {
		notes,
		methods: () => notes.map(note => note.method),
		leave() {
			leaving.abort();
		},
		ended,
	};
};

const startPair = async (t: ExecutionContext): Promise<{a: ModernTarget; b: ModernTarget; rig: StatelessRig}> => {
	const [a, b] = await Promise.all([startModernTarget(t, 'a'), startModernTarget(t, 'b')]);
	return {a, b, rig: await startStatelessRig(t, [a, b])};
};

const all = {toolsListChanged: true, resourceSubscriptions: ['test://note']};
const acknowledged = 'notifications/subscriptions/acknowledged';
const toolsChanged = 'notifications/tools/list_changed';
const updated = 'notifications/resources/updated';

test('a client that listens is told of changes', async t => {
	const {a, rig} = await startPair(t);
	const {notes, methods} = await listen(t, rig.url, all);
	await until('agreed', () => methods().includes(acknowledged));
	await a.control('change');
	await a.control('update');
	await until('told', () => methods().includes(updated));
	t.deepEqual(methods(), [acknowledged, toolsChanged, updated]);
	for (const note of notes) {
		t.is(note.params?._meta['io.modelcontextprotocol/subscriptionId'], 5);
	}
});

test('a stream of changes outlives its target: one agreement, notice of what may differ, and changes at the next one', async t => {
	const {a, b, rig} = await startPair(t);
	const {notes, methods} = await listen(t, rig.url, all);
	await until('agreed', () => methods().includes(acknowledged));
	await a.kill();
	await until('it listens at b and says what may differ', () => methods().includes(updated));
	await b.control('change');
	await until('told', () => methods().filter(method => method === toolsChanged).length === 2);
	t.deepEqual(methods(), [acknowledged, toolsChanged, updated, toolsChanged]);
	for (const note of notes) {
		t.is(note.params?._meta['io.modelcontextprotocol/subscriptionId'], 5);
	}
});

test('a stream of changes waits while nothing is up, and goes on', async t => {
	const {a, b, rig} = await startPair(t);
	const {methods} = await listen(t, rig.url, all);
	await until('agreed', () => methods().includes(acknowledged));
	await Promise.all([a.kill(), b.kill()]);
	await until('both are down', () => rig.failures.some(({id}) => id === 'b'));
	await a.restart();
	rig.world.pass('a');
	await until('it listens again', () => methods().includes(updated));
	await a.control('change');
	await until('told', () => methods().filter(method => method === toolsChanged).length === 2);
});

test('a stream of changes follows a switch by hand, and leaves nothing behind', async t => {
	const {a, b, rig} = await startPair(t);
	const {methods} = await listen(t, rig.url, all);
	await until('agreed', () => methods().includes(acknowledged));
	rig.world.act({type: 'switch', id: 'b'});
	await until('it listens at b', async () => (await b.control('state')).listens === 1);
	await until('it left a', async () => (await a.control('state')).listens === 0);
	await until('told what may differ', () => methods().includes(updated));
});

test('a graceful end of the stream is a result for the client', async t => {
	const {a, rig} = await startPair(t);
	const {notes, methods, ended} = await listen(t, rig.url, all);
	await until('agreed', () => methods().includes(acknowledged));
	await a.control('hush');
	await ended;
	t.is(notes.at(-1)?.id, 5);
	t.truthy(notes.at(-1)?.result);
});

test('a proxy that stops ends the streams gracefully', async t => {
	const {rig} = await startPair(t);
	const {notes, methods, ended} = await listen(t, rig.url, all);
	await until('agreed', () => methods().includes(acknowledged));
	rig.stop();
	await ended;
	t.truthy(notes.at(-1)?.result);
});

test('a client that leaves its stream is gone at the target too', async t => {
	const {a, rig} = await startPair(t);
	const {methods, leave} = await listen(t, rig.url, all);
	await until('agreed', () => methods().includes(acknowledged));
	leave();
	await until('it is gone', async () => (await a.control('state')).listens === 0);
	await until('told', () => rig.calls.at(-1)?.method === 'subscriptions/listen');
	t.is(rig.calls.at(-1)?.verdict, 'ok');
});
