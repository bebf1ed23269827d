/** Where a key works: everywhere, on the pages of one view, in the dialogs. */
export type Scope = 'everywhere' | 'targets' | 'traffic' | 'sessions' | 'dialog';

export type Section = 'Move' | 'View' | 'Targets' | 'Traffic' | 'Sessions' | 'Program' | 'Dialogs';

/**
One row of the one table of keys. It drives what a key does, the hint line, the help page and docs/keys.md.
`keys`: names as `keyNames` gives them. `shown`: how they are written. `asks`: a dialog comes first, because it changes something.
`hint` and `rank`: the short words of the hint line, lowest rank first to stay.
*/
export type Binding = Readonly<{
	id: string;
	scope: Scope;
	section: Section;
	keys: readonly string[];
	shown: string;
	does: string;
	asks?: boolean;
	hint?: string;
	rank?: number;
	/** The word of the `:` palette, where it has one. */
	verb?: string;
}>;

const table = [
	{id: 'up', scope: 'everywhere', section: 'Move', keys: ['up', 'k'], shown: '↑ k', does: 'up'},
	{id: 'down', scope: 'everywhere', section: 'Move', keys: ['down', 'j'], shown: '↓ j', does: 'down', hint: 'select', rank: 9},
	{id: 'first', scope: 'everywhere', section: 'Move', keys: ['g', 'home'], shown: 'g Home', does: 'first'},
	{id: 'last', scope: 'everywhere', section: 'Move', keys: ['G', 'end'], shown: 'G End', does: 'last'},
	{id: 'page-up', scope: 'everywhere', section: 'Move', keys: ['pageup'], shown: 'PgUp', does: 'a page up'},
	{id: 'page-down', scope: 'everywhere', section: 'Move', keys: ['pagedown'], shown: 'PgDn', does: 'a page down'},
	{id: 'half-up', scope: 'everywhere', section: 'Move', keys: ['ctrl-u'], shown: 'ctrl-u', does: 'half a page up'},
	{id: 'half-down', scope: 'everywhere', section: 'Move', keys: ['ctrl-d'], shown: 'ctrl-d', does: 'half a page down'},
	{id: 'left', scope: 'everywhere', section: 'Move', keys: ['left'], shown: '←', does: 'scroll back'},
	{id: 'right', scope: 'everywhere', section: 'Move', keys: ['right'], shown: '→', does: 'scroll sideways'},
	{id: 'open', scope: 'everywhere', section: 'Move', keys: ['enter'], shown: 'enter', does: 'open it (link lost: retry)', hint: 'detail', rank: 5},
	{id: 'back', scope: 'everywhere', section: 'Move', keys: ['esc'], shown: 'esc', does: 'back, close, clear filter'},
	{id: 'pane-next', scope: 'everywhere', section: 'Move', keys: ['tab'], shown: 'tab', does: 'next pane'},
	{id: 'pane-previous', scope: 'everywhere', section: 'Move', keys: ['shift-tab'], shown: 'shift-tab', does: 'previous pane'},

	{id: 'view-targets', scope: 'everywhere', section: 'View', keys: ['1'], shown: '1', does: 'Targets'},
	{id: 'view-traffic', scope: 'everywhere', section: 'View', keys: ['2'], shown: '2', does: 'Traffic: the requests', verb: 'traffic'},
	{id: 'view-sessions', scope: 'everywhere', section: 'View', keys: ['3'], shown: '3', does: 'Sessions: the clients', verb: 'sessions'},
	{id: 'filter', scope: 'everywhere', section: 'View', keys: ['/'], shown: '/', does: 'filter', hint: 'filter', rank: 4},
	{id: 'filter-toggle', scope: 'everywhere', section: 'View', keys: ['\\'], shown: '\\', does: 'last filter off and on'},
	{id: 'sort', scope: 'everywhere', section: 'View', keys: ['o'], shown: 'o', does: 'sort by', hint: 'sort', rank: 10},
	{id: 'sort-reverse', scope: 'everywhere', section: 'View', keys: ['O'], shown: 'O', does: 'reverse the order'},
	{id: 'freeze', scope: 'everywhere', section: 'View', keys: ['p'], shown: 'p', does: 'freeze the screen', hint: 'freeze', rank: 11},
	{id: 'copy', scope: 'everywhere', section: 'View', keys: ['y'], shown: 'y', does: 'copy name, URL, command', hint: 'copy', rank: 12},
	{id: 'redraw', scope: 'everywhere', section: 'View', keys: ['ctrl-r'], shown: 'ctrl-r', does: 'draw everything again'},
	{id: 'look', scope: 'everywhere', section: 'View', keys: ['T'], shown: 'T', does: 'colour, no colour, ASCII'},

	{id: 'switch', scope: 'targets', section: 'Targets', keys: ['s'], shown: 's', does: 'switch to it', asks: true, hint: 'switch', rank: 2, verb: 'switch'},
	{id: 'failback', scope: 'targets', section: 'Targets', keys: ['b'], shown: 'b', does: 'fail back', asks: true, hint: 'failback', rank: 6, verb: 'failback'},
	{id: 'undo', scope: 'targets', section: 'Targets', keys: ['u'], shown: 'u', does: 'undo the last switch', asks: true, hint: 'undo', rank: 8, verb: 'undo'},
	{id: 'automatic', scope: 'targets', section: 'Targets', keys: ['a'], shown: 'a', does: 'auto-failover on, off', asks: true, hint: 'auto', rank: 7, verb: 'auto'},
	{id: 'maintenance', scope: 'targets', section: 'Targets', keys: ['m'], shown: 'm', does: 'maintenance, drain', asks: true, hint: 'maint', rank: 6, verb: 'maint'},
	{id: 'check', scope: 'targets', section: 'Targets', keys: ['c'], shown: 'c', does: 'check health now', hint: 'check', rank: 3, verb: 'check'},
	{id: 'target-traffic', scope: 'targets', section: 'Targets', keys: ['t'], shown: 't', does: 'its traffic', hint: 'traffic', rank: 10},

	{id: 'follow', scope: 'traffic', section: 'Traffic', keys: ['f'], shown: 'f', does: 'follow the newest', hint: 'follow', rank: 3},
	{id: 'error-next', scope: 'traffic', section: 'Traffic', keys: ['n'], shown: 'n', does: 'next error, older', hint: 'next error', rank: 6},
	{id: 'error-previous', scope: 'traffic', section: 'Traffic', keys: ['N'], shown: 'N', does: 'next error, newer'},

	{id: 'end-session', scope: 'sessions', section: 'Sessions', keys: ['x'], shown: 'x', does: 'end it', asks: true, hint: 'end', rank: 2},

	{id: 'command', scope: 'everywhere', section: 'Program', keys: [':'], shown: ':', does: 'command palette', hint: 'command', rank: 5},
	{id: 'help', scope: 'everywhere', section: 'Program', keys: ['?'], shown: '?', does: 'this help', hint: 'help', rank: 0, verb: 'help'},
	{id: 'quit', scope: 'everywhere', section: 'Program', keys: ['q'], shown: 'q', does: 'back; from the list, leave', hint: 'quit', rank: 1, verb: 'quit'},
	{id: 'interrupt', scope: 'everywhere', section: 'Program', keys: ['ctrl-c'], shown: 'ctrl-c', does: 'leave; twice: stop now'},
	{id: 'suspend', scope: 'everywhere', section: 'Program', keys: ['ctrl-z'], shown: 'ctrl-z', does: 'suspend'},

	{id: 'dialog-next', scope: 'dialog', section: 'Dialogs', keys: ['tab', 'right', 'down', 'l', 'j'], shown: 'tab → ↓ l j', does: 'next choice'},
	{id: 'dialog-previous', scope: 'dialog', section: 'Dialogs', keys: ['shift-tab', 'left', 'up', 'h', 'k'], shown: 'shift-tab ← ↑ h k', does: 'previous choice'},
	{id: 'dialog-press', scope: 'dialog', section: 'Dialogs', keys: ['enter'], shown: 'enter', does: 'take the marked one'},
	{id: 'dialog-cancel', scope: 'dialog', section: 'Dialogs', keys: ['esc'], shown: 'esc', does: 'cancel'},
] as const satisfies readonly Binding[];

export type CommandId = Exclude<(typeof table)[number]['id'], `dialog-${string}`>;
export type DialogKey = Extract<(typeof table)[number]['id'], `dialog-${string}`>;

/** The one table of keys. */
export const keymap: readonly Binding[] = table;

/** What a key does where no dialog and no text field has it. */
export const commandOf = (key: string): CommandId | undefined => {
	for (const {id, scope, keys} of table) {
		if (scope !== 'dialog' && (keys as readonly string[]).includes(key)) {
			return id;
		}
	}

	return undefined;
};

/** What a key does in every dialog alike. */
export const dialogKeyOf = (key: string): DialogKey | undefined => {
	for (const {id, scope, keys} of table) {
		if (scope === 'dialog' && (keys as readonly string[]).includes(key)) {
			return id;
		}
	}

	return undefined;
};

/** In the order of the help: what is particular first. */
export const sections: readonly Section[] = ['Targets', 'View', 'Traffic', 'Sessions', 'Program', 'Move', 'Dialogs'];

/** The key names in a set without arrows, for terminals that lack them. */
export const shownKeys = ({shown}: Binding, isAscii: boolean): string => isAscii
	? shown.replaceAll('↑', 'up').replaceAll('↓', 'down').replaceAll('←', 'left').replaceAll('→', 'right')
	: shown;

/** Docs/keys.md: the table for people. */
export const keysMarkdown = (): string => {
	const rows = (section: Section): string => keymap
		.filter(binding => binding.section === section)
		.map(({shown, does, asks, verb}) => `| ${shown.split(' ').map(key => `\`${key}\``).join(' ')} | ${does} | ${asks ? 'yes' : ''} | ${verb === undefined ? '' : `\`:${verb}\``} |`)
		.join('\n');
	const tables = sections.map(section => `## ${section}\n\n| key | does | asks first | command |\n| --- | --- | --- | --- |\n${rows(section)}`);
	return [
		'# Keys of the terminal dashboard',
		'Generated from `source/tui/keymap.ts`, which also drives the program; do not edit.\nA text field takes all printable keys; `esc` always leaves it.',
		...tables,
	].join('\n\n') + '\n';
};
