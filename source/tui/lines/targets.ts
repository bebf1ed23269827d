import {formatAge, formatDuration} from '../../core/duration.ts';
import {noAnswer, probesKept, stateWord, type State, type TargetState} from '../../core/state.ts';
import {clean, fit, formatRate, formatShare, widthOf} from '../text.ts';
import {draw, fillPieces, paint, sparkline, statePiece, type Look, type Piece} from '../theme.ts';
import {cellPieces, type Column} from './columns.ts';

/** What a column draws: one target's part of a row, already as wide as the column. */
type Row = Readonly<{target: TargetState; order: number | undefined; isActive: boolean; sessions: number; at: number}>;

const latency = (ms: number | undefined): string => ms === undefined ? '-' : formatDuration(ms);

const probe = ({target: {probes, admin}}: Row): string => {
	const last = probes.at(-1);
	if (last === undefined) {
		return '-';
	}

	return last === noAnswer || admin === 'maintenance' ? '-' : formatDuration(last);
};

const dash: Piece = ['dim', '-'];
const quiet = (text: string): string | Piece[] => text === '-' ? [dash] : text;

/** Every column after the name, in the order of the screen. */
const columns: ReadonlyArray<Column<Row>> = [
	{title: 'STATE', width: 7, rank: 0, cell: ({target}, look) => [statePiece(look, stateWord(target))]},
	{title: 'PROBE', width: 6, align: 'right', rank: 1, cell: row => quiet(probe(row))},
	{title: 'P50', width: 6, align: 'right', rank: 10, cell: ({target}) => quiet(latency(target.traffic.p50))},
	{title: 'P95', width: 6, align: 'right', rank: 4, cell: ({target}) => quiet(latency(target.traffic.p95))},
	{title: 'REQ/S', width: 6, align: 'right', rank: 2, cell: ({target}) => formatRate(target.traffic.rate)},
	{title: 'ERR%', width: 5, align: 'right', rank: 3, cell: ({target}) => quiet(formatShare(target.traffic.errorRate))},
	{title: 'SESS', width: 4, align: 'right', rank: 5, cell: ({sessions}) => sessions === 0 ? [dash] : String(sessions)},
	{title: 'TOOLS', width: 5, align: 'right', rank: 11, cell: ({target}) => target.catalogue ? String(target.catalogue.tools.length) : [dash]},
	{title: 'FLIGHT', width: 6, align: 'right', rank: 9, cell: ({target}) => String(target.traffic.inFlight)},
	{title: 'LAST PROBES', width: 12, most: probesKept, rank: 6, cell: ({target}, look, width) => sparkline(look, target.probes, width)},
	{title: 'CHECKED', width: 7, rank: 8, cell: ({target, at}) => target.probe ? formatAge(at - target.probe.at) : '-'},
	{title: 'ENDPOINT', width: 12, most: 400, rank: 12, cell: ({target}) => [['dim', target.target.url]]},
];

export const columnCount = columns.length;

/** The columns of one width and scroll, and how wide the name is. */
export type Layout = Readonly<{nameWidth: number; shown: ReadonlyArray<Column<Row>>}>;

const gap = 2;
const lead = 5; // `> ●1 `

/** Which columns fit: those of the highest rank leave first; what is left over goes to the endpoint. Scrolling sideways skips the first ones after the state. `hasMcp`: whether there are sessions or tools to speak of. */
export const layoutOf = (targets: readonly TargetState[], {width, sideways, hasMcp}: {width: number; sideways: number; hasMcp: boolean}): Layout => {
	const longest = Math.max(4, ...targets.map(({target}) => widthOf(clean(target.id))));
	const nameWidth = Math.max(4, Math.min(longest, Math.max(12, Math.floor(width / 4))));
	const [state, ...others] = hasMcp ? columns : columns.filter(({title}) => title !== 'SESS' && title !== 'TOOLS');
	let shown = [...(state ? [state] : []), ...others.slice(Math.min(sideways, others.length - 1))];
	const needed = (): number => lead + nameWidth + shown.reduce((sum, column) => sum + gap + column.width, 0);
	while (needed() > width && shown.length > 1) {
		const highest = Math.max(...shown.map(({rank}) => rank));
		shown = sideways > 0 ? shown.slice(0, -1) : shown.filter(({rank}) => rank !== highest);
	}

	let spare = Math.max(0, width - needed() - 1);
	const grown = shown.map(column => {
		// The endpoint comes first in need: the probes grow only once it has forty cells.
		const room = column.title === 'ENDPOINT' ? spare : spare - 28;
		const more = Math.max(0, Math.min(room, (column.most ?? 0) - column.width));
		spare -= more;
		return {...column, width: column.width + more};
	});
	return {nameWidth, shown: grown};
};

/** The line of titles; the one that is sorted by is marked. */
export const headLine = (look: Look, {nameWidth, shown}: Layout, {sortedBy, width}: {sortedBy: string; width: number}): string => {
	const mark = look.glyphs.cut;
	const title = (name: string, size: number, align: 'left' | 'right' = 'left'): Piece => [name === sortedBy ? ['bold', 'cyan'] : 'dim', fit(name, size, {mark, align})];
	const pieces: Piece[] = ['   ', title('#', 2), title('NAME', nameWidth)];
	for (const column of shown) {
		pieces.push('  ', title(column.title, column.width, column.align));
	}

	return draw(look, pieces, width);
};

/** One target as one line, exactly `width` cells. The selected one has `>` and reverse video, so that it shows without colours too. */
export const targetLine = (look: Look, layout: Layout, row: Row & {isSelected: boolean; width: number}): string => {
	const {target, order, isActive, isSelected, width} = row;
	const {id} = target.target;
	const name = fit(id, layout.nameWidth, {mark: look.glyphs.cut});
	const pieces: Piece[] = [
		isSelected ? '> ' : '  ',
		isActive ? ['cyan', look.glyphs.active] : ' ',
		`${order ?? '-'}`.padEnd(2).slice(0, 2),
		isActive ? ['bold', name] : name,
	];
	for (const column of layout.shown) {
		pieces.push('  ', ...cellPieces(column, row, look));
	}

	const line = draw(look, fillPieces(look, pieces, width), width);
	return isSelected ? paint(look, 'inverse', line) : line;
};

/** The place of each target in the failover order; none for those an operator took out. */
export const orderOf = (state: State, ordered: readonly TargetState[]): ReadonlyMap<string, number> => {
	const ready = ordered.filter(({admin}) => admin === 'ready');
	return new Map(ready.map(({target}, index) => [target.id, index + 1]));
};
