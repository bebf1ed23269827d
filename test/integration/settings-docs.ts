import {mkdirSync, readdirSync, readFileSync, writeFileSync, copyFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {derive} from '../../source/settings/derive.ts';
import {loadSettings} from '../../source/settings/load.ts';
import {testCertificate, testKey} from '../helpers/certificate.ts';
import {temporaryFolder} from '../helpers/folder.ts';
import {generated} from '../helpers/generated.ts';

for (const {file, render} of generated) {
	test(`${file} is what the code says (else: npm run docs)`, t => {
		t.is(readFileSync(file, 'utf8'), render());
	});
}

const examples = 'config/examples';

for (const name of readdirSync(examples)) {
	test(`${name} is an example that works`, t => {
		const folder = temporaryFolder(t);
		const file = path.join(folder, name);
		copyFileSync(path.join(examples, name), file);
		mkdirSync(path.join(folder, 'certificates'));
		for (const [pem, text] of [['ca.pem', testCertificate], ['client.pem', testCertificate], ['client.key', testKey]] as const) {
			writeFileSync(path.join(folder, 'certificates', pem), text);
		}

		const {settings} = loadSettings({path: file, env: {PMCP_TOKEN: '0123456789abcdef', HOSTED_TOKEN: 'x'}});
		const {targets, endpoints, plans} = derive(settings);
		t.true(targets.length > 1);
		t.deepEqual([...endpoints.keys()], [...plans.keys()]);
	});
}

test('the examples are found by editors to follow the schema', t => {
	for (const name of readdirSync(examples)) {
		const content: unknown = JSON.parse(readFileSync(path.join(examples, name), 'utf8'));
		t.like(content, {$schema: '../schema.json'});
	}
});

test('every key is described', t => {
	const undescribed = generated.find(({file}) => file.endsWith('.md'))?.render().split('\n').filter(line => /^\| `.*\|\s*\|$/v.test(line));
	t.deepEqual(undescribed, []);
});
