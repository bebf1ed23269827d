import {figureOf, ratioOf, type Figure} from './figures.ts';
import type {Column, Table} from './result.ts';

/** A table in Markdown; all columns but the first `texts` are numbers. */
export const markdownTable = (head: readonly string[], rows: ReadonlyArray<readonly string[]>, texts = 1): string => [
	`| ${head.join(' | ')} |`,
	`|${head.map((_, index) => index < texts ? ' --- |' : ' ---: |').join('')}`,
	...rows.map(row => `| ${row.join(' | ')} |`),
].join('\n');

const ratioCell = (figure: Figure | undefined): string => figure ? `${figure.middle.toFixed(2)} (${figure.least.toFixed(2)}–${figure.most.toFixed(2)})` : '–';

const cell = (figure: Figure | undefined, {digits}: Column): string => figure ? figure.middle.toFixed(digits) : '–';

/** Ratios first (median, and least to most), then absolute medians. */
export const describeTable = (table: Table): string => {
	const {columns, rows, baseline} = table;
	const ratios = columns.filter(({isRatio}) => isRatio);
	const head = ['', ...ratios.map(({title}) => `${title.replace(/ .s$|,? [mµ]s.*$/v, '')} × ${baseline}`), ...columns.map(({title}) => title)];
	return markdownTable(head, rows.map(({name}) => [
		name,
		...ratios.map(({key}) => ratioCell(ratioOf(table, name, key))),
		...columns.map(column => cell(figureOf(table, name, column.key), column)),
	]));
};
