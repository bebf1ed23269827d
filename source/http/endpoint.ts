/**
How to reach a target; unlike `Target` it holds secrets. Only the data plane, the probes and the transports are handed it,
and nothing of it is ever shown.
*/
export type Endpoint = Readonly<{
	id: string;
	/** With user and password, when the settings have them. A path in it is put before each request's own. */
	url: URL;
	/** Fields added to each request, replacing the client's of the same name: per-target credentials. Lower-case names. */
	headers: Readonly<Record<string, string>>;
	/** For `https:` targets; PEM texts, not paths. */
	tls: Readonly<{ca?: string; cert?: string; key?: string; servername?: string; isVerified: boolean}>;
	timeouts: Timeouts;
}>;

/** Towards a target, in milliseconds; 0 = none. */
export type Timeouts = Readonly<{
	/** Until the connection (and TLS) stands. */
	connect: number;
	/** From the request's end to the response head. */
	response: number;
	/** Without a byte in a response body. 0 by default: calls and streams may be silent for long. */
	idle: number;
	/** Until an upgrade is answered. */
	upgrade: number;
	/** How long an unused connection is kept; shorter than the target's own limit (Node servers: 5 s). */
	keepAlive: number;
}>;

/** What one client may ask of the proxy. Sizes in bytes, times in milliseconds. */
export type Limits = Readonly<{
	/** Client connections at a time; 0 = what the process's file descriptors allow. */
	connections: number;
	/** Requests in flight towards one target; more get 503. */
	inFlight: number;
	/** The request line and all fields together. */
	headBytes: number;
	headFields: number;
	/** A request body on its way to a target; 0 = unlimited. */
	body: number;
	/** Until the whole request head is here. */
	headTimeout: number;
	/** How long an idle client connection is kept. */
	keepAlive: number;
	/** How long requests in flight may go on when the proxy stops. */
	drain: number;
}>;

/** Who the proxy is towards clients that come through TLS. PEM texts, not paths. */
export type Identity = Readonly<{
	/** With those between it and the root. */
	cert: string;
	key: string;
	/** Clients must show a certificate of one of these authorities. */
	ca?: string;
}>;

/** An address where clients come through TLS. */
export type SecurePlace = Readonly<{
	/** As `server.host`. */
	host: string;
	/** 0 = any free one. */
	port: number;
	identity: Identity;
}>;
