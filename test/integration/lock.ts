import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {cleanLock, readLock, writeLock} from '../../source/store/lock.ts';
import {temporaryFolder} from '../helpers/folder.ts';

const place = (t: ExecutionContext): string => path.join(temporaryFolder(t), 'active_system.lock');

const isRoot = process.geteuid?.() === 0;

test('what is written is the bare name, for its owner only, and nothing is left beside it', t => {
	const file = path.join(path.dirname(place(t)), 'not', 'there yet', 'lock');
	t.is(writeLock(file, 'augment'), undefined);
	t.is(fs.readFileSync(file, 'utf8'), 'augment');
	t.is(fs.statSync(file).mode & 0o777, 0o600); // eslint-disable-line no-bitwise -- permission bits
	t.deepEqual(fs.readdirSync(path.dirname(file)), ['lock']);
	t.deepEqual(readLock(file), {kind: 'name', id: 'augment'});
});

test('is absent until it is written', t => {
	t.deepEqual(readLock(place(t)), {kind: 'absent'});
	t.deepEqual(readLock(path.join(place(t), '..', 'gone', 'lock')), {kind: 'absent'});
});

for (const [content, id] of [['cline', 'cline'], ['cline\n', 'cline'], ['cline\r\n', 'cline'], ['Größe.1', 'Größe.1'], ['a'.repeat(64), 'a'.repeat(64)]] as const) {
	test(`reads ${JSON.stringify(content)} as another program wrote it`, t => {
		const file = place(t);
		fs.writeFileSync(file, content);
		t.deepEqual(readLock(file), {kind: 'name', id});
	});
}

const foreign: ReadonlyArray<[title: string, content: string | Uint8Array, reason: string]> = [
	['an empty file', '', 'is empty'],
	['a lone line break', '\n', 'is empty'],
	['two lines', 'a\nb\n', 'does not hold the name of a target'],
	['JSON', '{"active":"gone"}', 'does not hold the name of a target'],
	['binary data', Uint8Array.from({length: 200}, (_, index) => index), 'does not hold the name of a target'],
	['broken UTF-8', Uint8Array.from([0x61, 0xFF]), 'does not hold the name of a target'],
	['a terminal command', '\u001B]52;c;eA==\u0007', 'does not hold the name of a target'],
	['a path', '../../etc/passwd', 'does not hold the name of a target'],
	['a word every object knows', 'constructor', 'does not hold the name of a target'],
	['a name that is too long', 'a'.repeat(65), 'does not hold the name of a target'],
	['a long text', 'a'.repeat(1025), 'is larger than 1024 bytes'],
];

for (const [title, content, reason] of foreign) {
	test(`${title} is no name, and is replaced by the next write`, t => {
		const file = place(t);
		fs.writeFileSync(file, content);
		t.deepEqual(readLock(file), {kind: 'invalid', reason});
		t.is(writeLock(file, 'augment'), undefined);
		t.deepEqual(readLock(file), {kind: 'name', id: 'augment'});
	});
}

test('100 MB are not read', t => {
	const file = place(t);
	fs.writeFileSync(file, 'augment');
	fs.truncateSync(file, 100 * (1024 ** 2));
	const before = process.memoryUsage().arrayBuffers;
	t.like(readLock(file), {kind: 'invalid', reason: 'is larger than 1024 bytes'});
	t.true(process.memoryUsage().arrayBuffers - before < 1024 ** 2);
});

const intruders: Readonly<Record<string, (file: string) => void>> = {
	'is a folder'(file) {
		fs.mkdirSync(file);
	},
	'is a symbolic link'(file) {
		fs.writeFileSync(`${file}.target`, 'augment');
		fs.symlinkSync(`${file}.target`, file);
	},
	'is no regular file'(file) {
		spawnSync('sh', ['-c', 'mkfifo "$0"', file]);
	},
};

for (const [reason, intrude] of Object.entries(intruders)) {
	test(`what ${reason} is neither read nor written nor waited for`, t => {
		const file = place(t);
		intrude(file);
		const before = fs.readdirSync(path.dirname(file));
		t.deepEqual(readLock(file), {kind: 'invalid', reason});
		const fault = writeLock(file, 'cline');
		t.is(fault?.message, `The lock file ${file} ${reason}.`);
		t.deepEqual(fs.readdirSync(path.dirname(file)), before);
	});
}

test('the file a symbolic link leads to is left alone', t => {
	const file = place(t);
	fs.writeFileSync(`${file}.target`, 'augment');
	fs.symlinkSync(`${file}.target`, file);
	t.truthy(writeLock(file, 'cline'));
	t.is(fs.readFileSync(`${file}.target`, 'utf8'), 'augment');
	t.is(fs.readlinkSync(file), `${file}.target`);
});

test('a symbolic link to nowhere stays one', t => {
	const file = place(t);
	fs.symlinkSync('nowhere', file);
	t.deepEqual(readLock(file), {kind: 'invalid', reason: 'is a symbolic link'});
	t.truthy(writeLock(file, 'cline'));
	t.is(fs.readlinkSync(file), 'nowhere');
	t.deepEqual(fs.readdirSync(path.dirname(file)), [path.basename(file)]);
});

test('a lock file anyone may write becomes the owner\'s alone with the next write', t => {
	const file = place(t);
	fs.writeFileSync(file, 'cline');
	fs.chmodSync(file, 0o666);
	t.deepEqual(readLock(file), {kind: 'name', id: 'cline'});
	t.is(writeLock(file, 'augment'), undefined);
	t.is(fs.statSync(file).mode & 0o777, 0o600); // eslint-disable-line no-bitwise -- permission bits
});

test('a failed write is a value, and leaves the old name and no other file', t => {
	const file = path.join(place(t), 'lock');
	fs.writeFileSync(path.dirname(file), 'a file where the folder should be');
	t.regex(writeLock(file, 'augment')?.message ?? '', /lock can not be written \((?:EEXIST|ENOTDIR)\)\.$/v);
	t.is(writeLock(file, 'augment')?.code, 'FAILED');
	t.like(readLock(file), {kind: 'invalid'});
});

test('a full disk leaves the old name', async t => {
	// A name longer than the file size limit of the child: its write fails as on a full disk, part-way.
	const file = place(t);
	writeLock(file, 'augment');
	const module = new URL('../../source/store/lock.js', import.meta.url).href;
	const script = `process.on('SIGXFSZ', () => {}); const {writeLock} = await import('${module}'); console.log(writeLock(${JSON.stringify(file)}, 'cline')?.message);`;
	const child = spawn('sh', ['-c', 'ulimit -f 0 && exec "$0" --input-type=module -e "$1"', process.execPath, script], {stdio: ['ignore', 'pipe', 'inherit']});
	t.teardown(() => child.kill('SIGKILL'));
	let output = '';
	child.stdout.on('data', (chunk: Uint8Array) => {
		output += String(chunk);
	});
	await once(child, 'close');
	t.regex(output, /can not be written \(EFBIG\)/v);
	t.deepEqual(readLock(file), {kind: 'name', id: 'augment'});
	t.deepEqual(fs.readdirSync(path.dirname(file)), [path.basename(file)]);
});

if (isRoot) { // Nobody else can make a file of another user.
	test('what belongs to another user is neither read nor replaced', t => {
		const file = place(t);
		fs.writeFileSync(file, 'cline');
		fs.chownSync(file, 4321, 4321);
		fs.chmodSync(file, 0o666);
		fs.chmodSync(path.dirname(file), 0o777);
		const module = new URL('../../source/store/lock.js', import.meta.url).href;
		const script = `const {readLock, writeLock} = await import('${module}'); process.setuid(1234);
			console.log(JSON.stringify([readLock(process.argv[1]), writeLock(process.argv[1], 'augment')?.message]));`;
		const {stdout} = spawnSync(process.execPath, ['--input-type=module', '-e', script, file], {encoding: 'utf8'});
		t.deepEqual(JSON.parse(stdout), [{kind: 'invalid', reason: 'belongs to another user'}, `The lock file ${file} belongs to another user.`]);
		t.is(fs.readFileSync(file, 'utf8'), 'cline');
	});
}

test('what killed writers left is removed; what others own stays', async t => {
	const file = place(t);
	const name = path.basename(file);
	const child = spawn(process.execPath, ['-e', '']);
	await once(child, 'close');
	const stray = `.${name}.${child.pid}.0123456789abcdef.tmp`;
	const kept = [`.${name}.${process.pid}.0123456789abcdef.tmp`, `.${name}.1.0123456789abcdef.tmp`, `.other.${child.pid}.0123456789abcdef.tmp`, `.${name}.tmp`, `${name}~`];
	for (const entry of [stray, ...kept]) {
		fs.writeFileSync(path.join(path.dirname(file), entry), 'x');
	}

	cleanLock(file);
	t.deepEqual(fs.readdirSync(path.dirname(file)).toSorted(), kept.toSorted());
	t.notThrows(() => {
		cleanLock(path.join(file, 'gone', 'lock'));
	});
});

test('a writer killed at any moment leaves one whole name, and what it left beside is cleaned', async t => {
	t.timeout(120_000);
	const program = fileURLToPath(new URL('../helpers/lock-child.js', import.meta.url));
	const file = place(t);
	writeLock(file, 'augment');
	const names = new Set<string>();
	let strays = 0;
	for (let run = 0; run < 100; run++) {
		const child = spawn(process.execPath, [program, file], {stdio: ['ignore', 'pipe', 'inherit']});
		t.teardown(() => child.kill('SIGKILL'));
		await once(child.stdout, 'data'); // eslint-disable-line no-await-in-loop -- one writer at a time
		const end = performance.now() + (Math.random() * 5);
		const closed = once(child, 'close');
		while (performance.now() < end) {
			names.add(JSON.stringify(readLock(file))); // Readers at every moment see one whole name.
		}

		child.kill('SIGKILL');
		await closed; // eslint-disable-line no-await-in-loop
		names.add(JSON.stringify(readLock(file)));
		strays += fs.readdirSync(path.dirname(file)).length - 1;
		cleanLock(file);
		t.deepEqual(fs.readdirSync(path.dirname(file)), [path.basename(file)]);
	}

	t.log(`${strays} files left beside and cleaned`);
	t.deepEqual([...names].toSorted(), ['{"kind":"name","id":"augment"}', '{"kind":"name","id":"cline-the-second"}']);
});
