import type {Admin, TargetId} from '../core/target.ts';
import type {SortKey} from '../core/listing.ts';
import type {Cell} from './cell.ts';

/** Why a switch is proposed; it names the dialog and the action behind it. */
export type SwitchKind = 'switch' | 'failback' | 'undo';

/**
A question on top of the screen. `focus` is the choice Enter activates (0 is always the safe one), `typed` what was typed
where the target's name is asked for, `note` what came of the last try.
*/
export type Dialog = Readonly<{focus: number; typed: string; note: string | undefined}> & Question;

export type Question =
	/** `epoch`: which state of affairs the person is looking at. */
	| Readonly<{kind: SwitchKind; id: TargetId; epoch: number}>
	| Readonly<{kind: 'admin'; id: TargetId; admin: Admin | undefined}>
	| Readonly<{kind: 'automatic'; isAutomatic: boolean}>
	| Readonly<{kind: 'end-session'; id: string}>
	| Readonly<{kind: 'sort'}>
	| Readonly<{kind: 'copy'; id: TargetId}>
	| Readonly<{kind: 'quit'}>
	| Readonly<{kind: 'suspend'}>;

/** The line being typed at the bottom. `before`: the filter that Esc brings back; `choice`: the marked completion; `recall`: how far back in the history. */
export type Prompt = Readonly<{kind: 'filter' | 'calls' | 'command'; text: string; before: string; choice: number; recall: number}>;

export type Tone = 'good' | 'bad' | 'note';

/** A short message in the right half of line 2, gone by itself. `count`: how many messages it stands for. */
export type Toast = Readonly<{tone: Tone; text: string; count: number; isNews: boolean}>;

/** Something of this program, not of the proxy: a foreign write to the terminal, a warning of Node. */
export type Notice = Readonly<{at: number; text: string; count: number}>;

/** Everything about the screen that is not the proxy's state. */
export type Ui = Readonly<{
	/** `list` is the targets; `target` and `call` are one of what `list` and `traffic` show. */
	page: 'list' | 'target' | 'traffic' | 'call' | 'sessions' | 'help';
	pane: 'targets' | 'events';
	selected: TargetId | undefined;
	dialog: Dialog | undefined;
	prompt: Prompt | undefined;
	history: readonly string[];
	filter: string;
	/** The filter of the calls. */
	callFilter: string;
	/** The call that the cursor is on; undefined: the newest, whichever that is. */
	call: number | undefined;
	session: string | undefined;
	isFilterOn: boolean;
	sort: SortKey;
	isReversed: boolean;
	/** Cells (or columns) the focused pane is scrolled sideways, and lines the page is scrolled down. */
	sideways: number;
	scroll: number;
	/** What is typed on the help page to find a key. */
	search: string;
	isAscii: boolean;
	isColored: boolean;
	toast: Toast | undefined;
	notices: readonly Notice[];
	columns: number;
	rows: number;
	/** True for one frame, to force the next to be drawn whole. */
	isBlank: boolean;
	/** Wall time of the last key: order does not jump while someone is looking for a row. */
	keyAt: number;
}>;

export type UiCell = Cell<Ui>;

export const initialUi: Ui = {
	page: 'list',
	pane: 'targets',
	selected: undefined,
	dialog: undefined,
	prompt: undefined,
	history: [],
	filter: '',
	callFilter: '',
	call: undefined,
	session: undefined,
	isFilterOn: true,
	sort: 'order',
	isReversed: false,
	sideways: 0,
	scroll: 0,
	search: '',
	isAscii: false,
	isColored: true,
	toast: undefined,
	notices: [],
	columns: 80,
	rows: 24,
	isBlank: false,
	keyAt: 0,
};

/** A dialog as it opens: focus on the safe choice. */
export const ask = (question: Question): Dialog => ({focus: 0, typed: '', note: undefined, ...question});
