import {Box} from 'ink';
import type {ReactElement} from 'react';
import {formatDuration} from '../../core/duration.ts';
import {noAnswer, totalTraffic, type State, type TargetState} from '../../core/state.ts';
import {noTraffic, type Traffic} from '../../core/target.ts';
import {formatBytes} from '../../core/text.ts';
import {selectedTarget} from '../context.ts';
import type {StaticRows} from '../dialogs/view.ts';
import {bodyRows, chartRows, entriesOf} from '../layout.ts';
import {probeChart} from '../lines/chart.ts';
import {factLines, targetFacts} from '../lines/detail.ts';
import {entryPieces} from '../lines/events.ts';
import {clean, formatCount, formatRate, formatShare, widthOf} from '../text.ts';
import {draw, drawRule, type Look, type Piece} from '../theme.ts';
import {useLook, useScreen, useSelect, useUi} from '../use-select.ts';
import {Lines} from './line.tsx';
import {StaticTable} from './static-table.tsx';

const latency = (ms: number | undefined): string => ms === undefined ? '-' : formatDuration(ms);

/** The figures of the traffic table. `rank`: which columns leave first on a narrow terminal, the highest. */
const figures: ReadonlyArray<Readonly<{title: string; rank: number; read: (traffic: Traffic) => string}>> = [
	{title: 'REQUESTS', rank: 0, read: ({requests}) => formatCount(requests)},
	{title: 'ERRORS', rank: 1, read: ({errors}) => formatCount(errors)},
	{title: 'IN', rank: 7, read: ({bytesIn}) => formatBytes(bytesIn)},
	{title: 'OUT', rank: 6, read: ({bytesOut}) => formatBytes(bytesOut)},
	{title: 'FLIGHT', rank: 5, read: ({inFlight}) => String(inFlight)},
	{title: 'REQ/S', rank: 2, read: ({rate}) => formatRate(rate)},
	{title: 'ERR%', rank: 4, read: ({errorRate}) => formatShare(errorRate)},
	{title: 'P50', rank: 8, read: ({p50}) => latency(p50)},
	{title: 'P95', rank: 3, read: ({p95}) => latency(p95)},
	{title: 'P99', rank: 9, read: ({p99}) => latency(p99)},
];

const figureWidth = (title: string): number => Math.max(6, title.length);

/** This target's figures beside those of all targets together; latencies do not add up, so they have none. */
const trafficRows = ({target, traffic}: TargetState, state: State, width: number): StaticRows => {
	const others = Object.values(state.targets).map(other => other.traffic);
	const sum = (field: 'bytesIn' | 'bytesOut'): number => others.reduce((total, other) => total + other[field], 0);
	const all: Traffic = {...noTraffic, ...totalTraffic(state), bytesIn: sum('bytesIn'), bytesOut: sum('bytesOut')};
	const nameWidth = Math.max(11, widthOf(clean(target.id))) + 2;
	let shown = figures;
	while (shown.length > 1 && nameWidth + shown.reduce((used, {title}) => used + figureWidth(title) + 2, 0) > width) {
		const highest = Math.max(...shown.map(({rank}) => rank));
		shown = shown.filter(({rank}) => rank !== highest);
	}

	const titleOf = (title: string): string => title.padStart(figureWidth(title));
	const row = (name: string, values: Traffic): Record<string, string> => {
		const cells = shown.map(({title, read}): [string, string] => [titleOf(title), read(values).padStart(figureWidth(title))]);
		return Object.fromEntries([[' ', name], ...cells]);
	};

	return {columns: [' ', ...shown.map(({title}) => titleOf(title))], rows: [row(target.id, traffic), row('all targets', all)]};
};

const probeTitle = ({probes}: TargetState): Piece[] => {
	const answered = probes.filter(ms => ms !== noAnswer).toSorted((a, b) => a - b);
	const [least, middle, most] = [answered[0], answered[Math.floor(answered.length / 2)], answered.at(-1)];
	const missed = probes.length - answered.length;
	const figures = least === undefined ? '' : `  min ${latency(least)}  median ${latency(middle)}  max ${latency(most)}`;
	return [['bold', 'probes'], `  last ${probes.length}, newest right${figures}`, missed > 0 ? ['red', `  ${missed} without an answer`] : ''];
};

const eventLines = (look: Look, entries: ReturnType<typeof entriesOf>, width: number): string[] => {
	const subject = Math.min(32, Math.max(0, ...entries.map(entry => widthOf(clean(entry.subject)))));
	return entries.length === 0 ? [draw(look, [['dim', ' none yet']], width)] : entries.map(entry => draw(look, entryPieces(entry, look, subject), width));
};

/** All about one target; scrolls when the terminal is low. */
export const TargetPage = (): ReactElement => {
	const screen = useScreen();
	const look = useLook();
	const {state, at} = useSelect(snapshot => snapshot);
	const rows = useUi(ui => ui.rows);
	const width = useUi(ui => ui.columns);
	const scroll = useUi(ui => ui.scroll);
	const selected = useUi(ui => ui.selected);
	const target = selectedTarget(screen);
	if (!target) {
		return <Lines texts={[draw(look, [` ${selected ?? 'It'} is gone from the settings: esc goes back.`], width)]}/>;
	}

	const drawn = (lines: ReadonlyArray<readonly Piece[]>): string[] => lines.map(pieces => draw(look, pieces, width));
	const entries = entriesOf(screen).filter(({id}) => id === target.target.id);
	const before = [
		...drawn(factLines(look, targetFacts(look, target, state, at), width)),
		'',
		drawRule(look, probeTitle(target), width),
		...drawn(probeChart(look, target.probes, {width, height: chartRows})),
		drawRule(look, [['bold', 'traffic'], '  counted since the start, rates of the last second'], width),
	];
	return (
		<Box flexDirection='column' height={bodyRows({rows})} overflow='hidden'>
			<Box flexDirection='column' flexShrink={0} marginTop={-scroll}>
				<Lines texts={before}/>
				<Box height={3} flexShrink={0} overflow='hidden' width={width}><StaticTable {...trafficRows(target, state, width)}/></Box>
				<Lines texts={[drawRule(look, [['bold', 'events'], ` of ${target.target.id}`], width), ...eventLines(look, entries, width)]}/>
			</Box>
		</Box>
	);
};
