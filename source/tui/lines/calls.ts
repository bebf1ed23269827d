import {verdictTones, type McpCall, type Verdict} from '../../core/call.ts';
import {formatDuration} from '../../core/duration.ts';
import {formatBytes} from '../../core/text.ts';
import {clean, formatTime, graphemes, widthOf} from '../text.ts';
import type {Glyphs, Look, Piece, Style} from '../theme.ts';
import {fitColumns, type Column} from './columns.ts';

const signs: Record<(typeof verdictTones)[Verdict], readonly [glyph: keyof Glyphs, style: Style]> = {
	good: ['up', 'green'],
	warn: ['warning', 'yellow'],
	bad: ['down', 'red'],
	plain: ['note', 'dim'],
};

/** How a call ended: always glyph and word, and a colour where there are colours. */
export const verdictPiece = ({glyphs}: Look, {verdict}: McpCall): Piece => {
	const [glyph, style] = signs[verdictTones[verdict]];
	return [style, `${glyphs[glyph]} ${verdict}`];
};

/** Wall time of the day with its milliseconds. */
const preciseTime = (at: number): string => `${formatTime(at)}.${String(at % 1000).padStart(3, '0')}`;

const dash: Piece = ['dim', '-'];
const clientOf = ({client, session}: McpCall): string => [client ?? '', session === undefined ? '' : `#${session}`].filter(Boolean).join(' ');

const columns: ReadonlyArray<Column<McpCall>> = [
	{title: 'TIME', width: 8, most: 12, rank: 4, cell: ({at}, _look, width) => width >= 12 ? preciseTime(at) : formatTime(at)},
	{title: 'METHOD', width: 14, most: 18, rank: 0, cell: ({method}) => method},
	{title: 'TOOL / RESOURCE', width: 16, most: 22, rank: 1, cell: ({subject}) => subject ?? ''},
	{title: 'TARGET', width: 9, most: 12, rank: 3, cell: ({target}) => target ?? [dash]},
	{title: 'TOOK', width: 6, align: 'right', rank: 5, cell: ({ms}) => formatDuration(ms)},
	{title: 'SIZE', width: 5, align: 'right', rank: 7, cell: ({bytesOut}) => bytesOut === 0 ? [dash] : formatBytes(bytesOut)},
	{title: 'VERDICT', width: 7, rank: 0, cell: (call, look) => [verdictPiece(look, call)]},
	{title: 'CLIENT', width: 12, most: 60, rank: 8, cell: call => [['dim', clientOf(call)]]},
];

/** The columns of the list of calls at this width. */
export const callColumns = (width: number): ReadonlyArray<Column<McpCall>> => fitColumns(columns, width);

/** A call in one line of words, for titles. */
export const callTitle = (look: Look, call: McpCall): Piece[] => {
	const {id, method, subject, target, ms} = call;
	const where = target === undefined ? '' : `  ${look.glyphs.arrow} ${target}`;
	return [['bold', `#${id}  ${method}${subject === undefined ? '' : ` ${subject}`}`], `${where}  ${formatDuration(ms)}  `, verdictPiece(look, call)];
};

const meanings: Readonly<Record<Verdict, string>> = {
	ok: 'answered',
	tool: 'the tool itself reported an error: the proxy did its part, no failover',
	rpc: 'answered with a JSON-RPC error: the proxy did its part, no failover',
	time: 'no answer in time',
	net: 'the target broke or could not be reached',
	gone: 'the client left or cancelled it',
};

/** A body, made readable where it is JSON, in lines of at most `width` cells. */
const bodyLines = (text: string, width: number): string[] => {
	let shown = text;
	try {
		shown = JSON.stringify(JSON.parse(text), undefined, 2);
	} catch {
		// Cut, or no JSON: as it is.
	}

	return shown.split('\n').flatMap(line => {
		const safe = clean(line);
		if (widthOf(safe) <= width) {
			return [safe];
		}

		const lines: string[] = [''];
		for (const grapheme of graphemes(safe)) {
			if (widthOf((lines.at(-1) ?? '') + grapheme) > width) {
				lines.push('');
			}

			lines.push((lines.pop() ?? '') + grapheme);
		}

		return lines;
	});
};

const body = (title: string, text: string | undefined, width: number): Piece[][] => text === undefined
	? []
	: [[['bold', ` ${title}`]], ...bodyLines(text, width - 2).map((line): Piece[] => [' ', line])];

/** All that is known of a call: facts, then what was asked and answered. */
export const callLines = (look: Look, call: McpCall, width: number): Piece[][] => {
	const {at, ms, code, verdict, attempts, client, session, bytesIn, bytesOut, request, response} = call;
	const fact = (word: string, ...pieces: Piece[]): Piece[] => [' ', ['dim', word.padEnd(10)], ...pieces];
	const replayed: Piece = attempts > 1 ? ['yellow', `  sent ${attempts} times: the first target did not answer`] : '';
	return [
		fact('Verdict', verdictPiece(look, call), code === undefined ? '' : ` ${code}`, ['dim', `  ${meanings[verdict]}`]),
		fact('Time', `${preciseTime(at)}  took ${formatDuration(ms)}`, replayed),
		fact('Client', client ?? 'unknown', ['dim', session === undefined ? '  without a session' : `  session ${session}`]),
		fact('Size', `request ${formatBytes(bytesIn)}B  response ${formatBytes(bytesOut)}B`),
		...body('request', request, width),
		...body('response', response, width),
	];
};
