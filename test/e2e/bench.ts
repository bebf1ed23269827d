import {execFile} from 'node:child_process';
import process from 'node:process';
import {promisify} from 'node:util';
import test from 'ava';

test('the benchmark runs, and every answer in it is right', async t => {
	t.timeout(120_000);
	const {stdout} = await promisify(execFile)(process.execPath, ['dist/bench/run.js', '--short'], {timeout: 110_000});
	t.deepEqual([...stdout.matchAll(/^(\w+): [1-9]\d* tables, 0 wrong answers$/gmv)].map(([, suite]) => suite), ['http', 'streams', 'failover', 'mcp', 'dashboard', 'growth', 'scale']);
});
