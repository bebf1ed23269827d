import type {TargetId} from './target.ts';

export const verdicts = ['ok', 'tool', 'rpc', 'time', 'net', 'gone'] as const;

/** How a call ended: `ok`; `tool`: the tool itself said isError; `rpc`: a JSON-RPC error; `time`: no answer in time; `net`: the target broke or could not be reached; `gone`: the client left or cancelled. */
export type Verdict = typeof verdicts[number];

/** How good or bad a verdict is. What a tool or server says of a request is no fault of the way to it. */
export const verdictTones = {ok: 'good', tool: 'warn', rpc: 'warn', time: 'bad', net: 'bad', gone: 'plain'} as const satisfies Record<Verdict, string>;

/**
One MCP request that went through the proxy, told when it is over. Texts are the client's or the target's: clean them
before they are shown.
*/
export type McpCall = Readonly<{
	/** Rises by one each from the daemon's start. */
	id: number;
	/** Wall time of its start, ms. */
	at: number;
	/** Milliseconds until its answer. */
	ms: number;
	method: string;
	/** The tool, prompt or resource it names. */
	subject: string | undefined;
	/** Who answered; undefined when nobody did. */
	target: TargetId | undefined;
	/** The short id of the session (never the whole id); undefined without one. */
	session: string | undefined;
	/** The client's own name, such as `claude-code`. */
	client: string | undefined;
	verdict: Verdict;
	/** The JSON-RPC error's code. */
	code: number | undefined;
	/** Bytes of the request and of its answer. */
	bytesIn: number;
	bytesOut: number;
	/** How often it was sent; more than once: it was replayed. */
	attempts: number;
	/** Redacted and cut bodies, only as the settings ask for them. */
	request?: string;
	response?: string;
}>;
