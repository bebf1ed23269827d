import type {Stamped} from '../source/core/event.ts';
import {isServing, type State} from '../source/core/state.ts';
import {printable} from '../source/core/text.ts';
import {element} from './element.ts';

/** Announcements are folded to one in this time, in ms. */
const interval = 5000;

const isSpoken = ({event}: Stamped): boolean => event.type === 'active.switched' || event.type === 'target.up' || event.type === 'target.down' || event.type === 'admin.changed';

/** Tells who does not see the page: changes of state in the status region, at most one each five seconds; figures never. */
export const createAnnouncer = (): ((state: State, news: readonly Stamped[]) => void) => {
	const status = element('status');
	const alert = element('alert');
	let seq: number | undefined;
	let waiting: string[] = [];
	let timer: ReturnType<typeof setTimeout> | undefined;

	const speak = (): void => {
		timer = undefined;
		if (waiting.length > 0) {
			status.textContent = waiting.slice(-3).join('. ');
			waiting = [];
			timer = setTimeout(speak, interval);
		}
	};

	return (state, news) => {
		const last = seq ?? news.at(-1)?.seq ?? 0;
		seq = news.at(-1)?.seq ?? last;
		waiting.push(...news.filter(stamped => stamped.seq > last && isSpoken(stamped)).map(({sentence = ''}) => printable(sentence, 200)));
		const words = isServing(state) ? '' : 'No usable target: requests get 503.';
		if (alert.textContent !== words) {
			alert.textContent = words;
		}

		if (timer === undefined) {
			speak();
		}
	};
};
