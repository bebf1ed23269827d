import {readFileSync} from 'node:fs';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import type {Channel, Transport, Trouble} from '../../source/transport/channel.ts';
import type {StdioPlan} from '../../source/transport/child.ts';
import {createStdioTransport} from '../../source/transport/stdio.ts';
import type {StdioServerOptions} from '../helpers/stdio-server.ts';
import {until} from '../helpers/until.ts';

type Answer = Readonly<{pid: number; grandchild?: number; environment: Readonly<Record<string, string>>}>;

const program = fileURLToPath(new URL('../helpers/stdio-server.js', import.meta.url));

type Start = Readonly<{server?: StdioServerOptions; children?: Partial<StdioPlan['children']>; command?: StdioPlan['command']; env?: Record<string, string>}>;

const start = (t: ExecutionContext, {server = {}, children, command, env: environment = {}}: Start = {}): {transport: Transport; log: string[]; record: Set<number>} => {
	const log: string[] = [];
	const record = new Set<number>();
	const transport = createStdioTransport({
		id: 'a',
		kind: 'stdio',
		command: command ?? [process.execPath, program, JSON.stringify(server)],
		env: environment,
		cwd: undefined,
		children: {mode: 'per-session', max: 8, idle: 600_000, spares: 0, ...children},
		trustsHints: true,
		replay: 'hinted',
		lostStatuses: [],
		forwardsAuth: false,
	}, {
		onLog(line) {
			log.push(line);
		},
		record: {
			add(pid) {
				record.add(pid);
			},
			remove(pid) {
				record.delete(pid);
			},
		},
	});
	t.teardown(transport.close);
	return {transport, log, record};
};

let last = 0;

/** The answer, or the trouble. */
const ask = async (channel: Channel, method = 'ping'): Promise<Answer | Trouble> => new Promise(resolve => {
	last++;
	channel.request({jsonrpc: '2.0', id: last, method}, {
		onMessage(message) {
			if ('result' in message) {
				resolve(message.result as unknown as Answer);
			}

			return true;
		},
		onTrouble: resolve,
	});
});

const answerOf = async (channel: Channel): Promise<Answer> => {
	const given = await ask(channel);
	if ('kind' in given) {
		throw new Error(`${given.kind}: ${given.failure.message}`);
	}

	return given;
};

const troubleOf = async (channel: Channel, method?: string): Promise<Trouble> => {
	const given = await ask(channel, method);
	if ('pid' in given) {
		throw new Error('it was answered');
	}

	return given;
};

/** A zombie, which only waits for init to look, is gone. */
const isAlive = (pid: number): boolean => {
	try {
		return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
	} catch {
		return false;
	}
};

test('each session has a process of its own, which ends with it', async t => {
	const {transport, record} = start(t);
	const [one, two] = [transport.open(), transport.open()];
	t.is(transport.describe().children, 0, 'started before it was needed');
	const [first, second] = [await answerOf(one), await answerOf(two)];
	t.not(first.pid, second.pid);
	t.deepEqual([...record], [first.pid, second.pid]);
	await one.close();
	t.false(isAlive(first.pid));
	t.true(isAlive(second.pid));
	t.deepEqual([...record], [second.pid]);
	t.is(transport.describe().children, 1);
});

test('shared: sessions have one process', async t => {
	const {transport} = start(t, {children: {mode: 'shared'}});
	const [one, two] = [transport.open(), transport.open()];
	const [first, second] = [await answerOf(one), await answerOf(two)];
	t.is(first.pid, second.pid);
	await one.close();
	t.is((await answerOf(two)).pid, first.pid, 'it ended with one of them');
});

test.serial('a child sees what is declared for it and nothing of ours', async t => {
	process.env.PROXY_MCP_TEST_TOKEN = 'secret';
	const {transport} = start(t, {env: {OWN: 'yes'}});
	const {environment} = await answerOf(transport.open());
	delete process.env.PROXY_MCP_TEST_TOKEN;
	t.is(environment.OWN, 'yes');
	t.is(environment.PATH, process.env.PATH);
	t.deepEqual(Object.keys(environment).filter(name => !['OWN', 'HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER', 'NODE_V8_COVERAGE'].includes(name)), [], 'but what the runtime adds by itself while coverage is measured');
});

test('what is no message on stdout is logged and let go', async t => {
	const {transport, log} = start(t, {server: {isNoisy: true}});
	t.true((await answerOf(transport.open())).pid > 0);
	t.true(log.some(line => line.includes('Server listening')));
});

test('3 MB on stderr stop nothing', async t => {
	const {transport, log} = start(t, {server: {flood: 3_000_000}});
	t.true((await answerOf(transport.open())).pid > 0);
	await until('its words are logged', () => log.length > 30_000);
});

test('a child that ends cuts the call under way, and its session is lost', async t => {
	const {transport, record} = start(t);
	const channel = transport.open();
	const held = troubleOf(channel, 'hold');
	const death = await troubleOf(channel, 'die');
	t.is(death.kind, 'cut');
	t.regex(death.failure.message, /exit code 7/v);
	t.is((await held).kind, 'cut');
	t.is((await troubleOf(channel)).kind, 'lost');
	t.is(record.size, 0);
});

test('a program that is not there is a trouble, not a crash', async t => {
	const {transport} = start(t, {command: ['no-such-program-here']});
	const {failure} = await troubleOf(transport.open());
	t.regex(failure.message, /there is no program "no-such-program-here"/v);
});

test('a child that ends again and again is not started for a while', async t => {
	const {transport, log} = start(t);
	await until('it is given up', async () => {
		await ask(transport.open(), 'die');
		return log.some(line => line.includes('not started again'));
	}, 60_000);
	const trouble = await troubleOf(transport.open());
	t.is(trouble.kind, 'unsent');
	t.regex(trouble.failure.message, /starts again in \d+ s/v);
	t.is(log.filter(line => line.startsWith('started')).length, 5);
});

test('who hears neither end of stdin nor SIGTERM is killed with all it started', async t => {
	const {transport, record} = start(t, {server: {isDeaf: true}});
	const channel = transport.open();
	const {pid, grandchild = 0} = await answerOf(channel);
	t.true(isAlive(grandchild));
	await channel.close();
	t.false(isAlive(pid));
	await until('the grandchild is gone', () => !isAlive(grandchild));
	t.is(record.size, 0);
});

test('at the cap the idle one gives way; a busy one does not', async t => {
	const {transport} = start(t, {children: {max: 1}});
	const [one, two, three] = [transport.open(), transport.open(), transport.open()];
	const first = await answerOf(one);
	const second = await answerOf(two);
	t.not(first.pid, second.pid);
	await until('the first is gone', () => !isAlive(first.pid));
	t.is((await troubleOf(one)).kind, 'lost');
	void ask(two, 'hold');
	const refused = await troubleOf(three);
	t.is(refused.kind, 'refused');
	t.regex(refused.failure.message, /busy/v);
});

test('an idle child is reaped', async t => {
	const {transport} = start(t, {children: {idle: 100}});
	const {pid} = await answerOf(transport.open());
	await until('it is gone', () => !isAlive(pid));
	t.true(await until('it is not counted', () => transport.describe().children === 0));
});

test('a spare is there before it is asked for', async t => {
	const {transport, record} = start(t, {children: {spares: 1}});
	const [spare] = record;
	t.is((await answerOf(transport.open())).pid, spare ?? 0);
	t.is(record.size, 2, 'the next one is not warm');
});

test('closing ends all children', async t => {
	const {transport, record} = start(t, {children: {spares: 1}});
	const {pid} = await answerOf(transport.open());
	await transport.close();
	t.false(isAlive(pid));
	t.is(record.size, 0);
	t.is((await troubleOf(transport.open())).kind, 'unsent');
});
