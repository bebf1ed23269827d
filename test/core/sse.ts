import test from 'ava';
import fc from 'fast-check';
import {createFrameReader, keepAliveFrame, writeFrame, type Frame} from '../../source/mcp/sse.ts';

type Plain = Omit<Frame, 'data'> & {data?: string};

const plain = ({data, ...rest}: Frame): Plain => ({...rest, ...(data && {data: Buffer.from(data).toString()})});

const read = (text: string | Uint8Array, cuts: readonly number[] = []): Plain[] => {
	const reader = createFrameReader();
	const bytes = Buffer.from(text as string);
	const places = [0, ...cuts.map(cut => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
	return places.slice(1).flatMap((place, index) => reader.push(bytes.subarray(places[index], place))).map(frame => plain(frame));
};

test('every field of an event is read, and an event may have any of them alone', t => {
	t.deepEqual(read('id: 7\nevent: message\nretry: 250\ndata: {"a":1}\n\n'), [{id: '7', event: 'message', retry: 250, data: '{"a":1}'}]);
	t.deepEqual(read('id: 7\n\nretry: 5\n\ndata\n\ndata: \n\nevent: ping\n\n'), [{id: '7'}, {retry: 5}, {data: ''}, {data: ''}, {event: 'ping'}]);
});

test('lines may end in LF, CRLF or CR, cut anywhere', t => {
	for (const end of ['\n', '\r\n', '\r']) {
		const text = ['id: 1', 'data: one', '', 'data: two', 'data: three', '', ''].join(end);
		for (let cut = 0; cut <= text.length; cut++) {
			t.deepEqual(read(text, [cut]), [{id: '1', data: 'one'}, {data: 'two\nthree'}], `${JSON.stringify(end)} cut at ${cut}`);
		}

		t.deepEqual(read(text, Array.from({length: text.length}, (_, index) => index)), [{id: '1', data: 'one'}, {data: 'two\nthree'}]);
	}
});

test('comments and unknown fields are nothing, nor are blank lines', t => {
	t.deepEqual(read(': hello\n\n\n\n:\n\nfoo: bar\n\ndata:x\n\n'), [{data: 'x'}]);
	t.deepEqual(read(keepAliveFrame), []);
});

test('one space after the colon belongs to the field, more to its value', t => {
	t.deepEqual(read('data:  x\n\ndata:x: y\n\n'), [{data: ' x'}, {data: 'x: y'}]);
});

test('a byte order mark at the beginning is skipped', t => {
	t.deepEqual(read('\u{FEFF}data: x\n\ndata: \u{FEFF}\n\n'), [{data: 'x'}, {data: '\u{FEFF}'}]);
});

test('ids with NUL and times that are no numbers are ignored', t => {
	t.deepEqual(read('id: a\0b\nretry: soon\ndata: x\n\nretry: 99999999999\ndata: y\n\n'), [{data: 'x'}, {data: 'y'}]);
});

test('an event without its blank line is not told', t => {
	t.deepEqual(read('data: x\n\ndata: y\n'), [{data: 'x'}]);
});

test('an event over the limit is an error, whole or in pieces, also of comments; many small ones are none', t => {
	const reader = createFrameReader(100);
	for (let index = 0; index < 50; index++) {
		t.is(reader.push(Buffer.from('data: 1234567890\n\n')).length, 1);
	}

	t.throws(() => createFrameReader(100).push(Buffer.from(`data: ${'x'.repeat(100)}\n\n`)), {message: /over 100 bytes/v});
	t.throws(() => {
		const small = createFrameReader(100);
		for (let index = 0; index < 200; index++) {
			small.push(Buffer.from(':'));
		}
	});
	t.throws(() => createFrameReader(100).push(Buffer.from('data: 1234567890\n'.repeat(20))));
});

test('what is written is read again, however it is cut', t => {
	const word = fc.string({unit: 'grapheme', maxLength: 20}).map(text => text.replaceAll(/[\n\r\0]/gv, ''));
	const lineEnds = fc.string({unit: fc.constantFrom('a', 'ü', '\n', '\r', ' ', ':'), maxLength: 20});
	const frame = fc.record({id: word, event: word.filter(text => text !== ''), data: lineEnds, retry: fc.nat(1e6)}, {requiredKeys: ['data']});
	fc.assert(fc.property(fc.array(frame, {maxLength: 5}), fc.array(fc.nat(), {maxLength: 8}), (frames, cuts) => {
		const bytes = Buffer.concat(frames.map(({data, ...rest}) => writeFrame({...rest, data: Buffer.from(data)})));
		t.deepEqual(read(bytes, cuts), frames.map(({data, ...rest}) => ({...rest, data: data.replaceAll(/\r\n|\r/gv, '\n')})));
	}));
});
