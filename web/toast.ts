import {element} from './element.ts';

const shownFor = 8000;

/** Shows a word about what was just done, at the foot of the page; `undo` adds a button to it. */
export type Toast = (text: string, tone: 'good' | 'bad', undo?: () => void) => void;

export const createToast = (): Toast => {
	const box = element('toast');
	const words = element('toast-text');
	const button = element<HTMLButtonElement>('toast-undo');
	let timer: ReturnType<typeof setTimeout> | undefined;
	let isUndone: (() => void) | undefined;

	const hide = (): void => {
		box.hidden = true;
	};

	button.addEventListener('click', () => {
		hide();
		isUndone?.();
	});
	element<HTMLButtonElement>('toast-close').addEventListener('click', hide);

	return (text, tone, undo) => {
		words.textContent = text;
		box.className = tone;
		box.hidden = false;
		button.hidden = undo === undefined;
		isUndone = undo;
		clearTimeout(timer);
		timer = setTimeout(hide, shownFor);
	};
};
