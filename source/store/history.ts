import {isNews, type Stamped} from '../core/event.ts';

/** The last events, so that a reader who was away can catch up. */
export type History = Readonly<{
	add: (stamped: Stamped) => void;
	/** The events after `seq`, oldest first; undefined when some of them are gone (or `seq` was never ours), so that a snapshot is due. */
	since: (seq: number) => Stamped[] | undefined;
	/** The newest `count`, oldest first. */
	last: (count: number) => Stamped[];
}>;

/** Batches of calls are heavy: ten calls count as one more event, so that memory is bounded whatever the load. */
const weightOf = ({event}: Stamped): number => event.type === 'mcp.called' ? 1 + (event.calls.length / 10) : 1;

export const createHistory = (capacity = 2000): History => {
	const all: Stamped[] = [];
	const news: Stamped[] = [];
	let weight = 0;

	const keepAll = (stamped: Stamped): void => {
		all.push(stamped);
		weight += weightOf(stamped);
		if (weight > capacity * 2) {
			let index = 0;
			for (; weight > capacity; index++) {
				weight -= weightOf(all[index] ?? stamped);
			}

			all.splice(0, index);
		}
	};

	const keepNews = (stamped: Stamped): void => {
		news.push(stamped);
		if (news.length > capacity * 2) {
			news.splice(0, news.length - capacity);
		}
	};

	return {
		add(stamped) {
			keepAll(stamped);
			if (isNews(stamped)) { // Kept apart, so that the routine of each second can not push the news out.
				keepNews(stamped);
			}
		},
		since(seq) {
			const newest = all.at(-1)?.seq;
			const oldest = all[0]?.seq;
			if (newest === undefined || oldest === undefined || seq > newest || seq < oldest - 1) {
				return undefined;
			}

			return all.slice(seq - oldest + 1);
		},
		last: count => news.slice(-count),
	};
};
