const headEnd = Buffer.from('\r\n\r\n');
const lastChunk = Buffer.from('\r\n0\r\n\r\n');
const emptyChunked = Buffer.from('0\r\n\r\n');

/** One HTTP/1.1 message off the wire: its head as text, and how long its body is with framing. */
export type Message = Readonly<{head: string; body: Buffer}>;

/** Where a message in `bytes` ends, or undefined when it is not all there. Good enough for the benchmark's own peers, not for strangers. */
const endOf = (bytes: Buffer): {head: string; bodyStart: number; end: number} | undefined => {
	const at = bytes.indexOf(headEnd);
	if (at === -1) {
		return undefined;
	}

	const head = bytes.toString('latin1', 0, at);
	const bodyStart = at + headEnd.length;
	const [, length] = /\r\ncontent-length: *(\d+)/iv.exec(head) ?? [];
	if (length !== undefined) {
		const end = bodyStart + Number(length);
		return end <= bytes.length ? {head, bodyStart, end} : undefined;
	}

	if (!/\r\ntransfer-encoding: *chunked/iv.test(head)) {
		return {head, bodyStart, end: bodyStart};
	}

	if (bytes.subarray(bodyStart, bodyStart + emptyChunked.length).equals(emptyChunked)) {
		return {head, bodyStart, end: bodyStart + emptyChunked.length};
	}

	const last = bytes.indexOf(lastChunk, bodyStart);
	return last === -1 ? undefined : {head, bodyStart, end: last + lastChunk.length};
};

/** Takes bytes as they come and gives back each message once it is whole. */
export const createReader = (onMessage: (message: Message) => void): (chunk: Buffer) => void => {
	let waiting: Buffer | undefined;
	return chunk => {
		let bytes = waiting ? Buffer.concat([waiting, chunk]) : chunk;
		for (let found = endOf(bytes); found; found = endOf(bytes)) {
			onMessage({head: found.head, body: bytes.subarray(found.bodyStart, found.end)});
			bytes = bytes.subarray(found.end);
		}

		waiting = bytes.length > 0 ? bytes : undefined;
	};
};
