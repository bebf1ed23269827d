import {renameSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {watchSettings} from '../../source/settings/watch.ts';
import {temporaryFolder} from '../helpers/folder.ts';
import {until} from '../helpers/until.ts';

const ways: Readonly<Record<string, (file: string) => void>> = {
	'written in place'(file) {
		writeFileSync(file, '{"changed": true}');
	},
	'replaced by an editor'(file) {
		writeFileSync(`${file}~`, '{"changed": true}');
		renameSync(`${file}~`, file);
	},
	removed(file) {
		rmSync(file);
	},
	'turned to another file by a symbolic link'(file) {
		writeFileSync(`${file}.2`, '{"changed": true}');
		rmSync(file);
		symlinkSync(`${path.basename(file)}.2`, file);
	},
};

for (const [way, change] of Object.entries(ways)) {
	test(`notices a file that is ${way}, once`, async t => {
		const file = path.join(temporaryFolder(t), 'settings.json');
		writeFileSync(file, '{}');
		const ended = new AbortController();
		t.teardown(() => {
			ended.abort();
		});
		let count = 0;
		watchSettings({file, signal: ended.signal, interval: 20, onChange() {
			count++;
		}});
		change(file);
		await until('the change is told', () => count > 0, 2000);

		// A second change is told after the first: had the first been told twice, it would be three.
		writeFileSync(file, 'another text');
		await until('the second change is told', () => count > 1, 2000);
		t.is(count, 2);
	});
}

test('says nothing once it has ended', async t => {
	const folder = temporaryFolder(t);
	const [file, other] = [path.join(folder, 'a'), path.join(folder, 'b')];
	const [ended, lasting] = [new AbortController(), new AbortController()];
	t.teardown(() => {
		lasting.abort();
	});
	const told: string[] = [];
	watchSettings({file, signal: ended.signal, interval: 10, onChange() {
		told.push('ended');
	}});
	ended.abort();
	watchSettings({file, signal: ended.signal, interval: 10, onChange() {
		told.push('never begun');
	}});
	watchSettings({file: other, signal: lasting.signal, interval: 50, onChange() {
		told.push('lasting');
	}});
	writeFileSync(file, 'x');
	writeFileSync(other, 'x');
	await until('the other watch has told', () => told.includes('lasting'));
	t.deepEqual(told, ['lasting']);
});
