type Entry = Readonly<{status: number; exit: number; hint: string}>;

/*
One row per thing that can go wrong for a user. `status` is the HTTP status, `exit` the exit code of a subcommand
(docs/api.md, "Command line"), `hint` what to do about it.
*/
const entries = {
	USAGE: {status: 400, exit: 2, hint: 'See `pmcp help`.'},
	BAD_REQUEST: {status: 400, exit: 2, hint: 'See docs/api.md for the accepted shape.'},
	SETTINGS_INVALID: {status: 422, exit: 3, hint: 'Check without starting: `pmcp config check FILE`.'},
	TOKEN_NEEDED: {status: 401, exit: 4, hint: 'Send `Authorization: Bearer TOKEN` with the token of `server.token`.'},
	ORIGIN_REFUSED: {status: 403, exit: 4, hint: 'Only pages of the proxy itself may call it; add others to `server.allowedOrigins`.'},
	HOST_REFUSED: {status: 421, exit: 4, hint: 'Use the address the proxy listens on; add other names to `server.allowedHosts`.'},
	NOT_FOUND: {status: 404, exit: 5, hint: 'See docs/api.md for the paths.'},
	METHOD_REFUSED: {status: 405, exit: 2, hint: 'The `Allow` header names the methods of this path.'},
	MEDIA_TYPE_REFUSED: {status: 415, exit: 2, hint: 'Send `Content-Type: application/json`.'},
	BODY_TOO_LARGE: {status: 413, exit: 1, hint: 'Send less, or raise `limits.body`.'},
	EXPECTATION_REFUSED: {status: 417, exit: 1, hint: 'The only expectation HTTP knows is `100-continue`.'},
	HEAD_TOO_LARGE: {status: 431, exit: 1, hint: 'Send fewer or shorter header fields.'},
	TARGET_UNKNOWN: {status: 404, exit: 5, hint: 'Run `pmcp list` to see the names.'},
	SESSION_UNKNOWN: {status: 404, exit: 5, hint: 'Run `pmcp sessions` to see them.'},
	TARGET_UNHEALTHY: {status: 409, exit: 7, hint: 'Choose another target, or force it.'},
	TARGET_DIFFERS: {status: 409, exit: 7, hint: 'Force it if clients can do without, or set `proxy.compatibility`.'},
	STATE_MOVED: {status: 409, exit: 7, hint: 'Look at the state again, then repeat.'},
	NO_CANDIDATE: {status: 409, exit: 7, hint: 'No other target could take over; force it if traffic may stop.'},
	TARGET_REFUSED: {status: 502, exit: 1, hint: 'Is the target running? `pmcp check` probes it now.'},
	TARGET_BROKE: {status: 502, exit: 1, hint: 'The target may have seen the request: look before you send it again.'},
	TARGET_TIMEOUT: {status: 504, exit: 8, hint: 'The target may have seen the request: look before you send it again.'},
	NO_TARGET: {status: 503, exit: 21, hint: 'Start one of the targets; the proxy finds it by itself.'},
	OVERLOADED: {status: 503, exit: 1, hint: 'Try again in a moment, or raise `limits.connections`.'},
	STOPPING: {status: 503, exit: 6, hint: 'The proxy is stopping; start it again with `pmcp start`.'},
	DAEMON_UNREACHABLE: {status: 503, exit: 6, hint: 'Start it with `pmcp start`.'},
	HEAD_TIMEOUT: {status: 408, exit: 8, hint: 'Send the whole head of the request at once, or raise `limits.headTimeout`.'},
	BODY_TIMEOUT: {status: 408, exit: 8, hint: 'Send the whole body at once.'},
	TIMED_OUT: {status: 504, exit: 8, hint: 'Give it longer with `--timeout`.'},
	ADDRESS_IN_USE: {status: 500, exit: 9, hint: 'Use another port with `--port`, or stop what holds it.'},
	LOG_UNWRITABLE: {status: 500, exit: 1, hint: 'Make the folder writable, or name another one in `logging.directory`.'},
	FAILED: {status: 500, exit: 1, hint: 'Run again with `-v` for the details.'},
} as const satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof entries;

/** Every error a user can meet: code → HTTP status, exit code, hint. */
export const catalogue: Readonly<Record<ErrorCode, Entry>> = entries;

/** An error meant for a user. `message` is one sentence: what is wrong, and where. */
export class AppError extends Error {
	override readonly name = 'AppError';
	readonly code: ErrorCode;
	readonly hint: string;

	constructor(code: ErrorCode, message: string, options?: {cause?: unknown; hint?: string}) {
		super(message, options?.cause === undefined ? undefined : {cause: options.cause});
		this.code = code;
		this.hint = options?.hint ?? catalogue[code].hint;
	}

	get status(): number {
		return catalogue[this.code].status;
	}

	get exit(): number {
		return catalogue[this.code].exit;
	}

	/** The JSON body of docs/api.md: one sentence, a code, what to do. */
	toJSON(): {error: string; code: ErrorCode; hint: string} {
		return {error: this.message, code: this.code, hint: this.hint};
	}
}

/** Anything thrown → an error a user can read. */
export const toAppError = (error: unknown): AppError => error instanceof AppError
	? error
	: new AppError('FAILED', error instanceof Error ? error.message : String(error), {cause: error});
