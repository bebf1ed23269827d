import {Box} from 'ink';
import {memo, type ReactElement} from 'react';
import {inOrder, sessionsOf, type TargetState} from '../../core/state.ts';
import {selectedTarget, type Context} from '../context.ts';
import {bodyRows, entriesOf, panesOf} from '../layout.ts';
import {allDownBanner, emptyBanner, faultsBanner, heldBanner, isAllDown, staleBanner, type Lines as BannerLines} from '../lines/banners.ts';
import {factLines, targetFacts} from '../lines/detail.ts';
import {callColumns} from '../lines/calls.ts';
import {rowLine} from '../lines/columns.ts';
import {entryPieces} from '../lines/events.ts';
import {headLine, layoutOf, orderOf, targetLine, type Layout} from '../lines/targets.ts';
import {sorts} from '../sort.ts';
import {clean, skipCells, widthOf} from '../text.ts';
import {draw, drawRule, type Look, type Piece} from '../theme.ts';
import {useLook, useScreen, useSelect, useUi} from '../use-select.ts';
import {Line, Lines} from './line.tsx';

type RowProperties = Readonly<{look: Look; layout: Layout; target: TargetState; order: number | undefined; isActive: boolean; isSelected: boolean; sessions: number; at: number; width: number}>;

/** One target: drawn again only when its line reads differently. */
const Row = ({look, layout, ...row}: RowProperties): ReactElement => <Line text={targetLine(look, layout, row)}/>;

/** The rows around the selected one, `height` of them. */
const windowOf = (targets: readonly TargetState[], selected: number, height: number): readonly TargetState[] => {
	const first = Math.max(0, Math.min(targets.length - height, selected - Math.floor(height / 2)));
	return targets.slice(first, first + height);
};

/** The live list. */
const Table = memo(({height, width}: {readonly height: number; readonly width: number}): ReactElement => {
	const screen = useScreen();
	const look = useLook();
	const state = useSelect(snapshot => snapshot.state);
	const at = useSelect(snapshot => snapshot.at);
	const sort = useUi(ui => ui.sort);
	const sideways = useUi(ui => ui.pane === 'targets' ? ui.sideways : 0);
	useUi(ui => `${ui.selected} ${ui.filter} ${ui.isFilterOn} ${ui.isReversed}`);
	const targets = screen.list();
	const selected = selectedTarget(screen)?.target.id;
	const open = Map.groupBy(sessionsOf(state), ({target}) => target);
	const hasMcp = open.size > 0 || targets.some(({catalogue}) => catalogue !== undefined);
	const layout = layoutOf(targets, {width, sideways, hasMcp});
	const order = orderOf(state, inOrder(state));
	const shown = windowOf(targets, targets.findIndex(({target}) => target.id === selected), height);
	return (
		<Box flexDirection='column' height={height + 1} flexShrink={0} overflow='hidden'>
			<Line text={headLine(look, layout, {sortedBy: sorts[sort].column, width})}/>
			{shown.map(target => (
				<Row
					key={target.target.id}
					look={look}
					layout={layout}
					target={target}
					order={order.get(target.target.id)}
					isActive={target.target.id === state.active}
					isSelected={target.target.id === selected}
					sessions={open.get(target.target.id)?.length ?? 0}
					at={at}
					width={width}
				/>
			))}
			{targets.length === 0 && <Line text={draw(look, [String.raw`  no target matches: esc clears the filter, \ lifts it`], width)}/>}
		</Box>
	);
});
Table.displayName = 'Table';

/** What happened, newest first. */
const Events = ({height, width}: {readonly height: number; readonly width: number}): ReactElement => {
	const screen = useScreen();
	const look = useLook();
	useSelect(({news}) => news);
	useUi(ui => ui.notices);
	const isFocused = useUi(ui => ui.pane === 'events');
	const scroll = useUi(ui => ui.pane === 'events' ? ui.scroll : 0);
	const sideways = useUi(ui => ui.pane === 'events' ? ui.sideways : 0);
	const entries = entriesOf(screen);
	const first = Math.min(scroll, Math.max(0, entries.length - 1));
	const shown = entries.slice(first, first + height - 1);
	const subject = Math.min(32, Math.max(0, ...shown.map(entry => widthOf(clean(entry.subject)))));
	const title: Piece[] = [[isFocused ? ['bold', 'cyan'] : 'bold', 'events'], ['dim', isFocused ? ` ${first + 1} of ${entries.length}, newest first` : '']];
	const lines = shown.map(entry => {
		const pieces = entryPieces(entry, look, subject);
		return draw(look, sideways === 0 ? pieces : [skipCells(pieces.map(piece => typeof piece === 'string' ? piece : piece[1]).join(''), sideways)], width);
	});
	return <Lines texts={[drawRule(look, title, width), ...lines]} height={height}/>;
};

/** The requests that went through, newest first, as on their own page. */
const Traffic = ({height, width}: {readonly height: number; readonly width: number}): ReactElement => {
	const look = useLook();
	const calls = useSelect(({state}) => state.calls);
	const columns = callColumns(width);
	const lines = calls.slice(1 - height).toReversed().map(call => rowLine(look, columns, call, {isSelected: false, width}));
	return <Lines texts={[drawRule(look, [['bold', 'traffic'], ['dim', '  all targets, newest first: 2 shows it']], width), ...lines]} height={height}/>;
};

const draws = (look: Look, width: number) => (lines: BannerLines): string[] => lines.map(pieces => draw(look, pieces, width));

/** Between table and events: what is wrong with everything, else what is known of the selected target. */
const aboutLines = (look: Look, screen: Context, width: number, body: number): string[] => {
	const snapshot = screen.pulse.get();
	const {state, link, at} = snapshot;
	const drawn = draws(look, width);
	if (link.status === 'lost') {
		return drawn(staleBanner(look, snapshot, {url: screen.client.url, mode: screen.mode}));
	}

	if (isAllDown(state)) {
		const room = Math.max(6, body - screen.list().length - 6);
		return [drawRule(look, [], width), ...drawn(allDownBanner(look, snapshot, {room, width}))];
	}

	const target = selectedTarget(screen);
	if (!target) {
		return [];
	}

	const facts = targetFacts(look, target, state, at).filter(({word}) => word !== 'Active').slice(0, width < 100 ? 6 : 12);
	return [drawRule(look, [['bold', target.target.id]], width), ...drawn(factLines(look, facts, width))];
};

/** The whole list page: banners, table, detail or the reason why nothing is served, events. */
export const TargetsView = (): ReactElement => {
	const screen = useScreen();
	const look = useLook();
	const snapshot = useSelect(current => current);
	const width = useUi(ui => ui.columns);
	const rows = useUi(ui => ui.rows);
	useUi(ui => `${ui.selected} ${ui.filter} ${ui.isFilterOn} ${ui.sort} ${ui.isReversed}`);
	const {state, link} = snapshot;
	const {client: {url}, mode} = screen;
	const body = bodyRows({rows});
	const drawn = draws(look, width);
	const top = drawn([...faultsBanner(look, state, body > 16 ? 3 : 1), ...heldBanner(look, snapshot)]);
	if (Object.keys(state.targets).length === 0) {
		const middle = link.status === 'live' ? emptyBanner(url) : staleBanner(look, snapshot, {url, mode});
		return <Lines texts={[...top, ...drawn(middle)]}/>;
	}

	const about = aboutLines(look, screen, width, body);
	const room = body - top.length;
	const panes = panesOf(room, {targets: Math.max(1, screen.list().length), detail: about.length, calls: state.calls.length, isUrgent: link.status === 'lost' || isAllDown(state)});
	return (
		<>
			<Lines texts={top}/>
			<Table height={panes.table} width={width}/>
			{room - 1 - panes.table - panes.detail - panes.traffic - panes.events > 0 && <Line text=''/>}
			<Lines texts={about} height={panes.detail}/>
			{panes.traffic > 1 && <Traffic height={panes.traffic} width={width}/>}
			{panes.events > 1 && <Events height={panes.events} width={width}/>}
		</>
	);
};
