/* What the reader chose, kept in this browser. A browser that keeps nothing (private windows) shows the defaults. */

const read = (key: string): string | null => {
	try {
		return localStorage.getItem(key);
	} catch {
		return null;
	}
};

const write = (key: string, value: string): void => {
	try {
		localStorage.setItem(key, value);
	} catch {
		// It holds until the page is closed.
	}
};

const themes = ['auto', 'light', 'dark'] as const;
type Theme = typeof themes[number];

export const getTheme = (): Theme => themes.find(theme => theme === read('pmcp.theme')) ?? 'auto';

/** Called before the page is drawn, so that it never flashes in the other colours. */
export const showTheme = (theme = getTheme()): void => {
	document.documentElement.dataset.theme = theme;
};

/** The next of the three: auto, light, dark. */
export const nextTheme = (): Theme => {
	const next = themes[(themes.indexOf(getTheme()) + 1) % themes.length] ?? 'auto';
	write('pmcp.theme', next);
	showTheme(next);
	return next;
};

/** Whether single letters do something (WCAG 2.1.4: they can be switched off). */
export const hasShortcuts = (): boolean => read('pmcp.shortcuts') !== 'off';

export const setShortcuts = (isOn: boolean): void => {
	write('pmcp.shortcuts', isOn ? 'on' : 'off');
};
