import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {temporaryFolder} from './folder.ts';
import {startServerProcess} from './server-process.ts';
import {until} from './until.ts';

export type McpTargetOptions = Readonly<{
	/** 0 = any. */
	port?: number;
	/** File to which each execution of a tool adds a line such as `a write hello`; by default one of its own. */
	journal?: string;
	/** Status (and text) by which it says that it does not know a session; default 404. */
	lost?: 400 | 404 | 503;
	/** Tools beside those that all have. */
	tools?: string[];
	/** Without prompts. */
	isBare?: boolean;
	/** No sessions at all: a server for each POST. */
	isStateless?: boolean;
	/** Answers in JSON, not in streams. */
	isJson?: boolean;
	/** Events have ids; streams can be resumed. */
	isResumable?: boolean;
}>;

/** What the server tells of itself at `/control/state`, and after each control. */
export type McpTargetState = Readonly<{
	posts: number;
	gets: number;
	deletes: number;
	initializes: number;
	/** Calls of slow tools that wait for `release`. */
	held: number;
	sessions: ReadonlyArray<Readonly<{id: string; level?: string; uris: readonly string[]}>>;
}>;

/**
A real MCP server (SDK 1.32.2, Streamable HTTP at `/mcp`, `/health` for the http probe) in a process of its own, so that it
can be killed like one and come back on the same port. Tools: `read` and `slow-read` (readOnlyHint), `repeat`
(idempotentHint), `write` and `slow-write` (no hint), `poll` (ends its stream before it answers), `sample`, `elicit`, `fail`.
Slow tools report progress `steps` times (2), then wait for the control `release`. A resource `test://note` that can be
subscribed, a prompt `greet`, log levels.
*/
export type McpTarget = Readonly<{
	name: string;
	/** Without a path; the MCP endpoint is `/mcp` behind it. */
	url: string;
	port: number;
	getPid: () => number;
	/** `SIGKILL` to crash it, `SIGSTOP` and `SIGCONT` to hang it. Resolves when it is gone (at once for the last two). */
	signal: (name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM') => Promise<void>;
	/** Crash it and start it again on the same port, knowing nothing. */
	restart: (changed?: McpTargetOptions) => Promise<void>;
	/** `release` slow tools, `forget` all sessions, `update` subscribed resources, `log?text=…`, `change?tool=…` (adds one), `hush` (ends listening streams), `state`. */
	control: (what: string) => Promise<McpTargetState>;
	/** What it executed so far, over all its lives: lines such as `a write hello`. */
	executed: () => string[];
	/** Wait until so many lines begin with this. */
	untilExecuted: (start: string, count?: number) => Promise<void>;
}>;

const program = fileURLToPath(new URL('mcp-server.js', import.meta.url));

export const startMcpTarget = async (t: ExecutionContext, name: string, options: McpTargetOptions = {}): Promise<McpTarget> => {
	const journal = options.journal ?? path.join(temporaryFolder(t), 'journal');
	const {port, getPid, signal, restart} = await startServerProcess(t, program, {...options, name, journal});
	const url = `http://127.0.0.1:${port}`;
	const executed = (): string[] => existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').filter(Boolean) : [];
	return {
		name,
		url,
		port,
		getPid,
		signal,
		restart,
		async control(what) {
			const response = await fetch(`${url}/control/${what}`);
			return await response.json() as McpTargetState;
		},
		executed,
		async untilExecuted(line, count = 1) {
			await until(`${name} executes ${line} ${count} times`, () => executed().filter(one => one.startsWith(`${name} ${line}`)).length >= count);
		},
	};
};

/** Waits until a target holds so many sessions: besides those of clients it may hold one of the probe's for a moment. */
export const untilSessions = async (target: McpTarget, count: number): Promise<void> => {
	await until(`${target.name} holds ${count} sessions`, async () => {
		const {sessions} = await target.control('state');
		return sessions.length === count;
	});
};
