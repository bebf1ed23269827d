import type {Ui} from './ui.ts';

/** Below this the tables make no sense, and only the facts that matter are shown. */
export const leastColumns = 60;
export const leastRows = 15;

export const isTiny = ({columns, rows}: Pick<Ui, 'columns' | 'rows'>): boolean => columns < leastColumns || rows < leastRows;
