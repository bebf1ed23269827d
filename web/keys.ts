import {hasShortcuts} from './prefs.ts';

/** Single letters; each presses the button of that deed. The page's help lists the same. */
const letters: Readonly<Record<string, string>> = {s: 'switch', c: 'check', m: 'maintenance', b: 'failback', u: 'undo', a: 'automatic', p: 'pause', t: 'theme', '?': 'help', '/': 'filter'};

const isTyping = (target: EventTarget | null): boolean => target instanceof HTMLElement && (target.isContentEditable || /^(?:input|select|textarea)$/v.test(target.localName));

const isInTable = (target: EventTarget | null): boolean => target instanceof Element && target.closest('tbody') !== null;

export type Keys = Readonly<{
	/** Move the row focus by so many rows; ±Infinity is an end. */
	move: (step: number) => void;
	/** Do what the letter stands for, with the focused row if there is one. */
	press: (deed: string) => void;
}>;

const steps: Readonly<Record<string, number>> = {ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity};
const letterSteps: Readonly<Record<string, number>> = {j: 1, k: -1};

/** Arrows move between rows once one has the focus; letters work anywhere, unless they are switched off or something is being typed. */
export const listenToKeys = ({move, press}: Keys): void => {
	document.addEventListener('keydown', event => {
		const {key, target} = event;
		if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector('dialog[open]')) {
			return;
		}

		if (isTyping(target)) {
			if (key === 'Escape' && target instanceof HTMLElement) {
				target.blur();
			}

			return;
		}

		const step = isInTable(target) ? steps[key] : undefined;
		const letterStep = hasShortcuts() ? letterSteps[key] : undefined;
		const deed = hasShortcuts() ? letters[key] : undefined;
		if (step !== undefined || letterStep !== undefined) {
			event.preventDefault();
			move(step ?? letterStep ?? 0);
		} else if (deed !== undefined) {
			event.preventDefault();
			press(deed);
		}
	});
};
