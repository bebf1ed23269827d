import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {followLock, writeLock, type LockReading} from '../../source/store/lock.ts';
import {temporaryFolder} from '../helpers/folder.ts';
import {until} from '../helpers/until.ts';

/** A lock file that says `augment`, followed; what was told, and for waiting. */
const follow = (t: ExecutionContext, {interval, file = path.join(temporaryFolder(t), 'active_system.lock'), onTold}: {interval?: number; file?: string; onTold?: () => void} = {}) => {
	const ended = new AbortController();
	t.teardown(() => {
		ended.abort();
	});
	if (!fs.existsSync(file)) {
		writeLock(file, 'augment');
	}

	const told: LockReading[] = [];
	followLock(file, {signal: ended.signal, ...(interval === undefined ? {} : {interval}), onChange(reading) {
		told.push(reading);
		onTold?.();
	}});
	return {file, told, end() {
		ended.abort();
	}};
};

const ways: Readonly<Record<string, (file: string) => void>> = {
	'writes it in place'(file) {
		fs.writeFileSync(file, 'cline\n');
	},
	'renames another file over it'(file) {
		fs.writeFileSync(`${file}.new`, 'cline');
		fs.renameSync(`${file}.new`, file);
	},
	'removes it and writes it anew'(file) {
		fs.rmSync(file);
		fs.writeFileSync(file, 'cline');
	},
};

for (const [way, change] of Object.entries(ways)) {
	test(`notices within a second that another program ${way}`, async t => {
		const {file, told} = follow(t);
		change(file);
		await until('the change is told', () => told.length > 0, 1000);
		t.deepEqual(told, [{kind: 'name', id: 'cline'}]);
	});
}

test('own writes are no news', async t => {
	const {file, told} = follow(t, {interval: 10});
	const other = follow(t, {interval: 40});
	writeLock(file, 'cline');
	fs.writeFileSync(other.file, 'cline');
	await until('a follower that looks less often has told', () => other.told.length > 0);
	t.deepEqual(told, []);
});

test('another program\'s word right after an own write is news, in the same tick of the clock too', async t => {
	const {file, told} = follow(t);
	writeLock(file, 'beta');
	spawnSync('sh', ['-c', 'cp -p "$0" "$0.copy" && printf zeta > "$0" && touch -r "$0.copy" "$0"', file]);
	await until('the other program\'s word is told', () => told.length > 0, 1000);
	writeLock(file, 'cline');
	fs.writeFileSync(file, 'augment');
	await until('the next is told', () => told.length > 1, 1000);
	t.deepEqual(told, [{kind: 'name', id: 'zeta'}, {kind: 'name', id: 'augment'}]);
});

test('tells what is no name, and that the file is gone', async t => {
	const {file, told} = follow(t);
	fs.writeFileSync(file, '{"active":"x"}');
	await until('the foreign content is told', () => told.length > 0, 1000);
	fs.rmSync(file);
	await until('the end of the file is told', () => told.length > 1, 1000);
	t.deepEqual(told.map(({kind}) => kind), ['invalid', 'absent']);
});

test('an empty moment in another program\'s write is not told', async t => {
	const {file, told} = follow(t, {interval: 50});
	// It looks at 60, when the other one has looked once, at 50.
	const later = follow(t, {interval: 60, onTold() {
		fs.writeFileSync(file, 'cline');
	}});
	fs.writeFileSync(file, '');
	fs.writeFileSync(later.file, 'cline');
	await until('the name is told', () => told.length > 0);
	t.deepEqual(told, [{kind: 'name', id: 'cline'}]);
});

test('says nothing once it has ended', async t => {
	const {file, told, end} = follow(t);
	const other = follow(t);
	end();
	fs.writeFileSync(file, 'cline');
	fs.writeFileSync(other.file, 'cline');
	await until('a follower that goes on has told', () => other.told.length > 0, 1000);
	t.deepEqual(told, []);
});
