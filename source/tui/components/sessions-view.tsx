import type {ReactElement} from 'react';
import {bodyRows} from '../layout.ts';
import {rowLine, titleLine} from '../lines/columns.ts';
import {sessionColumns} from '../lines/sessions.ts';
import {selectedSession, sessionsIn} from '../lists.ts';
import {draw} from '../theme.ts';
import {useLook, useScreen, useSelect, useUi} from '../use-select.ts';
import {Lines} from './line.tsx';

/** Who is connected. */
export const SessionsView = (): ReactElement => {
	const screen = useScreen();
	const look = useLook();
	const {at} = useSelect(snapshot => snapshot);
	const {columns: width, rows} = useUi(ui => ui);
	const sessions = sessionsIn(screen);
	if (sessions.length === 0) {
		const texts = ['', ' No MCP session is open.', '', ' One opens when a client connects; it outlives its target, and this proxy.'];
		return <Lines texts={texts.map(text => draw(look, [text], width))}/>;
	}

	const height = bodyRows({rows}) - 1;
	const index = sessions.findIndex(({id}) => id === selectedSession(screen)?.id);
	const first = Math.max(0, Math.min(sessions.length - height, index - Math.floor(height / 2)));
	const columns = sessionColumns(width);
	const lines = sessions.slice(first, first + height).map((session, row) => rowLine(look, columns, {session, at}, {isSelected: first + row === index, width}));
	return <Lines texts={[titleLine(look, columns, width), ...lines]} height={height + 1}/>;
};
