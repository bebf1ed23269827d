import type {Piece} from '../theme.ts';

/** One way to answer a dialog: its letter, its words, what it does. */
export type Choice = Readonly<{key: string; label: string; run: () => void}>;

/** A small table in a dialog; the first column's title is empty. */
export type StaticRows = Readonly<{columns: readonly string[]; rows: ReadonlyArray<Readonly<Record<string, string>>>}>;

/** A part of a dialog. `rank`: which parts leave first when the terminal is low, the highest; 0 never leaves. */
export type Block = Readonly<{rank: number; pieces: readonly Piece[]} | {rank: number; table: StaticRows}>;

/** What a dialog shows and offers. The first choice is always the safe one. */
export type DialogView = Readonly<{
	title: string;
	body: readonly Block[];
	choices: readonly Choice[];
	layout: 'row' | 'list';
	/** The name that must be typed before anything but the first choice works. */
	expects?: string;
}>;

export const line = (rank: number, ...pieces: readonly Piece[]): Block => ({rank, pieces});
export const blank: Block = {rank: 9, pieces: []};
