/** Something that takes the benchmark's requests. */
export type Contender = Readonly<{
	name: string;
	port: number;
	/** The processes whose cost is its own; none when nobody is between load and target. */
	pids: readonly number[];
	stop: () => Promise<void>;
	/** Of the MCP gateways: which transport clients must speak to it; Streamable HTTP when undefined. */
	transport?: 'sse';
}>;

/** What a peer is started for. With more than one target, the first is preferred and the others stand by. */
export type Job = Readonly<{
	targets: readonly number[];
	/** Which of its settings: best for plain traffic, or eager to leave a failing target. */
	setting: 'plain' | 'failover';
}>;

/** Something to compare with. */
export type Peer = Readonly<{
	name: string;
	/** The version found; throws why there is none. */
	version: () => string;
	start: (job: Job) => Promise<Contender>;
}>;
