import {formatAge} from '../../core/duration.ts';
import type {SessionInfo} from '../../core/session.ts';
import type {Piece} from '../theme.ts';
import {fitColumns, type Column} from './columns.ts';

export type SessionRow = Readonly<{session: SessionInfo; at: number}>;

const dash: Piece = ['dim', '-'];

const columns: ReadonlyArray<Column<SessionRow>> = [
	{title: 'ID', width: 8, rank: 2, cell: ({session: {id}}) => id},
	{title: 'CLIENT', width: 16, most: 40, rank: 0, cell: ({session: {client}}) => client},
	{title: 'PROTOCOL', width: 10, rank: 7, cell: ({session: {protocol}}) => protocol},
	{title: 'TARGET', width: 10, most: 24, rank: 1, cell: ({session: {target}}) => target ?? [dash]},
	{title: 'GEN', width: 3, align: 'right', rank: 6, cell: ({session: {generation}}) => generation > 1 ? [['yellow', String(generation)]] : String(generation)},
	{title: 'CALLS', width: 6, align: 'right', rank: 3, cell: ({session: {calls}}) => String(calls)},
	{title: 'FLIGHT', width: 6, align: 'right', rank: 5, cell: ({session: {inFlight}}) => inFlight === 0 ? [dash] : String(inFlight)},
	{title: 'LISTENS', width: 7, rank: 9, cell: ({session: {isListening}}) => isListening ? 'yes' : [dash]},
	{title: 'AGE', width: 6, align: 'right', rank: 4, cell: ({session: {openedAt}, at}) => formatAge(Math.max(0, at - openedAt))},
	{title: 'IDLE', width: 6, align: 'right', rank: 8, cell: ({session: {usedAt}, at}) => formatAge(Math.max(0, at - usedAt))},
];

/** The columns of the list of sessions at this width. */
export const sessionColumns = (width: number): ReadonlyArray<Column<SessionRow>> => fitColumns(columns, width);
