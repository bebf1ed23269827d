import type {StateWord} from '../../core/state.ts';
import {keymap, sections, shownKeys, type Binding} from '../keymap.ts';
import {callKeys} from '../../core/call-filter.ts';
import {filterKeys} from '../../core/target-filter.ts';
import {draw, drawRule, fillPieces, statePiece, type Look, type Piece} from '../theme.ts';
import {widthOf} from '../text.ts';

type Block = ReadonlyArray<readonly Piece[]>;

const lets = (search: string) => ({shown, does, section, verb}: Binding): boolean => `${shown} ${does} ${section} ${verb ?? ''}`.toLowerCase().includes(search.toLowerCase());

/** One block a section: its keys, and whether they ask first. */
const keyBlocks = (look: Look, search: string): Block[] => sections.flatMap(section => {
	const rows = keymap.filter(binding => binding.section === section).filter(lets(search));
	if (rows.length === 0) {
		return [];
	}

	const width = Math.max(...rows.map(row => widthOf(shownKeys(row, look.isAscii))));
	const lines = rows.map((row): Piece[] => {
		const keys = shownKeys(row, look.isAscii);
		return ['  ', ['bold', keys + ' '.repeat(width - widthOf(keys))], `  ${row.does}`, row.asks ? ['yellow', ' ?'] : ''];
	});
	return [[[' ', [['bold', 'cyan'], section]], ...lines, []]];
});

/** Blocks in columns of like height, in reading order. */
const inColumns = (look: Look, blocks: readonly Block[], count: number, width: number): Piece[][] => {
	const total = blocks.reduce((sum, block) => sum + block.length, 0);
	const columns: Array<Array<readonly Piece[]>> = [[]];
	for (const block of blocks) {
		const current = columns.at(-1) ?? [];
		const isFull = current.length > 0 && current.length + (block.length / 2) > total / count;
		if (isFull && columns.length < count) {
			columns.push([...block]);
		} else {
			current.push(...block);
		}
	}

	const size = Math.floor(width / count);
	const height = Math.max(...columns.map(column => column.length));
	return Array.from({length: height}, (_, row) => columns.flatMap((column, index) => index === columns.length - 1 ? column[row] ?? [] : fillPieces(look, column[row] ?? [], size)));
};

const symbols = (look: Look, {glyphs} = look, state = (word: StateWord): Piece => statePiece(look, word)): Block => [
	[' ', ['cyan', glyphs.active], ' active   ', state('UP'), ' healthy   ', state('DOWN'), ' probes fail   ', state('CHECK'), ' first probe running'],
	[' ', state('MAINT'), ' taken out by you   ', state('DRAIN'), ' finishes what it has   1.. failover order   - not in it'],
	[` probes: ${glyphs.bars.at(0)} up to 5ms, each step about three times more, ${glyphs.bars.at(-1)} over 5s   `, ['red', glyphs.noAnswer], ` no answer   ${glyphs.noData} no probe yet`],
];

const filterWords: Block = [
	[' state:down  name:prod*  url:10.0.  fail:refused  probe:tcp  admin:drain'],
	[' of calls: method:tools/call  status:error  tool:search*  client:cursor  !target:staging'],
	[` words are ANDed, !word negates, "two words" are one; keys: ${Object.keys(filterKeys).join(' ')}; of calls: ${Object.keys(callKeys).join(' ')}`],
];

/** All lines of the help page, made of the one table of keys. */
export const helpLines = (look: Look, {width, search, url}: {width: number; search: string; url: string}): string[] => {
	const count = width >= 110 ? 3 : (width >= 76 ? 2 : 1);
	const keys = inColumns(look, keyBlocks(look, search), count, width);
	const rest = search === ''
		? [
			drawRule(look, ['symbols'], width),
			...symbols(look).map(pieces => draw(look, pieces, width)),
			'',
			drawRule(look, ['filter words'], width),
			...filterWords.map(pieces => draw(look, pieces, width)),
			'',
			drawRule(look, ['where things are'], width),
			draw(look, [` proxy ${url}   page ${url}/ui   settings: pmcp config path   logs: pmcp logs`], width),
		]
		: [];
	return keys.length === 0
		? [draw(look, [` No key matches ${search}.`], width)]
		: [...keys.map(pieces => draw(look, pieces, width)), ...rest];
};
