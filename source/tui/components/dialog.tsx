import {Box, Text} from 'ink';
import type {ReactElement} from 'react';
import type {Block, Choice, DialogView} from '../dialogs/view.ts';
import {clean, widthOf} from '../text.ts';
import {draw, fillPieces, paint, widthOfPieces, type Look, type Piece} from '../theme.ts';
import type {Dialog as Question} from '../ui.ts';
import {Line} from './line.tsx';
import {StaticTable} from './static-table.tsx';

const heightOf = (block: Block): number => 'table' in block ? block.table.rows.length + 1 : 1;

/** Columns a block would like to have, its frame included. */
const sizeOf = (block: Block): number => 'table' in block ? 60 : widthOfPieces(block.pieces) + 4;

/** Words of a line over as many lines as it needs; each keeps its style. */
const wrapped = (pieces: readonly Piece[], width: number): Piece[][] => {
	const lines: Piece[][] = [[]];
	let used = 0;
	for (const piece of pieces) {
		const [style, text] = typeof piece === 'string' ? [undefined, clean(piece)] : [piece[0], clean(piece[1])];
		for (const word of text.split(/(?<=\s)/v)) {
			if (used > 0 && used + widthOf(word.trimEnd()) > width) {
				lines.push([]);
				used = 0;
			}

			// A space at the end of a full line has no cell.
			const shown = used + widthOf(word) > width ? word.trimEnd() : word;
			lines.at(-1)?.push(style === undefined ? shown : [style, shown]);
			used += widthOf(word);
		}
	}

	return lines;
};

/** The blocks that fit: those of the highest rank leave first. */
const fitting = (blocks: readonly Block[], room: number): readonly Block[] => {
	let kept = blocks;
	while (kept.reduce((sum, block) => sum + heightOf(block), 0) > room) {
		const highest = Math.max(...kept.map(({rank}) => rank));
		if (highest === 0) {
			break;
		}

		const index = kept.findLastIndex(({rank}) => rank === highest);
		kept = kept.toSpliced(index, 1);
	}

	return kept;
};

const choicePiece = ({label, key}: Choice, isFocused: boolean, layout: 'row' | 'list'): Piece => {
	const letter = key === '' || layout === 'list' ? '' : ` (${key})`;
	return isFocused ? [['inverse', 'bold'], `[ ${label}${letter} ]`] : `  ${label}${letter}  `;
};

const choiceLines = ({choices, layout}: DialogView, focus: number, width: number): Piece[][] => {
	const row = choices.flatMap((choice, index): Piece[] => [index === 0 ? '' : '   ', choicePiece(choice, index === focus, layout)]);
	if (layout === 'row' && widthOfPieces(row) <= width) {
		return [[' '.repeat(Math.max(0, Math.floor((width - widthOfPieces(row)) / 2))), ...row]];
	}

	return choices.map((choice, index): Piece[] => [' ', ['bold', (choice.key || ' ').padEnd(2)], choicePiece(choice, index === focus, 'list')]);
};

const typedLines = (look: Look, view: DialogView, {typed, note}: Question): Piece[][] => view.expects === undefined
	? []
	: [[' Type ', ['bold', view.expects], ' to go on: ', ['bold', typed], look.glyphs.cursor, ['yellow', note === undefined ? '' : `  ${note}`]], []];

/** Where a dialog lies and how large it is. */
type Frame = Readonly<{columns: number; rows: number}>;

/** A question in a box in the middle, opaque over what is below it. */
export const Dialog = ({look, view, question, columns, rows}: {readonly look: Look; readonly view: DialogView; readonly question: Question} & Frame): ReactElement => {
	const width = Math.min(columns - 2, Math.max(44, ...view.body.map(block => sizeOf(block)), ...view.choices.map(({label}) => widthOf(label) + 14)), 76);
	const inner = width - 4;
	const {corners, rule, side} = look.glyphs;
	const [topLeft = '', topRight = '', bottomLeft = '', bottomRight = ''] = corners;
	const endings = [...typedLines(look, view, question), ...choiceLines(view, question.focus, inner)];
	const lines = view.body.flatMap((block): Block[] => 'table' in block ? [block] : wrapped(block.pieces, inner).map(pieces => ({rank: block.rank, pieces})));
	const body = fitting(lines, Math.max(0, rows - 4 - endings.length));
	const bodyHeight = body.reduce((sum, block) => sum + heightOf(block), 0);
	const height = bodyHeight + endings.length + 2;
	const title = draw(look, [` ${view.title} `], inner);
	const plainTitle = Math.min(inner, view.title.length + 2);
	const row = (pieces: readonly Piece[]): string => `${side} ${draw(look, fillPieces(look, pieces, inner), inner)} ${side}`;
	let line = 0;
	return (
		<Box position='absolute' flexDirection='column' marginLeft={Math.floor((columns - width) / 2)} marginTop={Math.max(0, Math.floor((rows - height) / 2))} width={width} height={height}>
			<Line text={`${topLeft}${rule}${paint(look, 'bold', title)}${rule.repeat(Math.max(0, width - 3 - plainTitle))}${topRight}`}/>
			{body.map((block, index) => {
				line += heightOf(block);
				return 'table' in block
					? (
						<Box key={index} flexDirection='column' height={heightOf(block)} flexShrink={0}>
							{Array.from({length: heightOf(block)}, (_, at) => <Line key={at} text={row([])}/>)}
							<Box position='absolute' marginLeft={2} width={inner} overflow='hidden'><StaticTable {...block.table}/></Box>
						</Box>
					)
					: <Line key={`${line}-${index}`} text={row(block.pieces)}/>;
			})}
			{endings.map((pieces, index) => <Line key={`end-${index}`} text={row(pieces)}/>)}
			<Text wrap='truncate'>{`${bottomLeft}${rule.repeat(width - 2)}${bottomRight}`}</Text>
		</Box>
	);
};
