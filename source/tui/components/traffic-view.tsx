import type {ReactElement} from 'react';
import {bodyRows} from '../layout.ts';
import {callColumns, callLines, callTitle} from '../lines/calls.ts';
import {rowLine, titleLine} from '../lines/columns.ts';
import {callIndex, callsOf, selectedCall} from '../lists.ts';
import {draw, drawRule, type Look} from '../theme.ts';
import type {Ui} from '../ui.ts';
import {useLook, useScreen, useSelect, useUi} from '../use-select.ts';
import {Lines} from './line.tsx';

const empty = (look: Look, ui: Ui, total: number, width: number): string[] => total === 0
	? ['', ' No MCP request has gone through yet.', '', ' Clients connect to the proxy\'s address with /mcp behind it, or run: pmcp stdio'].map(text => draw(look, [text], width))
	: ['', draw(look, [` No call matches ${ui.callFilter}: esc clears the filter, ${String.raw`\ lifts it`}`], width)];

/** The requests that went through, newest first, and below them all about the selected one. */
export const TrafficView = (): ReactElement => {
	const screen = useScreen();
	const look = useLook();
	const {state} = useSelect(snapshot => snapshot);
	const ui = useUi(current => current);
	const {columns: width} = ui;
	const body = bodyRows(ui);
	const calls = callsOf(screen);
	const selected = selectedCall(screen);
	if (!selected) {
		return <Lines texts={empty(look, ui, state.calls.length, width)}/>;
	}

	const detail = [drawRule(look, callTitle(look, selected), width), ...callLines(look, selected, width).map(pieces => draw(look, pieces, width))];
	const detailRows = body < 12 ? 0 : Math.min(detail.length, Math.floor(body * 0.4));
	const height = body - 1 - detailRows;
	const index = callIndex(screen);
	const first = Math.max(0, Math.min(calls.length - height, index - Math.floor(height / 2)));
	const columns = callColumns(width);
	const rows = calls.slice(first, first + height).map((call, row) => rowLine(look, columns, call, {isSelected: first + row === index, width}));
	return (
		<>
			<Lines texts={[titleLine(look, columns, width), ...rows]} height={height + 1}/>
			<Lines texts={detail} height={detailRows}/>
		</>
	);
};

/** One call on the whole screen; scrolls. */
export const CallPage = (): ReactElement => {
	const screen = useScreen();
	const look = useLook();
	useSelect(snapshot => snapshot.state);
	const {columns: width, rows, scroll} = useUi(ui => ui);
	const call = selectedCall(screen);
	const lines = call ? callLines(look, call, width) : [[' It is gone: only the newest calls are kept. esc goes back.']];
	return <Lines texts={lines.slice(scroll).map(pieces => draw(look, pieces, width))} height={bodyRows({rows})}/>;
};
