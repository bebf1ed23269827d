import type {Buffer} from 'node:buffer';
import type {Duplex} from 'node:stream';

/** Header fields as they came: name and value in turn, order and repeats kept (the shape of `rawHeaders`). */
export type RawHeaders = readonly string[];

/** What one look at a request's fields found; '' where there is no such field. */
export type Seen = Readonly<{
	/** How many `Host` fields there are; `host` is the last. */
	hosts: number;
	host: string;
	/** The same of `Origin`. */
	origins: number;
	origin: string;
	/** `Sec-Fetch-Site`. */
	site: string;
	expect: string;
	/** All `X-Forwarded-For` fields, joined by commas. */
	forwardedFor: string;
	referer: string | undefined;
	userAgent: string | undefined;
}>;

export type RequestHead = Readonly<{
	method: string;
	/** The request target as sent, such as `/mcp?x=1`; never decoded, never normalised. Always begins with `/`. */
	path: string;
	httpVersion: '1.0' | '1.1';
	/** All fields. They are taken apart when they are first asked for: the hot path does without. */
	headers: RawHeaders;
	/** The fields that may go on to a target, as the lines they came in, each with its end; without those that end here or are written anew. */
	lines: string;
	seen: Seen;
	/** Of the body, in bytes; 0 = none, -1 = as many as there are (chunked). */
	length: number;
	/** The peer's address, such as `127.0.0.1`. */
	peer: string;
	/** Whether the client came through TLS. */
	isSecure: boolean;
}>;

/** A message body on its way in. Pull it as an async iterable, or leave it: what is not read is discarded with the exchange. */
export type Body = AsyncIterable<Uint8Array> & Readonly<{
	/** Takes all of it when all of it is here in one piece, as most are; undefined otherwise: then iterate. */
	whole: () => Buffer | undefined;
}>;

/** The head of a target's reply, to be sent on. */
export type RelayedHead = Readonly<{
	/** The fields as the lines they came in, each with its end; without those that end here or are written anew. */
	lines: string;
	signals: Readonly<{/** `Content-Length`; '' = none. */ length: string; hasDate: boolean}>;
}>;

/**
Writes one reply. `head` or `relay` once, then `write` (false: wait for `drained`), then `end`; or `end` alone after `head`.
Writing to a client that has left is harmless.
*/
export type Reply = Readonly<{
	/** An interim reply (1xx, such as 103) before the head; dropped where the client would not understand it. */
	inform?: (status: number, headers: RawHeaders) => void;
	head: (status: number, headers: RawHeaders) => void;
	/** The same with a head that came off the wire, whose grammar has been checked there. It and what is written after it wait for `flush` or `end`. */
	relay: (status: number, head: RelayedHead) => void;
	/** What waits goes out. */
	flush: () => void;
	write: (chunk: Uint8Array | string) => boolean;
	end: (chunk?: Uint8Array | string) => void;
	/** Cut the connection: the client must see that the reply is incomplete. */
	abort: () => void;
	drained: () => Promise<void>;
	hasHead: () => boolean;
}>;

/**
One request and its reply, as everything that answers sees it: the API, the page, the feed, `/mcp`. The HTTP engine behind it can
be replaced without touching them. Call what is on it and on its parts as methods: they are shared between requests.
*/
export type Exchange = Readonly<{
	head: RequestHead;
	body: Body;
	reply: Reply;
	/** Aborted when the client leaves before its reply is complete. */
	signal: AbortSignal;
	/** The same for the hot path: calls back, at once when it has left already. */
	onLeave: (listener: () => void) => void;
	/** Set on a request to upgrade: the raw connection, and what came with the request. Taking it makes the taker responsible for both ends. */
	upgrade?: () => Readonly<{socket: Duplex; first: Buffer}>;
}>;

/** Answers an exchange, or returns false when it is not its own. */
export type Handler = (exchange: Exchange) => boolean;
