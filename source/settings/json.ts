import type {KeyPath} from './fault.ts';

export type Json = null | boolean | number | string | Json[] | {[key: string]: Json};

type Position = Readonly<{line: number; column: number}>;

type Problem = Position & Readonly<{path: KeyPath; message: string}>;

/** `locate` finds where a key (or, when it is not there, the nearest thing around it) is written. */
export type Document = Readonly<{value: Json | undefined; problems: readonly Problem[]; locate: (path: KeyPath) => Position}>;

type Cursor = {index: number; depth: number};
type Reader = Readonly<{text: string; at: Cursor; starts: Map<string, number>; problems: Problem[]}>;

const depthLimit = 64;
const quoted = /"(?:[^"\\]|\\.)*"/vy;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+\-]?\d+)?/vy;
const word = /\w+/vy;
const words: ReadonlyMap<string, Json> = new Map([['true', true], ['false', false], ['null', null]]);

class SyntaxFault extends Error {
	override readonly name = 'SyntaxFault';
}

/*
JSON.parse gives a position for some mistakes only, none for values, and takes the last of two equal keys in silence.
Hence this parser (RFC 8259): small, strict, with a limit on depth.
*/

/** Parse JSON and remember where each key is. Mistakes are returned: a syntax error ends the reading (`value` is undefined), a key written twice does not. */
export const parseJson = (text: string): Document => {
	const reader: Reader = {text, at: {index: text.startsWith('\uFEFF') ? 1 : 0, depth: 0}, starts: new Map(), problems: []};
	const locate = (path: KeyPath): Position => positionAt(text, reader.starts.get(keyOf(path)) ?? (path.length > 0 ? undefined : 0)) ?? locate(path.slice(0, -1));
	try {
		const value = readValue(reader, []);
		if (peek(reader) !== '') {
			fail(`expected nothing after the end, found ${found(reader)}`);
		}

		return {value, problems: reader.problems, locate};
	} catch (error) {
		if (!(error instanceof SyntaxFault)) {
			throw error;
		}

		const position = positionAt(text, reader.at.index) ?? {line: 1, column: 1};
		return {value: undefined, problems: [{...position, path: [], message: `not JSON: ${error.message}`}], locate};
	}
};

const keyOf = (path: KeyPath): string => JSON.stringify(path);

const positionAt = (text: string, index: number | undefined): Position | undefined => {
	if (index === undefined) {
		return undefined;
	}

	const lines = text.slice(0, index).split('\n');
	return {line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1};
};

const fail = (message: string): never => {
	throw new SyntaxFault(message);
};

/** The next character that is no white space, or `''` at the end. */
const peek = ({text, at}: Reader): string => {
	while (' \t\r\n'.includes(text[at.index] ?? 'end')) {
		at.index++;
	}

	return text[at.index] ?? '';
};

const found = (reader: Reader): string => {
	const next = peek(reader);
	if (next === '/' || next === '#') {
		return 'a comment, which JSON does not have';
	}

	if (next === '\'') {
		return 'a single quote (JSON strings stand in double quotes)';
	}

	return next === '' ? 'the end of the file' : JSON.stringify(next);
};

const take = ({text, at}: Reader, pattern: RegExp): string | undefined => {
	pattern.lastIndex = at.index;
	const [token] = pattern.exec(text) ?? [];
	at.index += token?.length ?? 0;
	return token;
};

const readValue = (reader: Reader, path: KeyPath): Json => {
	const next = peek(reader);
	if (!reader.starts.has(keyOf(path))) {
		reader.starts.set(keyOf(path), reader.at.index);
	}

	if (next === '{' || next === '[') {
		if (++reader.at.depth > depthLimit) {
			fail(`nested deeper than ${depthLimit} levels`);
		}

		const value = next === '{' ? readObject(reader, path) : readArray(reader, path);
		reader.at.depth--;
		return value;
	}

	if (next === '"') {
		return readString(reader);
	}

	const digits = take(reader, number);
	if (digits !== undefined) {
		return Number(digits);
	}

	const {index} = reader.at;
	const value = words.get(take(reader, word) ?? '');
	if (value === undefined) {
		reader.at.index = index;
		return fail(`expected a value, found ${found(reader)}`);
	}

	return value;
};

const readString = (reader: Reader): string => {
	const {index} = reader.at;
	try {
		const value: unknown = JSON.parse(take(reader, quoted) ?? '');
		return String(value);
	} catch {
		reader.at.index = index;
		return fail('a string that does not end, or holds a line break, a control character or an unknown escape');
	}
};

const readObject = (reader: Reader, path: KeyPath): Json => {
	const entries = new Map<string, Json>();
	readItems(reader, '}', () => {
		if (peek(reader) !== '"') {
			fail(`expected a key in double quotes, found ${found(reader)}`);
		}

		const {index} = reader.at;
		const key = readString(reader);
		const here = [...path, key];
		if (entries.has(key) || key === '__proto__') {
			const position = positionAt(reader.text, index) ?? {line: 1, column: 1};
			reader.problems.push({...position, path: here, message: entries.has(key) ? 'is written twice' : 'is not accepted as a name'});
		}

		reader.starts.set(keyOf(here), index);
		expect(reader, ':');
		entries.set(key, readValue(reader, here));
	});
	entries.delete('__proto__');
	return Object.fromEntries(entries);
};

const readArray = (reader: Reader, path: KeyPath): Json => {
	const items: Json[] = [];
	readItems(reader, ']', () => {
		items.push(readValue(reader, [...path, items.length]));
	});
	return items;
};

const expect = (reader: Reader, character: string): void => {
	if (peek(reader) !== character) {
		fail(`expected ${JSON.stringify(character)}, found ${found(reader)}`);
	}

	reader.at.index++;
};

/** What stands between the opening bracket at the cursor and `close`, parted by commas. */
const readItems = (reader: Reader, close: '}' | ']', readItem: () => void): void => {
	reader.at.index++;
	if (peek(reader) === close) {
		reader.at.index++;
		return;
	}

	for (;;) {
		readItem();
		if (peek(reader) === close) {
			reader.at.index++;
			return;
		}

		if (peek(reader) !== ',') {
			fail(`expected "," or "${close}", found ${found(reader)}`);
		}

		reader.at.index++;
		if (peek(reader) === close) {
			fail(`a comma before "${close}"`);
		}
	}
};
