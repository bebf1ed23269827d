import {Box, useInput, usePaste} from 'ink';
import type {ReactElement} from 'react';
import type {McpCall} from '../../core/call.ts';
import {toAppError} from '../../core/errors.ts';
import {commands} from '../commands.ts';
import {selectedTarget, type Context} from '../context.ts';
import {viewOf} from '../dialogs/index.ts';
import {dialogKey} from '../dialogs/keys.ts';
import {commandOf} from '../keymap.ts';
import {isTextKey, keyNames} from '../keys.ts';
import {bodyRows, lookOf, scrollLimit} from '../layout.ts';
import {callTitle} from '../lines/calls.ts';
import {headerLine, tabsLine} from '../lines/header.ts';
import {helpLines} from '../lines/help.ts';
import {hintLine} from '../lines/hints.ts';
import {tinyLines} from '../lines/banners.ts';
import {completionsOf, promptKey, writePrompt} from '../prompts.ts';
import {callIndex, callsOf, selectedCall} from '../lists.ts';
import {clean, fit} from '../text.ts';
import {draw, drawRule, type Look, type Piece} from '../theme.ts';
import {isTiny} from '../size.ts';
import type {Prompt, Ui} from '../ui.ts';
import {useLook, useScreen, useSelect, useUi} from '../use-select.ts';
import {Dialog} from './dialog.tsx';
import {Dimmed, Line, Lines} from './line.tsx';
import {TargetPage} from './target-page.tsx';
import {SessionsView} from './sessions-view.tsx';
import {TargetsView} from './targets-view.tsx';
import {CallPage, TrafficView} from './traffic-view.tsx';

/** A key on the help page looks for keys; Esc and `?` close it. */
const helpKey = (context: Context, key: string): boolean => {
	const {ui} = context;
	const {search} = ui.get();
	if (key === '?') {
		commands.back(context);
	} else if (key === 'backspace') {
		ui.patch({search: search.slice(0, -1), scroll: 0});
	} else if (isTextKey(key)) {
		ui.patch({search: (search + key).slice(0, 40), scroll: 0});
	} else {
		return false;
	}

	return true;
};

/**
One key, to whoever owns it: the quit keys always work, then the dialog, the text field, the help page, the key table.
`isBurst`: it came together with others, as fast typing or a paste does. Such keys move, type and ask, but never confirm.
*/
const takeKey = (context: Context, key: string, isBurst: boolean): void => {
	const {ui, clock} = context;
	ui.patch({keyAt: clock()});
	const {dialog, prompt, page} = ui.get();
	if (key === 'ctrl-c') {
		commands.interrupt(context);
	} else if (key === 'ctrl-r') {
		commands.redraw(context);
	} else if (dialog) {
		dialogKey(context, lookOf(ui.get()), key, isBurst);
	} else if (prompt) {
		promptKey(context, key);
	} else if (page !== 'help' || !helpKey(context, key)) {
		const command = commandOf(key);
		if (command !== undefined) {
			commands[command](context);
		}
	}

	context.pulse.flush();
};

/** A fault in what a key does must not end the program: it is told, and the next key is taken. */
const handleKey = (context: Context, key: string, isBurst: boolean): void => {
	try {
		takeKey(context, key, isBurst);
	} catch (error) {
		context.say('bad', toAppError(error).message);
	}
};

/** The line being typed, above it what it could become. */
const PromptLines = ({prompt, width, rows}: {readonly prompt: Prompt; readonly width: number; readonly rows: number}): ReactElement => {
	const screen = useScreen();
	const look = useLook();
	const [sign, hint] = prompt.kind === 'command' ? [':', 'enter runs  tab completes  esc leaves'] : ['/', 'enter keeps  esc brings the old one back'];
	const room = Math.max(0, Math.min(8, rows - 6));
	const all = completionsOf(screen, prompt);
	const first = Math.max(0, Math.min(prompt.choice - room + 1, all.length - room));
	const shown = all.slice(first, first + room);
	const blank = ' '.repeat(width);
	const texts = shown.map(({text, does}, index): Piece[] => {
		const isMarked = index + first === prompt.choice;
		return [[isMarked ? ['inverse', 'bold'] : 'bold', fit(`${isMarked ? '>' : ' '} ${text} `, 32, {mark: look.glyphs.cut})], ['dim', `  ${does}`]];
	});
	const pieces: Piece[] = [[['bold', 'cyan'], ` ${sign}`], ` ${prompt.text}`, look.glyphs.cursor, ['dim', `   ${hint}`]];
	return (
		<Box position='absolute' flexDirection='column' marginTop={rows - 1 - shown.length} width={width}>
			<Box position='absolute'><Lines texts={Array.from({length: shown.length + 1}, () => blank)}/></Box>
			<Lines texts={[...texts, pieces].map(line => draw(look, line, width))}/>
		</Box>
	);
};

const HelpPage = (): ReactElement => {
	const screen = useScreen();
	const look = useLook();
	const {columns: width, rows, search, scroll} = useUi(ui => ui);
	const lines = helpLines(look, {width, search, url: screen.client.url});
	const room = bodyRows({rows});
	const first = Math.min(scroll, scrollLimit(screen));
	return <Lines texts={lines.slice(first, first + room)} height={room}/>;
};

/** B8d: the facts that matter, where tables have no room. */
const TinyView = ({look, width, rows}: {readonly look: Look; readonly width: number; readonly rows: number}): ReactElement => {
	const screen = useScreen();
	const snapshot = useSelect(current => current);
	useUi(ui => ui.selected);
	const room = bodyRows({rows});
	const facts = tinyLines(look, snapshot, selectedTarget(screen)?.target.id);
	const advice = room - facts.length >= 4 ? [[], [' pmcp needs 60 columns, 15 rows for its tables.'], [' Enlarge the terminal, or: pmcp status']] : [];
	return <Lines texts={[...facts, ...advice].slice(0, room).map(pieces => draw(look, pieces, width))} height={room}/>;
};

const ruleTitle = (look: Look, {page, selected, search}: Ui, call: McpCall | undefined): Piece[] => {
	if (page === 'call') {
		return ['Traffic ', ['dim', look.glyphs.into], ' ', ...(call ? callTitle(look, call) : [])];
	}

	if (page === 'help') {
		return [['bold', 'keys'], search === '' ? '  ' : `  with ${clean(search)}  `, ['yellow', '?'], ' asks first'];
	}

	return page === 'target' ? ['Targets ', ['dim', look.glyphs.into], ' ', ['bold', selected ?? '']] : [];
};

const pages: Readonly<Record<Exclude<Ui['page'], 'help'>, () => ReactElement>> = {
	list: () => <TargetsView/>,
	target: () => <TargetPage/>,
	traffic: () => <TrafficView/>,
	call: () => <CallPage/>,
	sessions: () => <SessionsView/>,
};

/** The screen between header and hints. */
const Page = (): ReactElement => {
	const look = useLook();
	const {page, columns, rows} = useUi(ui => ui);
	if (page === 'help') {
		return <HelpPage/>;
	}

	if (isTiny({columns, rows})) {
		return <TinyView look={look} width={columns} rows={rows}/>;
	}

	return pages[page]();
};

/** The root: exactly as high as the terminal, every line cut to its width, all keys of the program. */
export const App = (): ReactElement => {
	const screen = useScreen();
	const look = useLook();
	const ui = useUi(current => current);
	const snapshot = useSelect(current => current);
	const {columns: width, rows, dialog, prompt} = ui;
	useInput((input, key) => {
		const names = keyNames(input, key);
		for (const name of names) {
			handleKey(screen, name, names.length > 1);
		}
	});
	usePaste(text => {
		writePrompt(screen, clean(text.replaceAll(/\s+/gv, ' ').trim()));
	});

	if (ui.isBlank) {
		return <Box width={width} height={rows}/>;
	}

	const view = dialog && viewOf(screen, look, dialog);
	const total = Object.keys(snapshot.state.targets).length;
	return (
		<Box width={width} height={rows} overflow='hidden' flexDirection='column'>
			<Dimmed value={dialog !== undefined}>
				<Line text={headerLine(look, snapshot, {url: screen.client.url, isReadOnly: screen.isReadOnly, width})}/>
				<Line text={tabsLine(look, {ui, state: snapshot.state, shown: {targets: screen.list().length, calls: callsOf(screen).length, newer: callIndex(screen)}, width})}/>
				<Line text={drawRule(look, ruleTitle(look, ui, selectedCall(screen)), width)}/>
				<Box flexDirection='column' height={bodyRows(ui)} flexShrink={0} overflow='hidden'><Page/></Box>
			</Dimmed>
			<Line text={hintLine(look, ui, {dialog: view, isStale: snapshot.link.status === 'lost', isEmpty: total === 0, focus: dialog?.focus ?? 0, mode: screen.mode, width})}/>
			{dialog && view && <Dialog look={look} view={view} question={dialog} columns={width} rows={rows}/>}
			{prompt && <PromptLines prompt={prompt} width={width} rows={rows}/>}
		</Box>
	);
};
