/** Splits bytes into lines: `\n` ends one, a `\r` before it is dropped, blank ones are left out. */
export type LineReader = Readonly<{
	/** The lines that these bytes complete. */
	push: (chunk: Uint8Array) => Buffer[];
	/** Whether a line was given up for being longer than the limit. */
	hasDropped: () => boolean;
}>;

const newLine = 0x0A;
const carriageReturn = 0x0D;

/** `limit`: bytes of a line; a longer one is dropped whole. */
export const createLineReader = (limit: number): LineReader => {
	let parts: Uint8Array[] = [];
	let size = 0;
	let hasDropped = false;

	const take = (last: Uint8Array): Buffer => {
		const line = Buffer.concat([...parts, last]);
		parts = [];
		const isDropped = size + last.length > limit;
		hasDropped ||= isDropped;
		size = 0;
		return isDropped ? Buffer.alloc(0) : line.subarray(0, line.at(-1) === carriageReturn ? -1 : undefined);
	};

	return {
		push(chunk) {
			const lines: Buffer[] = [];
			let start = 0;
			for (let end = chunk.indexOf(newLine); end !== -1; end = chunk.indexOf(newLine, start)) {
				const line = take(chunk.subarray(start, end));
				if (line.length > 0) {
					lines.push(line);
				}

				start = end + 1;
			}

			const rest = chunk.subarray(start);
			size += rest.length;
			if (size > limit) {
				parts = []; // Its end is still to come; `take` sees that it was too long.
			} else if (rest.length > 0) {
				parts.push(rest);
			}

			return lines;
		},
		hasDropped: () => hasDropped,
	};
};
