import {ours} from '../contenders/ours.ts';
import {figureOf} from './figures.ts';
import type {Table} from './result.ts';

const width = 760;
const labelWidth = 230;
const valueWidth = 90;
const rowHeight = 26;
const top = 46;

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

// Its own ground, so that it reads the same on a light and on a dark page.
const style = `
.ground { fill: #fff; stroke: #d0d7de }
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.bar { fill: #8c959f }
.own { fill: #0969da }
.range { stroke: #1f2328; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
	.ground { fill: #0d1117; stroke: #30363d }
	text { fill: #e6edf3 }
	.bar { fill: #6e7681 }
	.own { fill: #4493f8 }
	.range { stroke: #e6edf3 }
}`;

/** A bar chart of one column of a table, as SVG: bars are medians, lines reach from the least to the most of the rounds. */
export const drawPicture = (table: Table): string => {
	const column = table.columns.find(({key}) => key === table.picture);
	const bars = table.rows.flatMap(({name}) => {
		const figure = figureOf(table, name, table.picture);
		return figure ? [{name, ...figure}] : [];
	});
	const longest = Math.max(...bars.map(({most}) => most), Number.MIN_VALUE);
	const room = width - labelWidth - valueWidth;
	const x = (value: number): string => (labelWidth + (Math.max(0, value) / longest * room)).toFixed(1);
	const height = top + (bars.length * rowHeight) + 10;
	const title = `${table.title}: ${column?.title ?? table.picture}`;
	const rows = bars.map(({name, middle, least, most}, index) => {
		const y = top + (index * rowHeight);
		const line = y + 9;
		return `<text x="${labelWidth - 8}" y="${y + 14}" text-anchor="end">${escape(name)}</text>
<rect class="bar${name.startsWith(ours) ? ' own' : ''}" x="${labelWidth}" y="${y}" width="${(Number(x(middle)) - labelWidth).toFixed(1)}" height="18" rx="2"/>
<path class="range" d="M${x(least)} ${line}H${x(most)}"/>
<text x="${Number(x(most)) + 8}" y="${y + 14}">${middle.toFixed(column?.digits ?? 0)}</text>`;
	});
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">
<style>${style}
</style>
<rect class="ground" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6"/>
<text class="title" x="16" y="26">${escape(title)}</text>
${rows.join('\n')}
</svg>
`;
};
