import test from 'ava';
import fc from 'fast-check';
import {parseJson} from '../../source/settings/json.ts';

test('reads whatever JSON.parse reads, to the same value', t => {
	fc.assert(fc.property(fc.jsonValue(), fc.constantFrom(undefined, '\t', 3), (value, indent) => {
		const text = JSON.stringify(value, undefined, indent);
		fc.pre(!text.includes('__proto__')); // That name is refused: see the last test.
		t.deepEqual(parseJson(text).value, JSON.parse(text));
	}), {numRuns: 300});
});

test('refuses whatever JSON.parse refuses', t => {
	const piece = fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"b"', '1', '-', '01', '1e3', '.5', 'true', 'nul', ' ', '\n', String.raw`"\x"`, '"', '\\', '\'c\'', '//');
	fc.assert(fc.property(fc.array(piece, {maxLength: 8}), pieces => {
		const text = pieces.join('');
		const {value, problems} = parseJson(text);
		let isJson = true;
		try {
			JSON.parse(text);
		} catch {
			isJson = false;
		}

		t.is(value !== undefined, isJson, text);
		t.is(value === undefined, problems.some(({message}) => message.startsWith('not JSON')));
	}), {numRuns: 2000});
});

test('knows where each key is, and the nearest thing around one that is not there', t => {
	const {locate} = parseJson('{\n  "a": {\n    "b": [1,\n      {"c": 2}]\n  }\n}');
	t.deepEqual(locate(['a']), {line: 2, column: 3});
	t.deepEqual(locate(['a', 'b', 1, 'c']), {line: 4, column: 8});
	t.deepEqual(locate(['a', 'b', 0]), {line: 3, column: 11});
	t.deepEqual(locate(['a', 'x', 'y']), {line: 2, column: 3});
	t.deepEqual(locate(['x']), {line: 1, column: 1});
	t.deepEqual(locate([]), {line: 1, column: 1});
});

test('a byte order mark is no mistake', t => {
	t.deepEqual(parseJson('\uFEFF{"a": 1}').value, {a: 1});
});

test('names no object has are plain names, and the one that would change the object is refused', t => {
	const {value, problems} = parseJson('{"constructor": 1, "toString": 2, "__proto__": {"x": 1}}');
	t.deepEqual(Object.keys(new Object(value)), ['constructor', 'toString']);
	t.is(Object.getPrototypeOf(value), Object.prototype);
	t.is(problems.length, 1);
});
