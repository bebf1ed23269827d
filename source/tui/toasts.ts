import type {EventType, Stamped} from '../core/event.ts';
import type {Pulse} from './pulse.ts';
import type {Tone, Toast, UiCell} from './ui.ts';
import type {Look} from './theme.ts';

/** How long a toast stays, in ms. */
export const toastTime = 5000;

type Say = (tone: Tone, text: string) => void;

/** Shows short messages in line 2. `say` answers a key; `announce` tells news, and a burst of news is one message with a count. */
export const createToasts = (ui: UiCell): Readonly<{say: Say; announce: Say; stop: () => void}> => {
	let timer: NodeJS.Timeout | undefined;
	const show = (toast: Toast): void => {
		ui.patch({toast});
		clearTimeout(timer);
		timer = setTimeout(() => {
			ui.patch({toast: undefined});
		}, toastTime);
		timer.unref();
	};

	return {
		say(tone, text) {
			show({tone, text, count: 1, isNews: false});
		},
		announce(tone, text) {
			const {toast} = ui.get();
			show({tone, text, count: toast?.isNews ? toast.count + 1 : 1, isNews: true});
		},
		stop() {
			clearTimeout(timer);
		},
	};
};

const announced: ReadonlySet<string> = new Set(['active.switched', 'automatic.changed', 'admin.changed', 'settings.refused'] satisfies EventType[]);

/** An event that is worth a toast. */
type Announced = Extract<Stamped['event'], {type: 'active.switched' | 'automatic.changed' | 'admin.changed' | 'settings.refused'}>;

const isAnnounced = (event: Stamped['event']): event is Announced => announced.has(event.type);

const toastOf = (event: Announced, arrow: string): Pick<Toast, 'tone' | 'text'> | undefined => {
	switch (event.type) {
		case 'active.switched': {
			if (event.cause === 'startup') {
				return undefined;
			}

			const isTrouble = event.cause === 'failover' || event.to === undefined;
			const undo = event.from === undefined ? '' : ' · u undo';
			return {tone: isTrouble ? 'bad' : 'good', text: `${event.cause === 'manual' ? 'switched' : event.cause} ${event.from ?? 'none'} ${arrow} ${event.to ?? 'none'}${undo}`};
		}

		case 'automatic.changed': {
			return {tone: 'note', text: `automatic failover is ${event.isAutomatic ? 'ON' : 'OFF'}`};
		}

		case 'admin.changed': {
			return {tone: 'note', text: event.admin === 'ready' ? `${event.id} is ready again` : `${event.id} is in ${event.admin}`};
		}

		case 'settings.refused': {
			return {tone: 'bad', text: 'the changed settings were refused'};
		}
	}
};

/** A toast for each switch and change of rules that comes from now on, whoever made it. */
export const announceNews = (pulse: Pulse, look: () => Look, announce: Say): (() => void) => {
	let seen = pulse.get().news.at(-1)?.seq ?? 0;
	return pulse.subscribe(() => {
		const {news} = pulse.get();
		const fresh = news.slice(news.findLastIndex(({seq}) => seq <= seen) + 1);
		seen = news.at(-1)?.seq ?? seen;
		for (const {event} of fresh) {
			const toast = isAnnounced(event) ? toastOf(event, look().glyphs.arrow) : undefined;
			if (toast) {
				announce(toast.tone, look().isAscii ? toast.text.replaceAll('·', '.') : toast.text);
			}
		}
	});
};
