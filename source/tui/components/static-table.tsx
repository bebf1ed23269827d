import {createRequire} from 'node:module';
import * as ink from 'ink';
import {useContext, type ReactElement, type ReactNode} from 'react';
import type InkTable from 'ink-table';
import type {StaticRows} from '../dialogs/view.ts';
import {clean, widthOf} from '../text.ts';
import {paint} from '../theme.ts';
import {useLook} from '../use-select.ts';
import {Dimmed} from './line.tsx';

/*
The package ink-table 3.1.0 is CommonJS and asks for Ink with `require`, which Node refuses, as Ink 8 awaits at its top level
(ERR_REQUIRE_ASYNC_MODULE; maticzav/ink-table#258). It gets the Ink that is loaded already. May go when #253 is released.
*/
/* eslint-disable @typescript-eslint/no-unsafe-type-assertion -- The module cache is untyped territory. */
const require = createRequire(import.meta.url);
const id = require.resolve('ink');
require.cache[id] ??= Object.assign(Object.create(null) as NodeJS.Module, {id, filename: id, path: '', loaded: true, exports: ink, children: [], paths: [], require});
const {default: Table} = require('ink-table') as {default: typeof InkTable.default};
/* eslint-enable @typescript-eslint/no-unsafe-type-assertion */

type Cells = Record<string, string>;
type Column = Readonly<{key: string; column: string; width: number}>;

// The types of ink-table say JSX.Element, which React 19 no longer declares globally.
declare global {
	namespace JSX { // eslint-disable-line @typescript-eslint/no-namespace -- The library's types name it.
		type Element = ReactElement;
	}
}

const textIn = (children: ReactNode): string => typeof children === 'string' ? children : '';

const Heading = ({children}: {readonly children?: ReactNode}): ReactElement => <ink.Text wrap='truncate'>{paint(useLook(), 'dim', textIn(children))}</ink.Text>;

const Cell = ({children}: {readonly children?: ReactNode}): ReactElement => {
	const isDimmed = useContext(Dimmed);
	const look = useLook();
	const text = textIn(children);
	return <ink.Text wrap='truncate'>{isDimmed ? paint(look, 'dim', text) : text}</ink.Text>;
};

const Nothing = (): ReactElement => <ink.Text/>;

/**
The real ink-table without its frame, and with columns measured in terminal cells: the library counts UTF-16 units, so that wide
characters would push the rest of their row out of line.
*/
class PlainTable extends Table<Cells> {
	override getColumns(): Column[] {
		const {columns, padding} = this.getConfig();
		return columns.map(column => ({
			key: String(column),
			column: String(column),
			width: Math.max(widthOf(String(column)), ...this.props.data.map(row => widthOf(row[column] ?? ''))) + (padding * 2),
		}));
	}

	override render(): ReactElement {
		const {columns} = this.getConfig();
		const headings = Object.fromEntries(columns.map(column => [column, String(column)]));
		return (
			<ink.Box flexDirection='column' flexShrink={0}>
				{this.heading({key: 'heading', columns: this.measured(headings), data: headings})}
				{this.props.data.map((row, index): ReactElement => <ink.Box key={index}>{this.data({key: `row-${index}`, columns: this.measured(row), data: row})}</ink.Box>)}
			</ink.Box>
		);
	}

	/** The columns as the library must see them for this row, to fill it up to the cells we want. */
	private measured(row: Partial<Cells>): Column[] {
		return this.getColumns().map(column => {
			const text = row[column.column] ?? '';
			return {...column, width: column.width + text.length - widthOf(text)};
		});
	}
}

/** A small table that seldom changes: in dialogs and on a target's page. The columns' titles are their keys. */
export const StaticTable = ({columns, rows}: StaticRows): ReactElement => {
	const titles = columns.map(column => clean(column));
	const data = rows.map(row => Object.fromEntries(columns.map((column, index) => [titles[index] ?? '', clean(row[column] ?? '')])));
	return <PlainTable data={data} columns={titles} header={Heading} cell={Cell} skeleton={Nothing}/>;
};
