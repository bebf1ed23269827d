import type {McpCall} from '../core/call.ts';
import type {State} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import type {Exchange} from '../http/exchange.ts';
import type {Failure} from '../http/failure.ts';
import type {Message} from '../mcp/message.ts';
import type {Transport} from '../transport/channel.ts';

/** What a switch does to sessions in use: calls end where they began; calls end or are replayed at once; or the session stays where it is. */
export type SwitchMode = 'drain' | 'cut' | 'new-only';

/** The `sessions` section of the settings. Times in ms, sizes in bytes. */
export type SessionSettings = Readonly<{
	switch: SwitchMode;
	/** How long a call waits for a target, and how long one for a list does: clients give those less time. */
	hold: number;
	listHold: number;
	/** A request body. */
	body: number;
	/** A session nobody uses ends after this long; one whose client listens after the other. */
	idle: number;
	idleListening: number;
	/** Sessions in all and of one client. */
	limit: number;
	limitPerClient: number;
	/** Whether recently used sessions have a second one ready at the next candidate. */
	warmStandby: boolean;
	/** Whether the records of calls carry bodies. */
	bodies: boolean;
}>;

/** A message that is no session's, as the handler of the stateless era is given it. */
export type Stateless = (exchange: Exchange, posted: Readonly<{message: Message | undefined; bytes: Uint8Array; scope: TargetId | undefined}>) => void;

export type SessionOptions = Readonly<{
	getState: () => State;
	/** The way to a target's MCP server; the same object as long as nothing changed. Undefined: it has none. */
	getTransport: (id: TargetId) => Transport | undefined;
	getSettings: () => SessionSettings;
	/** Where sessions outlive the daemon; undefined: they do not. */
	stateFile: string | undefined;
	/** Once a request, when it is over. */
	onCall: (call: McpCall) => void;
	/** A session was opened, moved, began or ceased to listen, or ended: its short id. */
	onSession: (id: string) => void;
	onNotice: (message: string) => void;
	/** What traffic shows of a target, for the health machine. */
	passive: Readonly<{failed: (id: TargetId, failure: Failure) => void; passed: (id: TargetId, ms: number) => void; missed: () => void}>;
	/** What is taken is answered through what this returns: the access log looks on. */
	watch: (exchange: Exchange) => Exchange;
	stateless?: Stateless;
}>;
