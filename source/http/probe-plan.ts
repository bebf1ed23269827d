/** Response statuses, both ends included. */
export type StatusRange = Readonly<{from: number; to: number}>;

/** How a target is watched: what its prober needs beside the `Endpoint`. Times in milliseconds. Holds secrets, as the endpoint does. */
export type ProbePlan = Readonly<{
	id: string;
	kind: 'http' | 'tcp' | 'mcp';
	/** What `http` sends. The path is put after the endpoint's own. */
	method: string;
	path: string;
	/** The endpoint's fields and the probe's own, which win. Lower-case names. */
	headers: Readonly<Record<string, string>>;
	/** A status in one of these passes. */
	statuses: readonly StatusRange[];
	/** Until the probe counts as failed. */
	timeout: number;
	/** From the start of one probe to the start of the next while the target is up. */
	interval: number;
	/** The same while it is unknown or has results against its health, and while it is down (HAProxy "fastinter", "downinter"). */
	fastInterval: number;
	downInterval: number;
}>;
