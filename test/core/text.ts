import test from 'ava';
import fc from 'fast-check';
import {formatBytes, printable} from '../../source/core/text.ts';

test('leaves ordinary text alone, in any script', t => {
	for (const text of ['', 'plain', 'Ünïcödé', '日本語', '👍🏽', 'a\u0301']) {
		t.is(printable(text), text);
	}
});

test('makes terminal commands, forged lines and reordering visible', t => {
	const cases: ReadonlyArray<[hostile: string, shown: string]> = [
		['\u001B]52;c;AAAA\u0007', String.raw`\x1b]52;c;AAAA\x07`],
		['a\r\nb', String.raw`a\x0d\x0ab`],
		['\u009B31m', String.raw`\x9b31m`],
		['\u202Eevil', String.raw`\u{202e}evil`],
		['a\u200Bb', String.raw`a\u{200b}b`],
		['a\u2028b', String.raw`a\u{2028}b`],
		['\uD800', String.raw`\u{d800}`],
		['\u{E0041}', String.raw`\u{e0041}`],
		['\u007F', String.raw`\x7f`],
	];
	for (const [hostile, shown] of cases) {
		t.is(printable(hostile), shown);
	}
});

test('cuts what is too long', t => {
	t.is(printable('abcdef', 3), 'abc…');
	t.is(printable('x'.repeat(10_000)).length, 501);
});

test('whatever comes in, nothing that commands a terminal goes out', t => {
	t.notThrows(() => {
		fc.assert(fc.property(fc.string({unit: 'binary'}), text => !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/v.test(printable(text))));
	});
});

test('bytes are told in at most four characters', t => {
	t.deepEqual([0, 640, 1234, 38_400, 4_100_000, 2e15].map(bytes => formatBytes(bytes)), ['0', '640', '1.2k', '38k', '4.1M', '2000T']);
});
