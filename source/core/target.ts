/** A target's name: the key of `proxy.targets` in the settings, and the word in the lock file. */
export type TargetId = string;

/** What a target may be called: 1 to 64 letters, digits, `.`, `_` or `-`, the first one a letter or digit. */
export const targetName = /^[\p{L}\p{N}][\p{L}\p{N}._\-]{0,63}$/v;

/** Whether a target may be called that. Words such as `constructor`, which every object knows, may not be names. */
export const isTargetName = (text: string): boolean => targetName.test(text) && !(text in Object.prototype);

/**
What everyone may know of a target. Secrets (user and password in the URL, headers, TLS keys) never come this far:
the settings keep them, and only the data plane and the probes are handed them.
*/
export type Target = Readonly<{
	id: TargetId;
	/** Absolute URL, without user, password and query. */
	url: string;
	/** Lower is preferred. */
	priority: number;
	/** Which probe watches it, and in a few words what that probe does, such as `http GET /health`. */
	probe: string;
}>;

/** What the operator chose for a target (HAProxy's administrative state). */
export type Admin = 'ready' | 'drain' | 'maintenance';

/** Traffic of one target; counters since the start, the other figures of the last second. */
export type Traffic = Readonly<{
	requests: number;
	errors: number;
	bytesIn: number;
	bytesOut: number;
	inFlight: number;
	/** Requests a second. */
	rate: number;
	/** Share of requests that failed in the last second, 0 to 1; undefined when there were none. */
	errorRate: number | undefined;
	/** Milliseconds until the response head, over the last seconds; undefined when there were no requests. */
	p50: number | undefined;
	p95: number | undefined;
	p99: number | undefined;
}>;

/** A target that has carried nothing yet. */
export const noTraffic: Traffic = {
	requests: 0,
	errors: 0,
	bytesIn: 0,
	bytesOut: 0,
	inFlight: 0,
	rate: 0,
	errorRate: undefined,
	p50: undefined,
	p95: undefined,
	p99: undefined,
};
