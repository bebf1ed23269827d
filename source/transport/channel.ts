import type {TargetId} from '../core/target.ts';
import type {Endpoint} from '../http/endpoint.ts';
import type {RawHeaders} from '../http/exchange.ts';
import type {Failure} from '../http/failure.ts';
import type {Message, Notification, Request, Response} from '../mcp/message.ts';

/** How a target's MCP server is reached and how far it is trusted. Holds secrets, as the endpoint does. Times in ms. */
export type McpPlan = Readonly<{
	id: TargetId;
	/** Whether a call of a tool that says it is read-only or idempotent may be sent twice. */
	trustsHints: boolean;
	/** What may be sent again after a cut: nothing, methods without effect, or also hinted tools. */
	replay: 'none' | 'safe' | 'hinted';
	/** Statuses that mean "I do not know this session" beside 404 and the texts everybody uses. */
	lostStatuses: readonly number[];
	/** Whether the client's own `Authorization` is passed on. */
	forwardsAuth: boolean;
}> & (
	| Readonly<{kind: 'streamable-http' | 'sse'; endpoint: Endpoint; /** Put after the endpoint's own path. */ path: string}>
	| Readonly<{
		kind: 'stdio';
		/** Program and arguments; never a shell. */
		command: readonly [string, ...string[]];
		/** Beside HOME, LOGNAME, PATH, SHELL, TERM and USER. */
		env: Readonly<Record<string, string>>;
		cwd: string | undefined;
		/** `per-session`: a child for each session; `shared`: one for all. `spares`: children started ahead. */
		children: Readonly<{mode: 'per-session' | 'shared'; max: number; idle: number; spares: number}>;
	}>
);

/**
Why a request got no answer. `unsent`: it never left, or the target refused it before it looked (no connection, a child that
does not start). `lost`: the target does not know the session, and has not run the request. `cut`: it was sent, then the
connection or the child ended. `paused`: the target ended the stream on purpose and can be asked for the rest by
`resume(eventId)` (MCP 2025-11-25, SEP-1699). `refused`: an answer that is no MCP answer, such as 401, 429 or 500; the request
was not run as far as the target says. `timeout`: no response head in time.
*/
export type Trouble = Readonly<{
	kind: 'unsent' | 'lost' | 'cut' | 'paused' | 'refused' | 'timeout';
	failure: Failure;
	/** HTTP status and JSON-RPC error of a refusal, where there are some. */
	status?: number;
	response?: Response;
	/** The last event id of the stream that ended, and when to ask again in ms. */
	eventId?: string;
	retry?: number;
}>;

/** Told what happens to one request: messages in order, its answer last; or trouble. Nothing follows either, or `abort`. */
export type Receiver = Readonly<{
	/** `bytes`: the JSON text as it came, for verbatim relay. False = no more until `resume`. */
	onMessage: (message: Message, bytes: Uint8Array) => boolean;
	onTrouble: (trouble: Trouble) => void;
	/** The answer comes on an event stream. */
	onStream?: () => void;
}>;

export type Call = Readonly<{
	/** Go on after `onMessage` answered false. */
	resume: () => void;
	/** Forget it: nothing more is told. An HTTP request under way is cut. */
	abort: () => void;
	/** Whether any of it may have reached the target; undefined: it has. */
	isSent?: () => boolean;
}>;

/** What belongs to no request of ours: the target's own requests and notifications. */
export type StreamReceiver = Readonly<{
	onMessage: (message: Message, bytes: Uint8Array) => boolean;
	/** The stream stands. */
	onOpen?: () => void;
	/** It ended. `refused` with 405: this target has none, do not ask again. */
	onTrouble: (trouble: Trouble) => void;
}>;

/**
One session at one target. Nothing is sent before the first request, which is `initialize` unless the session is resumed.
Every kind of transport looks the same from here; only the channel knows the wire.
*/
export type Channel = Readonly<{
	/** The target's own id of this session, once it gave one; undefined for stdio, sse and targets without sessions. */
	getSessionId: () => string | undefined;
	/** Must be called with the version the target chose, before anything follows `initialize`. */
	setVersion: (version: string) => void;
	/** `isFresh`: on a connection of its own, so that "never sent" is certain. */
	request: (request: Request, receiver: Receiver, options?: Readonly<{isFresh?: boolean; headers?: RawHeaders}>) => Call;
	/** The rest of a `paused` request's stream. */
	resume: (eventId: string, receiver: Receiver) => Call;
	/** Resolves when the target took it; rejects with a `Trouble` in `ChannelError`. */
	notify: (message: Notification | Response) => Promise<void>;
	/** At most one at a time. `eventId`: go on after that event. Stdio and sse: begins at once and ends with the channel. */
	listen: (receiver: StreamReceiver, eventId?: string) => Call;
	/** Ends the session at the target (DELETE, end of stdin); requests under way are told `cut`, listeners nothing. Never rejects; takes at most 5 s. */
	close: () => Promise<void>;
}>;

/** What one target's MCP server answered a request of the stateless era (2026-07-28). */
export type StatelessReceiver = Receiver & Readonly<{
	/** The status of the response, before the first message. */
	onHead: (status: number) => void;
}>;

/** The way to one target's MCP server, made anew when its plan changes. */
export type Transport = Readonly<{
	plan: McpPlan;
	/**
	A session of its own. `sessionId` and `version`: one that the target should still know, from before a restart of the proxy.
	`isProbe`: of the health probe, which takes no client's place.
	*/
	open: (resumed?: Readonly<{sessionId: string | undefined; version: string}>, options?: Readonly<{isProbe?: boolean}>) => Channel;
	/** One request without a session (2026-07-28). `headers`: the `Mcp-*` fields to send. `isFresh`: as of a channel's requests. Undefined where the wire has sessions only (sse). */
	send: ((request: Request, headers: RawHeaders, receiver: StatelessReceiver, options?: Readonly<{isFresh?: boolean}>) => Call) | undefined;
	/** Figures to show, such as children running. */
	describe: () => Readonly<{children?: number}>;
	/** Closes what is open. Resolves when children are gone. */
	close: () => Promise<void>;
}>;

/** A notification that did not arrive. */
export class ChannelError extends Error {
	override readonly name = 'ChannelError';
	readonly trouble: Trouble;

	constructor(trouble: Trouble) {
		super(trouble.failure.message);
		this.trouble = trouble;
	}
}
