import {pulseInterval} from './pulse.ts';
import {clean} from './text.ts';
import type {Notice, UiCell} from './ui.ts';

const noticesKept = 100;

const withText = (notices: readonly Notice[], text: string, at: number): readonly Notice[] => {
	const last = notices.at(-1);
	return last?.text === text
		? [...notices.slice(0, -1), {text, at, count: last.count + 1}]
		: [...notices, {text, at, count: 1}].slice(-noticesKept);
};

/** What others wrote to the terminal, line by line: shown among the events at the pace of the picture, repeats counted. */
export const createNotices = (ui: UiCell, clock: () => number, onNotice?: (text: string) => void): Readonly<{add: (text: string) => void; stop: () => void}> => {
	let notices: readonly Notice[] = [];
	let timer: NodeJS.Timeout | undefined;
	return {
		add(text) {
			for (const line of text.split('\n').map(part => clean(part.trim())).filter(part => part !== '')) {
				notices = withText(notices, line, clock());
				onNotice?.(line);
			}

			timer ??= setTimeout(() => {
				timer = undefined;
				ui.patch({notices});
			}, pulseInterval);
		},
		stop() {
			clearTimeout(timer);
		},
	};
};
