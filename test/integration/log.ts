import {appendFileSync, chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {AppError} from '../../source/core/errors.ts';
import {defaultRules} from '../../source/core/rules.ts';
import {createLog, type Log, type LogSettings} from '../../source/observe/log.ts';
import {createStore, type Store} from '../../source/store/store.ts';
import {target} from '../helpers/core.ts';
import {temporaryFolder} from '../helpers/folder.ts';
import {accessRecord, logSettings} from '../helpers/log-values.ts';
import {until} from '../helpers/until.ts';

type Rig = Readonly<{log: Log; store: Store; directory: string; lines: (name?: string) => string[]; apply: (change: Partial<LogSettings>) => void}>;

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);

const start = (t: ExecutionContext, change: Partial<LogSettings> = {}): Rig => {
	const directory = path.join(temporaryFolder(t), 'logs');
	let settings = {...logSettings, ...change};
	const log = createLog({directory, getSettings: () => settings});
	const store = createStore();
	log.attach(store.subscribe);
	t.teardown(log.close);
	const apply: Rig['apply'] = change => {
		settings = {...settings, ...change};
		store.dispatch({type: 'configure', targets: [target('a'), target('b')], rules: defaultRules, changes: []});
	};

	apply({});
	store.dispatch({type: 'passed', id: 'b', ms: 5, isPassive: false});
	return {log, store, directory, lines: (name = 'combined.log') => linesOf(path.join(directory, name)), apply};
};

const messages = (lines: readonly string[]): unknown[] => lines.filter(line => line.startsWith('{')).map((line): unknown => {
	const record: unknown = JSON.parse(line);
	return typeof record === 'object' && record !== null && 'msg' in record ? record.msg : undefined;
});

const fail = (store: Store, message = 'connect ECONNREFUSED'): void => {
	store.dispatch({type: 'failed', id: 'a', code: 'ECONNREFUSED', message, isPassive: false});
};

test('writes every event to combined.log in one sentence, and what is an error to error.log too', t => {
	const {store, lines} = start(t);
	fail(store);
	t.deepEqual(messages(lines()).slice(-2), ['a is down: connect ECONNREFUSED', 'failover: a → b: a is DOWN: connect ECONNREFUSED']);
	t.deepEqual(messages(lines('error.log')), ['a is down: connect ECONNREFUSED']);
});

test('keeps the routine of a target that is down out of the log', t => {
	const {store, lines} = start(t);
	fail(store);
	const before = lines().length;
	fail(store);
	store.dispatch({type: 'sample', targets: {}});
	store.dispatch({type: 'passed', id: 'b', ms: 5, isPassive: false});
	t.deepEqual(messages(lines().slice(before)), []);
});

test('warns of each failed probe before the target is down', t => {
	const {store, lines} = start(t);
	store.dispatch({type: 'passed', id: 'a', ms: 5, isPassive: false});
	fail(store);
	t.deepEqual(messages(lines()).slice(-1), ['a failed its probe (1 in a row): connect ECONNREFUSED']);
});

test('writes a proxied request as an Apache combined line', async t => {
	const {log, lines} = start(t);
	log.access(accessRecord({path: '/mcp?x=1', referer: 'http://localhost/"quoted"'}));
	log.access(accessRecord({method: 'POST', bytesOut: 0, status: 502, userAgent: undefined}));
	await log.close();
	const [first = '', second = ''] = lines().slice(-2);
	t.regex(first, /^127\.0\.0\.1 - - \[2[123]\/Nov\/2026:\d\d:\d\d:31 [+\-]\d{4}\] "GET \/mcp\?x=1 HTTP\/1\.1" 200 512 "http:\/\/localhost\/\\"quoted\\"" "curl\/8\.5\.0"$/v);
	t.regex(second, /"POST \/mcp HTTP\/1\.1" 502 - "-" "-"$/v);
});

test('writes a first request of a client that names itself not at all', async t => {
	const {log, lines} = start(t);
	log.access(accessRecord({userAgent: undefined}));
	await log.close();
	t.regex(lines().at(-1) ?? '', / "-" "-"$/v);
});

test('writes a proxied request as JSON with its target, or not at all, when asked to', async t => {
	const json = start(t, {format: 'json'});
	json.log.access(accessRecord({path: '/mcp?token=S3CRET'}));
	await json.log.close();
	t.like(JSON.parse(json.lines().at(-1) ?? ''), {level: 30, time: '2026-11-22T14:02:31.000Z', msg: 'GET /mcp?token=[redacted] 200', request: {target: 'augment', ms: 4}});

	const none = start(t, {format: 'none'});
	const before = none.lines().length;
	none.log.access(accessRecord());
	await none.log.close();
	t.is(none.lines().length, before);
});

test('writes no access line while the request goes on, but within moments', async t => {
	const {log, lines} = start(t);
	const before = lines().length;
	log.access(accessRecord());
	log.access(accessRecord());
	t.is(lines().length, before);
	await until('both lines are there', () => lines().length === before + 2);
});

test('does not let access lines pile up in memory', t => {
	const {log, lines} = start(t);
	const before = lines().length;
	for (let number = 0; number < 1000; number++) {
		log.access(accessRecord());
	}

	t.true(lines().length > before + 300);
});

test('writes requests before the event that came after them', t => {
	const {log, store, lines} = start(t);
	log.access(accessRecord({path: '/last-words'}));
	fail(store);
	const all = lines();
	t.true(all.findIndex(line => line.includes('/last-words')) < all.findIndex(line => line.includes('a is down')));
});

test('follows changed settings', t => {
	const {log, store, directory, lines, apply} = start(t);
	log.access(accessRecord());
	apply({level: 'error'});
	const before = lines().length;
	log.access(accessRecord());
	store.dispatch({type: 'automatic', isAutomatic: false});
	log.flush();
	t.is(lines().length, before);

	apply({level: 'trace', format: 'json'});
	store.dispatch({type: 'sample', targets: {}});
	log.access(accessRecord({path: '/json'}));
	log.flush();
	t.deepEqual(messages(lines()).slice(-2), ['traffic was sampled', 'GET /json 200']);

	apply({maxBytes: 1, keep: 1});
	log.notice('info', 'in a file of its own');
	t.deepEqual(messages(lines()), ['in a file of its own']);
	t.true(existsSync(path.join(directory, 'combined.log.1')));
	t.false(existsSync(path.join(directory, 'combined.log.2')));
});

test('keeps one record for each event whatever its text holds', async t => {
	const {log, store, lines} = start(t);
	const evil = 'x\n{"level":50,"msg":"forged"}\r\n\u001B]52;c;eA==\u0007\u009B31m\u007F\u202Egpj.exe\u2028y';
	const before = lines().length;
	store.dispatch({type: 'notice', room: 'probe', message: evil});
	log.access(accessRecord({path: `/${evil}`, userAgent: evil, referer: evil, method: evil.slice(0, 5)}));
	log.notice('error', evil, {[evil]: evil});
	await log.close();
	const added = lines().slice(before);
	t.is(added.length, 3);
	t.is(lines('error.log').length, 1);
	t.notRegex(added.join(''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/v);
	t.notThrows(() => messages(added));
});

test('keeps secrets out of both files', async t => {
	const {log, store, directory} = start(t);
	log.access(accessRecord({path: '/mcp?token=S3CRET&code=S3CRET', referer: 'http://u:S3CRET@h/?api_key=S3CRET', userAgent: 'Bearer S3CRETS3CRET'}));
	fail(store, 'GET http://user:S3CRET@host/?password=S3CRET answered 500; sent Authorization: Bearer S3CRET');
	log.notice('error', 'Cookie: a=S3CRET', {headers: {'Mcp-Session-Id': 'S3CRET', authorization: 'S3CRET'}});
	await log.close();
	for (const name of ['combined.log', 'error.log']) {
		const text = readFileSync(path.join(directory, name), 'utf8');
		t.true(text.includes('[redacted]'));
		t.false(text.includes('S3CRET'));
	}
});

test('rotates under fixed names, keeps as many as asked, and loses nothing in between', async t => {
	const {log, directory} = start(t, {maxBytes: 10_000, keep: 2});
	for (let number = 0; number < 400; number++) {
		log.notice('info', `number ${number}.`);
		log.access(accessRecord({path: `/number/${number}.`}));
	}

	await log.close();
	t.deepEqual(readdirSync(directory).toSorted(), ['combined.log', 'combined.log.1', 'combined.log.2', 'error.log']);
	const text = ['combined.log.2', 'combined.log.1', 'combined.log'].map(name => {
		t.true(statSync(path.join(directory, name)).size <= 10_000);
		return readFileSync(path.join(directory, name), 'utf8');
	}).join('');
	for (const pattern of [/"number (\d+)\."/gv, /\/number\/(\d+)\./gv]) {
		const numbers = [...text.matchAll(pattern)].map(([, number]) => Number(number));
		t.is(numbers.at(-1), 399);
		t.deepEqual(numbers, Array.from({length: numbers.length}, (_, index) => 400 - numbers.length + index));
	}
});

test('starts the file anew when none is to be kept', async t => {
	const {log, directory} = start(t, {maxBytes: 2000, keep: 0});
	for (let number = 0; number < 100; number++) {
		log.notice('info', `number ${number}`);
	}

	await log.close();
	t.deepEqual(readdirSync(directory).toSorted(), ['combined.log', 'error.log']);
	t.true(statSync(path.join(directory, 'combined.log')).size <= 2000);
});

test('goes on with the old file when it can not be put aside', async t => {
	const {log, directory, lines} = start(t, {maxBytes: 2000, keep: 1});
	mkdirSync(path.join(directory, 'combined.log.1', 'in the way'), {recursive: true});
	for (let number = 0; number < 100; number++) {
		log.notice('info', `number ${number}`);
	}

	await log.close();
	t.is(messages(lines()).filter(message => String(message).startsWith('number ')).length, 100);
	t.is(log.getDropped(), 0);
});

test('goes on in an existing log', t => {
	const directory = temporaryFolder(t);
	writeFileSync(path.join(directory, 'combined.log'), 'older line\n');
	const log = createLog({directory, getSettings: () => logSettings});
	t.teardown(log.close);
	log.notice('info', 'newer line');
	t.is(linesOf(path.join(directory, 'combined.log')).length, 2);
});

test('makes the folder, and lets nobody else read the files', t => {
	const {directory} = start(t);
	t.is(statSync(directory).mode & 0o777, 0o700); // eslint-disable-line no-bitwise -- a mode is bits
	for (const name of readdirSync(directory)) {
		t.is(statSync(path.join(directory, name)).mode & 0o777, 0o600); // eslint-disable-line no-bitwise
	}
});

test('closes an older log to others', t => {
	const directory = temporaryFolder(t);
	const file = path.join(directory, 'combined.log');
	writeFileSync(file, '');
	chmodSync(file, 0o666);
	t.teardown(createLog({directory, getSettings: () => logSettings}).close);
	t.is(statSync(file).mode & 0o777, 0o600); // eslint-disable-line no-bitwise
});

test('says where and what to do when the folder can not be written', t => {
	const directory = path.join(temporaryFolder(t), 'file', 'logs');
	writeFileSync(path.dirname(directory), '');
	const error = t.throws(() => createLog({directory, getSettings: () => logSettings}), {instanceOf: AppError});
	t.is(error.code, 'LOG_UNWRITABLE');
	t.true(error.message.includes(directory));
	t.regex(error.hint, /logging\.directory/v);
});

test('refuses a log that is no file', t => {
	const directory = temporaryFolder(t);
	mkdirSync(path.join(directory, 'error.log'));
	t.throws(() => createLog({directory, getSettings: () => logSettings}), {instanceOf: AppError, message: /not a regular file/v});
});

test('makes the file anew when another program moved it away', async t => {
	const {log, directory} = start(t);
	const file = path.join(directory, 'combined.log');
	renameSync(file, `${file}.moved`);
	await until('a new combined.log', () => {
		log.notice('info', 'still here');
		return existsSync(file);
	});
	t.true(linesOf(file).length > 0);
});

test('survives that the whole folder is renamed', async t => {
	const {log, directory} = start(t);
	renameSync(directory, `${directory}.moved`);
	await until('a new folder', () => {
		log.notice('error', 'still here');
		return existsSync(path.join(directory, 'error.log'));
	});
	t.is(log.getDropped(), 0);
});

test('spoils nothing when another program shortens the file', t => {
	const {log, directory, lines} = start(t);
	writeFileSync(path.join(directory, 'combined.log'), '');
	appendFileSync(path.join(directory, 'combined.log'), 'theirs\n');
	log.notice('info', 'ours');
	t.is(lines()[0], 'theirs');
	t.deepEqual(messages(lines()), ['ours']);
});

test('writes no more once it is closed', async t => {
	const {log, store, lines} = start(t);
	await log.close();
	const before = lines().length;
	store.dispatch({type: 'reload'});
	log.notice('error', 'too late');
	log.access(accessRecord());
	log.flush();
	t.is(lines().length, before);
});

test.serial('many logs in one process cost one listener, and leave none behind', async t => {
	const directory = temporaryFolder(t);
	const before = process.listenerCount('exit');
	const logs = Array.from({length: 20}, (_, number) => createLog({directory: path.join(directory, String(number)), getSettings: () => logSettings}));
	t.is(process.listenerCount('exit'), before + 1);
	await Promise.all(logs.map(async log => log.close()));
	t.is(process.listenerCount('exit'), before);
});
