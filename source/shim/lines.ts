import {Buffer} from 'node:buffer';

const lineFeed = 0x0A;
const carriageReturn = 0x0D;

/** Bytes of one line; the SDKs take 10 MiB. */
export const maxLine = 16 * (1024 ** 2);

const trimmed = (line: Buffer): Buffer => line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;

/**
The lines of a stream, without their ends; blank ones are left out, undefined stands for one over `limit` bytes. (MCP 2025-11-25,
"stdio": messages are delimited by newlines.) The stream is read only as fast as lines are taken.
*/
export const readLines = async function * (input: AsyncIterable<Uint8Array>, limit = maxLine): AsyncGenerator<Buffer | undefined> {
	let pieces: Buffer[] = [];
	let size = 0;
	const take = (last: Buffer): Buffer | undefined => {
		const line = size + last.length > limit ? undefined : trimmed(Buffer.concat([...pieces, last]));
		pieces = [];
		size = 0;
		return line;
	};

	for await (const chunk of input) {
		let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
		for (let end = rest.indexOf(lineFeed); end !== -1; end = rest.indexOf(lineFeed)) {
			const line = take(rest.subarray(0, end));
			rest = rest.subarray(end + 1);
			if (line?.length !== 0) {
				yield line;
			}
		}

		size += rest.length;
		if (size <= limit) {
			pieces.push(rest);
		} else {
			pieces = []; // Too long: nothing of it is kept.
		}
	}

	const line = take(Buffer.alloc(0));
	if (line?.length !== 0) {
		yield line;
	}
};
