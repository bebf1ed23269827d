import type {SortKey} from '../core/listing.ts';

/** What the list can be sorted by, in words, and the column that shows it. */
export const sorts: Readonly<Record<SortKey, Readonly<{title: string; column: string}>>> = {
	order: {title: 'failover order', column: '#'},
	name: {title: 'name', column: 'NAME'},
	state: {title: 'state, troubles first', column: 'STATE'},
	probe: {title: 'last probe, slowest first', column: 'PROBE'},
	p95: {title: 'p95 of its traffic', column: 'P95'},
	rate: {title: 'requests a second', column: 'REQ/S'},
	errors: {title: 'share of errors', column: 'ERR%'},
	flight: {title: 'requests in flight', column: 'FLIGHT'},
};
