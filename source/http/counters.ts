/**
What the data plane has counted since the start, for the metrics. Counting is a few additions a request; reading it happens
only when someone asks. Counters never fall; a target that a reload took away keeps its row.
*/
export type Counters = Readonly<{
	/** One row a target; requests the proxy answered without any target (no target, overload, stopping) are under `''`. */
	targets: Readonly<Record<string, TargetCounters>>;
	/** Upper bounds of `TargetCounters.durations` in milliseconds, rising; the last bucket has none. */
	durationBounds: readonly number[];
	/** Client connections open now, by worker; the first is the daemon's own thread. */
	connections: readonly number[];
}>;

export type TargetCounters = Readonly<{
	/** Finished requests by the class of the status sent to the client: 1xx (upgrades), 2xx, 3xx, 4xx, 5xx. */
	statuses: readonly [number, number, number, number, number];
	/** Requests whose client left before the reply was complete; they are in `statuses` too. */
	aborts: number;
	/** Attempts that failed here and were made again on another target. */
	retries: number;
	/** Body bytes from clients and to clients. */
	bytesIn: number;
	bytesOut: number;
	/** How many response heads came within each bound and over the one before; one bucket more than `durationBounds`. */
	durations: readonly number[];
	/** The sum of all those times, in milliseconds. */
	durationSum: number;
}>;
