import {formatDuration} from '../../core/duration.ts';
import {noAnswer} from '../../core/state.ts';
import type {Look, Piece} from '../theme.ts';

const nice = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000];

/** The bar of one probe in one row of the chart; rows count from the bottom. */
const barOf = (look: Look, ms: number, {row, height, top}: {row: number; height: number; top: number}): Piece => {
	const {bars, noAnswer: cross} = look.glyphs;
	if (ms === noAnswer) {
		return row === 0 ? ['red', cross.repeat(2)] : '  ';
	}

	const levels = Math.max(1, Math.round((Math.min(ms, top) / top) * height * bars.length));
	const level = Math.min(bars.length, levels - (row * bars.length));
	return level <= 0 ? '  ' : (bars.at(level - 1) ?? '').repeat(2);
};

/** The last probes as bars, `height` rows high, newest right, over a scale of round numbers. */
export const probeChart = (look: Look, probes: readonly number[], {width, height}: {width: number; height: number}): Piece[][] => {
	const shown = probes.slice(-Math.max(1, Math.floor((width - 10) / 3)));
	const most = Math.max(1, ...shown);
	const top = nice.find(limit => most <= limit) ?? most;
	return Array.from({length: height}, (_, index): Piece[] => {
		const row = height - 1 - index;
		const label = index === 0 ? formatDuration(top) : (row === 0 ? '0' : '');
		return [['dim', `${label.padStart(7)} ${look.glyphs.side} `], ...shown.flatMap((ms): Piece[] => [barOf(look, ms, {row, height, top}), ' '])];
	});
};
