import {fit} from '../text.ts';
import {clipPieces, draw, fillPieces, paint, widthOfPieces, type Look, type Piece} from '../theme.ts';

/** A column of a list: its title, how wide it is, and what stands in it. */
export type Column<Row> = Readonly<{
	title: string;
	width: number;
	align?: 'right';
	/** How wide it grows when there is room to spare. */
	most?: number;
	/** Which columns leave first when there is no room: the highest. 0 never leaves. */
	rank: number;
	cell: (row: Row, look: Look, width: number) => string | readonly Piece[];
}>;

const gap = 2;
const lead = 2; // The mark of the selected line.

/** The columns that fit: those of the highest rank leave first; what is left over goes to those that can grow, in their order. */
export const fitColumns = <Row>(columns: ReadonlyArray<Column<Row>>, width: number): ReadonlyArray<Column<Row>> => {
	let shown = columns;
	const needed = (): number => lead + shown.reduce((sum, column) => sum + gap + column.width, -gap);
	while (needed() > width && shown.length > 1) {
		const highest = Math.max(...shown.map(({rank}) => rank));
		shown = shown.filter(({rank}) => rank !== highest);
	}

	let spare = Math.max(0, width - needed());
	return shown.map(column => {
		const more = Math.max(0, Math.min(spare, (column.most ?? 0) - column.width));
		spare -= more;
		return {...column, width: column.width + more};
	});
};

/** What stands in one column of a row, exactly as wide as it. */
export const cellPieces = <Row>(column: Column<Row>, row: Row, look: Look): Piece[] => {
	const made = column.cell(row, look, column.width);
	const pieces = typeof made === 'string' ? [made] : made;
	if (column.align !== 'right') {
		return fillPieces(look, pieces, column.width);
	}

	const kept = clipPieces(look, pieces, column.width);
	return [' '.repeat(column.width - widthOfPieces(kept)), ...kept];
};

/** The line of titles. */
export const titleLine = <Row>(look: Look, columns: ReadonlyArray<Column<Row>>, width: number): string => {
	const titles = columns.flatMap(({title, width: size, align}, index): Piece[] => [' '.repeat(index === 0 ? lead : gap), ['dim', fit(title, size, {mark: look.glyphs.cut, align: align ?? 'left'})]]);
	return draw(look, titles, width);
};

/** One row as one line, exactly `width` cells. The selected one has `>` and reverse video, so that it shows without colours too. */
export const rowLine = <Row>(look: Look, columns: ReadonlyArray<Column<Row>>, row: Row, {isSelected, width}: {isSelected: boolean; width: number}): string => {
	const pieces = columns.flatMap((column, index): Piece[] => [index === 0 ? '' : ' '.repeat(gap), ...cellPieces(column, row, look)]);
	const line = draw(look, fillPieces(look, [isSelected ? '> ' : '  ', ...pieces], width), width);
	return isSelected ? paint(look, 'inverse', line) : line;
};
