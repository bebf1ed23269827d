import {createContext, useContext, useSyncExternalStore} from 'react';
import type {Context} from './context.ts';
import {lookOf} from './layout.ts';
import type {Snapshot} from './pulse.ts';
import type {Look} from './theme.ts';
import type {Ui} from './ui.ts';

export const ScreenContext = createContext<Context | undefined>(undefined);

/** What keys and commands work with, for components. */
export const useScreen = (): Context => {
	const context = useContext(ScreenContext);
	if (!context) {
		throw new Error('A component of the screen was drawn outside of it.');
	}

	return context;
};

/** A part of the proxy's picture; the component is drawn again when that part changes, at most four times a second. */
export const useSelect = <Part>(select: (snapshot: Snapshot) => Part): Part => {
	const {pulse} = useScreen();
	return useSyncExternalStore(pulse.subscribe, () => select(pulse.get()));
};

/** A part of the screen's own state, at once. */
export const useUi = <Part>(select: (ui: Ui) => Part): Part => {
	const {ui} = useScreen();
	return useSyncExternalStore(ui.subscribe, () => select(ui.get()));
};

/** The glyphs and colours in force. */
export const useLook = (): Look => useUi(lookOf);
