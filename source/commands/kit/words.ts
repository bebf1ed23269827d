import type {TargetDocument} from '../../client/shapes.ts';
import type {Output, Style} from './output.ts';

const styles: Partial<Record<TargetDocument['state'], Style>> = {up: 'green', down: 'red', check: 'yellow', maint: 'yellow', drain: 'yellow'};

/** A target's state as its word, coloured where there are colours. */
export const paintState = (out: Output, state: TargetDocument['state']): string => out.paint(styles[state] ?? 'dim', state.toUpperCase());

/** A share from 0 to 1, as `1.5%`. */
export const percent = (ratio: number | null): string => ratio === null ? '-' : `${(ratio * 100).toFixed(1)}%`;
