import {iconOf, titleOf, type Model} from '../source/api/page/model.ts';
import {kept} from '../source/api/page/tree.ts';
import {view} from '../source/api/page/view.ts';
import {element} from './element.ts';
import {patch} from './patch.ts';
import {getTheme} from './prefs.ts';

/** At most four pictures a second. */
const interval = 250;

/** The heading that the rows are sorted by. */
const markSort = ({sort, isReversed}: Model): void => {
	for (const button of document.querySelectorAll<HTMLElement>('[data-sort]')) {
		const isCurrent = button.dataset.sort === sort;
		button.lastElementChild!.textContent = isCurrent ? (isReversed ? '▼' : '▲') : '';
		button.parentElement!.ariaSort = isCurrent ? (isReversed ? 'descending' : 'ascending') : null;
	}
};

/** Put a model on the page. Focus stays on a row that moves. */
export const draw = (model: Model): void => {
	const focused = document.activeElement;
	patch(element('app'), view(model, () => kept));
	markSort(model);
	if (focused instanceof HTMLElement && focused !== document.activeElement && focused.isConnected) {
		focused.focus({preventScroll: true});
	}

	const theme = element('theme');
	theme.textContent = `Theme: ${getTheme()}`;
	const title = titleOf(model);
	if (document.title !== title) {
		document.title = title;
		document.querySelector('link[rel="icon"]')?.setAttribute('href', iconOf(model));
	}
};

/** `soon`: within the interval, once for all that asks. `now`: at once, for what the reader did. Nothing is drawn while the tab is hidden. */
export const createPacer = (render: () => void): Readonly<{soon: () => void; now: () => void}> => {
	let drawnAt = 0;
	let timer: ReturnType<typeof setTimeout> | undefined;

	const now = (): void => {
		clearTimeout(timer);
		timer = undefined;
		drawnAt = performance.now();
		if (!document.hidden) {
			render();
		}
	};

	document.addEventListener('visibilitychange', now);
	return {
		now,
		soon() {
			timer ??= setTimeout(now, Math.max(0, drawnAt + interval - performance.now()));
		},
	};
};
