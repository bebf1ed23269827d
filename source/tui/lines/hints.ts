import type {Choice, DialogView} from '../dialogs/view.ts';
import {keymap, shownKeys, type Binding, type Scope} from '../keymap.ts';
import {drawEnds, widthOfPieces, type Look, type Piece} from '../theme.ts';
import type {Ui} from '../ui.ts';

const hintPieces = (key: string, words: string): Piece[] => [' ', ['bold', key], ` ${words} `];

const keyShown = (binding: Binding, {glyphs, isAscii}: Look): string => {
	if (binding.id === 'down') {
		return glyphs.vertical;
	}

	return shownKeys(binding, isAscii).split(' ')[0] ?? '';
};

/** In which order the hints stand. */
const places: ReadonlyArray<Binding['section']> = ['Move', 'Targets', 'Traffic', 'Sessions', 'View', 'Program'];

/** As many hints as fit, those of the lowest rank first to stay, in the order of the table; `?` and `q` always. */
const fitting = (look: Look, bindings: readonly Binding[], width: number): Piece[] => {
	const pieces = (binding: Binding): Piece[] => hintPieces(keyShown(binding, look), binding.hint ?? '');
	const kept = new Set<Binding>();
	let used = 0;
	for (const binding of bindings.toSorted((a, b) => (a.rank ?? 99) - (b.rank ?? 99))) {
		used += widthOfPieces(pieces(binding));
		if (used > width) {
			break;
		}

		kept.add(binding);
	}

	return bindings.filter(binding => kept.has(binding)).toSorted((a, b) => places.indexOf(a.section) - places.indexOf(b.section)).flatMap(binding => pieces(binding));
};

/** Whose keys a page has. */
const scopes: Readonly<Record<Ui['page'], readonly Scope[]>> = {list: ['targets'], target: ['targets'], traffic: ['traffic'], call: ['traffic'], sessions: ['sessions'], help: []};

/** What else means nothing there. */
const missing: Readonly<Record<Ui['page'], ReadonlySet<string>>> = {
	list: new Set(),
	target: new Set(['open', 'filter', 'sort', 'down']),
	traffic: new Set(['sort', 'copy']),
	call: new Set(['open', 'filter', 'sort', 'down', 'copy', 'follow']),
	sessions: new Set(['filter', 'sort', 'copy']),
	help: new Set(),
};

const isShown = (binding: Binding, {page, pane}: Ui): boolean => {
	if (binding.hint === undefined || binding.id === 'help' || binding.id === 'quit') {
		return false;
	}

	const {id, scope} = binding;
	if (scope !== 'everywhere' && !scopes[page].includes(scope)) {
		return false;
	}

	return page === 'list' ? pane === 'targets' || id === 'down' || scope !== 'targets' : !missing[page].has(id);
};

/** A choice's words without their explanation. */
const nameOf = (choice: Choice | undefined): string => choice?.label.split(/\s{2,}/v)[0]?.toLowerCase() ?? '';

const dialogHints = (look: Look, {choices, expects, layout}: DialogView, focus: number, width: number): string => {
	const letters = choices.filter(({key}) => key !== '').flatMap(choice => hintPieces(choice.key, nameOf(choice)));
	const moves = expects === undefined ? [...hintPieces(layout === 'row' ? 'tab' : look.glyphs.vertical, 'move'), ...letters] : hintPieces('type the name', '');
	return drawEnds(look, [...moves, ...hintPieces('enter', nameOf(choices[focus]))], hintPieces('esc', 'cancel'), width);
};

type Situation = Readonly<{dialog: DialogView | undefined; focus: number; isStale: boolean; isEmpty: boolean; mode: 'own' | 'attached'; width: number}>;

/** The last line: what can be pressed now. */
export const hintLine = (look: Look, ui: Ui, {dialog, focus, isStale, isEmpty, mode, width}: Situation): string => {
	if (dialog) {
		return dialogHints(look, dialog, focus, width);
	}

	if (ui.page === 'help') {
		return drawEnds(look, [' type to search ', ...hintPieces(look.glyphs.vertical, 'scroll')], hintPieces('esc', 'close'), width);
	}

	if (isStale) {
		return drawEnds(look, [...hintPieces('enter', 'retry now'), ...hintPieces('?', 'help')], hintPieces('q', 'quit'), width);
	}

	const quit = ui.page === 'list' ? hintPieces('q', mode === 'own' ? 'quit' : 'leave') : hintPieces('esc', 'back');
	const right = [...hintPieces('?', 'help'), ...quit];
	const bindings = keymap.filter(binding => isEmpty ? binding.id === 'command' : isShown(binding, ui));
	return drawEnds(look, fitting(look, bindings, width - widthOfPieces(right) - 1), right, width);
};
