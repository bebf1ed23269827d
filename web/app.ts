import type {SnapshotFrame} from '../source/client/feed.ts';
import {createAnnouncer} from './announce.ts';
import {createModeller, firstChoices, type Choices} from './choices.ts';
import {createDeeds, type Deed} from './deeds.ts';
import {createAsker} from './dialog.ts';
import {element} from './element.ts';
import {listenToKeys} from './keys.ts';
import {openLine} from './link.ts';
import {parseOwn} from './json.ts';
import {hasShortcuts, setShortcuts, showTheme} from './prefs.ts';
import {createPacer, draw} from './screen.ts';
import {createToast} from './toast.ts';

/** What the server put beside the page it drew. */
type Data = Readonly<{frame: SnapshotFrame}>;

const rowOf = (target: EventTarget | null): HTMLElement | undefined => target instanceof Element ? target.closest<HTMLElement>('[data-row]') ?? undefined : undefined;

/** Presses of buttons, wherever they are drawn. */
const listenToButtons = (deeds: Readonly<Record<string, Deed>>): void => {
	document.addEventListener('click', ({target}) => {
		const button = target instanceof Element ? target.closest<HTMLElement>('[data-do]') : null;
		if (button) {
			deeds[button.dataset.do ?? '']?.(button.dataset.id, button);
		}
	});
};

/** The row that the keys act on follows the focus. */
const followRows = (choices: Choices, redraw: () => void): void => {
	document.addEventListener('focusin', ({target}) => {
		const row = rowOf(target);
		if (row && row.dataset.row !== choices.selected) {
			choices.selected = row.dataset.row;
			redraw();
		}
	});
	for (const type of ['pointerdown', 'keydown'] as const) {
		document.addEventListener(type, ({target}) => {
			if (rowOf(target)) {
				choices.touchedAt = performance.now();
			}
		});
	}
};

const moveRow = (step: number): void => {
	const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
	const current = rowOf(document.activeElement);
	const index = current ? rows.indexOf(current) : -1;
	const isKnown = current !== undefined || step < 0;
	const next = isKnown ? Math.min(rows.length - 1, Math.max(0, index + step)) : rows.findIndex(row => row.tabIndex === 0);
	rows[Math.max(0, next)]?.focus();
};

/** Parts of the page that the script alone brings to life. */
const listenToFields = (choices: Choices, redraw: () => void): void => {
	document.addEventListener('input', ({target}) => {
		if (target instanceof HTMLInputElement && target.id === 'filter') {
			choices.filter = target.value;
			choices.touchedAt = -Infinity;
			redraw();
		}

		if (target instanceof HTMLInputElement && target.id === 'call-filter') {
			choices.callFilter = target.value;
			redraw();
		}
	});
	const shortcuts = element<HTMLInputElement>('shortcuts');
	shortcuts.checked = hasShortcuts();
	shortcuts.addEventListener('change', () => {
		setShortcuts(shortcuts.checked);
	});
};

const start = (): void => {
	const data = parseOwn<Data>(document.querySelector('#data')?.textContent ?? 'null');
	if (!data) {
		return;
	}

	const {frame} = data;
	const choices = firstChoices(frame.state.active);
	const asker = createAsker();
	const announce = createAnnouncer();
	const line = openLine({state: frame.state, seq: frame.seq, news: frame.news}, () => {
		pacer.soon();
	});
	const getModel = createModeller(line, choices);
	const pacer = createPacer(() => {
		const {state, news} = line.getMirror();
		announce(state, news);
		draw(getModel());
		asker.refresh();
	});
	const deeds = createDeeds({line, choices, asker, toast: createToast(), redraw: pacer.now});
	listenToButtons(deeds);
	followRows(choices, pacer.now);
	listenToFields(choices, pacer.now);
	listenToKeys({
		move: moveRow,
		press(deed) {
			deeds[deed]?.(rowOf(document.activeElement)?.dataset.row, undefined);
		},
	});
	setInterval(pacer.soon, 1000); // Ages go on while nothing happens.
};

showTheme();
document.addEventListener('DOMContentLoaded', start);
