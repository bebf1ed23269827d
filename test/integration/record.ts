import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {findDaemon, findDaemons} from '../../source/client/discover.ts';
import {statusDocument} from '../../source/client/documents.ts';
import {initialState} from '../../source/core/state.ts';
import {describeProcess, isAlive, isSameProcess, portOf, readRecord, readRecords, removeRecord, startTimeOf, stateFolder, writeRecord} from '../../source/store/record.ts';
import {until} from '../helpers/until.ts';

const newFolder = (t: ExecutionContext): string => {
	const folder = mkdtempSync(path.join(tmpdir(), 'record-'));
	t.teardown(() => {
		rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};

/** Something that answers `GET /api/proxy/status` as a daemon of that pid does, with the real document. */
const startAnswering = async (t: ExecutionContext, pid: number): Promise<{url: string; port: number; tokens: Array<string | undefined>}> => {
	const tokens: Array<string | undefined> = [];
	const server = http.createServer((request, response) => {
		tokens.push(request.headers.authorization);
		response.end(JSON.stringify(statusDocument(initialState(Date.now()), {revision: 1, at: Date.now(), now: 0}, {url: 'http://x', pid, version: '1.0.0'})));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	const {port} = server.address() as AddressInfo;
	return {url: `http://127.0.0.1:${port}`, port, tokens};
};

const about = (url: string, token?: string) => ({url, token, version: '1.0.0'});
const closed = 'http://127.0.0.1:1';

test('what was written is read again, by its owner alone', t => {
	const folder = path.join(newFolder(t), 'deep', 'er');
	const record = {...describeProcess(about('http://localhost:4000', 'secret')), logs: '/var/log/x'};
	writeRecord(record, folder);
	t.deepEqual(readRecord(4000, folder), record);
	t.deepEqual(readRecords(folder), [record]);
	t.is(statSync(path.join(folder, 'daemon-4000.json')).mode % 0o1000, 0o600);
	t.is(statSync(folder).mode % 0o1000, 0o700);
	t.deepEqual(readdirSync(folder), ['daemon-4000.json']);
});

test('a link in its place is not followed, not even to write', t => {
	const folder = newFolder(t);
	const other = path.join(folder, 'other');
	writeFileSync(other, JSON.stringify(describeProcess(about(closed))));
	symlinkSync(other, path.join(folder, 'daemon-1.json'));
	const before = readFileSync(other, 'utf8');
	t.is(readRecord(1, folder), undefined);
	writeRecord(describeProcess(about(closed, 'new')), folder);
	t.is(readFileSync(other, 'utf8'), before);
	t.is(readRecord(1, folder)?.token, 'new');
});

for (const [promise, text] of [
	['an empty file', ''],
	['half a file', '{"pid": 1, "url": "http://lo'],
	['a list', '[]'],
	['null', 'null'],
	['a negative pid', '{"pid":-1,"url":"http://localhost:1","version":"1"}'],
	['the pid as a text', '{"pid":"1","url":"http://localhost:1","version":"1"}'],
	['a bad URL', '{"pid":1,"url":"x","version":"1"}'],
	['a token that is no text', '{"pid":1,"url":"http://localhost:1","version":"1","token":{}}'],
	['more than a record can be', `{"pid":1,"url":"http://localhost:1","version":"${'1'.repeat(70_000)}"}`],
] as const) {
	test(`${promise} is no record`, t => {
		const folder = newFolder(t);
		writeFileSync(path.join(folder, 'daemon-1.json'), text);
		t.is(readRecord(1, folder), undefined);
	});
}

test('a folder in its place is no record', t => {
	const folder = newFolder(t);
	mkdirSync(path.join(folder, 'daemon-1.json'));
	t.is(readRecord(1, folder), undefined);
	t.deepEqual(readRecords(path.join(folder, 'nowhere')), []);
});

test('is removed by the daemon it belongs to, not by one that ended late', t => {
	const folder = newFolder(t);
	const old = {...describeProcess(about(closed)), startTime: '1'};
	const current = describeProcess(about(closed, 'x'));
	writeRecord(current, folder);
	removeRecord(old, folder);
	t.deepEqual(readRecord(1, folder), current);
	removeRecord(current, folder);
	t.is(readRecord(1, folder), undefined);
});

test('a folder that can not be written is told to the caller', t => {
	const folder = newFolder(t);
	writeFileSync(path.join(folder, 'file'), '');
	t.throws(() => {
		writeRecord(describeProcess(about(closed)), path.join(folder, 'file'));
	});
	mkdirSync(path.join(folder, 'daemon-1.json'));
	t.throws(() => {
		writeRecord(describeProcess(about(closed)), folder);
	});
	t.deepEqual(readdirSync(folder).toSorted(), ['daemon-1.json', 'file']);
});

test('knows a process by its pid and start together', async t => {
	const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], {stdio: 'ignore'});
	await once(child, 'spawn');
	const {pid = 0} = child;
	const record = {...describeProcess(about(closed)), pid, startTime: startTimeOf(pid)};
	t.true(isAlive(pid) && isSameProcess(record));
	t.false(isSameProcess({...record, startTime: '1'}));
	child.kill('SIGKILL');
	await once(child, 'exit');
	t.false(isAlive(pid) || isSameProcess(record));
});

test('a killed process that its parent has not reaped is gone', async t => {
	// The shell's child becomes a child of `sleep`, which waits for nobody: as under an init that reaps nothing.
	const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {stdio: ['ignore', 'pipe', 'ignore']});
	t.teardown(() => {
		parent.kill('SIGKILL');
	});
	const [text] = await once(parent.stdout, 'data') as [Buffer];
	const pid = Number(String(text));
	const record = {...describeProcess(about(closed)), pid, startTime: startTimeOf(pid)};
	t.true(isSameProcess(record));
	await until('the shell is replaced', () => readFileSync(`/proc/${parent.pid ?? 0}/cmdline`, 'utf8').startsWith('sleep'));
	process.kill(pid, 'SIGKILL');
	await until('it is dead, but still listed', () => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
	t.false(isAlive(pid) || isSameProcess(record));
});

test('the state folder is where XDG says, when it says so absolutely', t => {
	t.is(stateFolder({XDG_STATE_HOME: '/somewhere'}), '/somewhere/proxy-mcp');
	t.regex(stateFolder({XDG_STATE_HOME: 'somewhere'}), /\/\.local\/state\/proxy-mcp$/v);
	t.regex(stateFolder({}), /\/\.local\/state\/proxy-mcp$/v);
	t.deepEqual(['http://localhost:4000', 'http://localhost', 'https://localhost'].map(url => portOf(url)), [4000, 80, 443]);
});

test('a record is believed when the daemon answers with its pid', async t => {
	const folder = newFolder(t);
	const {url, port, tokens} = await startAnswering(t, process.pid);
	const record = describeProcess(about(url, 'secret'));
	writeRecord(record, folder);
	const daemon = await findDaemon({port, folder});
	t.like(daemon, {url, token: 'secret', record});
	t.is(daemon?.status?.pid, process.pid);
	t.deepEqual(tokens, ['Bearer secret']);
	t.like(await findDaemon({url: `http://localhost:${port}/`, folder}), {url, record});
	t.like(await findDaemon({folder}), {url, record});
});

test('a record whose pid is another process by now is removed, and nobody is killed (X6)', async t => {
	const folder = newFolder(t);
	writeRecord({...describeProcess(about(closed)), startTime: '1'}, folder); // This process's pid, but not its start.
	t.deepEqual(await findDaemons({port: 1, folder}), []);
	t.false(existsSync(path.join(folder, 'daemon-1.json')));
});

test('a record of a process that ended is removed', async t => {
	const folder = newFolder(t);
	writeRecord({...describeProcess(about(closed)), pid: (2 ** 22) + 1}, folder); // Above the kernel's largest pid.
	t.deepEqual(await findDaemons({folder}), []);
	t.false(existsSync(path.join(folder, 'daemon-1.json')));
});

test('another daemon at the recorded address is found, but not by the record\'s pid', async t => {
	const folder = newFolder(t);
	const {url, port} = await startAnswering(t, 1);
	writeRecord(describeProcess(about(url)), folder);
	const daemon = await findDaemon({port, folder});
	t.is(daemon?.status?.pid, 1);
	t.is(daemon?.record, undefined);
	t.is(readRecord(port, folder), undefined);
});

test('a daemon that lives but does not answer keeps its record', async t => {
	const folder = newFolder(t);
	const server = http.createServer(() => {
		// Never answers.
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	const {port} = server.address() as AddressInfo;
	const record = describeProcess(about(`http://127.0.0.1:${port}`, 'x'));
	writeRecord(record, folder);
	const [daemon] = await findDaemons({port, folder, timeout: 100});
	t.like(daemon, {status: undefined, record});
	t.is(await findDaemon({port, folder, timeout: 100}), undefined);
	t.deepEqual(readRecord(port, folder), record);
});

test('a daemon without a record here is found by its address', async t => {
	const folder = newFolder(t);
	const {url, port} = await startAnswering(t, 7);
	t.like(await findDaemon({port, folder}), {record: undefined});
	t.like(await findDaemon({url, token: 'x', folder}), {url, token: 'x', record: undefined});
});

test('what answers otherwise is no daemon', async t => {
	const folder = newFolder(t);
	const server = http.createServer((_request, response) => {
		response.end('{"hello":"world"}');
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	const {port} = server.address() as AddressInfo;
	t.deepEqual(await findDaemons({port, folder}), []);
});
