import {createRequire} from 'node:module';
import {stripVTControlCharacters} from 'node:util';
import type stringWidth from 'string-width';

const require = createRequire(import.meta.url);
const ascii = /^[\u0020-\u007E]*$/v;

/** Terminal cells a text takes, colours aside. What is not ASCII is left to string-width, whose patterns take 40 ms to load. */
const widthOf = (text: string): number => {
	const bare = stripVTControlCharacters(text);
	return ascii.test(bare) ? bare.length : (require('string-width') as {default: typeof stringWidth}).default(bare); // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- what `require` gives has no type
};

/** Text in a column of that width, by display width; longer text sticks out. */
export const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** Rows in columns two spaces apart, by display width; the last column is not padded. Cells may be painted. */
export const columns = (rows: ReadonlyArray<readonly string[]>): string => {
	const widths: number[] = [];
	for (const row of rows) {
		for (const [index, cell] of row.entries()) {
			widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
		}
	}

	return rows.map(row => row.map((cell, index) => padded(cell, widths[index] ?? 0)).join('  ').trimEnd()).join('\n');
};

/** How many rows of a terminal of that width a text takes. */
export const heightOf = (text: string, width: number): number => text.split('\n').map(line => Math.max(1, Math.ceil(widthOf(line) / width))).reduce((sum, rows) => sum + rows, 0);
