import {Buffer} from 'node:buffer';
import test from 'ava';
import {readLines} from '../../source/shim/lines.ts';

const linesOf = async (chunks: readonly string[], limit?: number): Promise<Array<string | undefined>> => {
	const found: Array<string | undefined> = [];
	const input = (async function * () {
		for (const chunk of chunks) {
			yield Buffer.from(chunk, 'latin1');
		}
	})();
	for await (const line of readLines(input, limit)) {
		found.push(line?.toString('utf8'));
	}

	return found;
};

test('lines are cut anywhere, end in LF or CRLF, and blank ones are left out', async t => {
	t.deepEqual(await linesOf(['{"a"', ':1}\n{"b', '":2}\r', '\n\n\r\n', '{"c":3}']), ['{"a":1}', '{"b":2}', '{"c":3}']);
	t.deepEqual(await linesOf(['\u00C3', '\u00A9\n']), ['é'], 'a character cut in two');
	t.deepEqual(await linesOf([]), []);
});

test('a line that is too long is told as such, and those after it are read', async t => {
	t.deepEqual(await linesOf(['1234', '5678', '90\nabc\n'], 8), [undefined, 'abc']);
	t.deepEqual(await linesOf(['12345678\n123456789'], 8), ['12345678', undefined]);
});
