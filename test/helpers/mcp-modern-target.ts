import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {temporaryFolder} from './folder.ts';
import {startServerProcess} from './server-process.ts';

export type ModernOptions = Readonly<{
	/** 0 = any. */
	port?: number;
	/** File to which each execution of a tool adds a line such as `a write hello`; by default one of its own. */
	journal?: string;
	/** Tools beside those that all have. */
	tools?: string[];
}>;

/** What the server tells of itself after each control. */
export type ModernState = Readonly<{
	/** Calls of slow tools that wait for `release`. */
	held: number;
	/** Clients that listen now. */
	listens: number;
	/** Slow tools whose client left. */
	cancelled: number;
	/** The fields of all requests so far, names in lower case. */
	heads: ReadonlyArray<Readonly<Record<string, string>>>;
}>;

/**
A real MCP server of the stateless era (SDK 2.x, 2026-07-28, at `/mcp`) in a process of its own, to be killed like one. Tools: `read`
and `slow-read` (readOnlyHint), `write` and `slow-write` (no hint), `ask` (readOnlyHint) and `ask-write`, which answer
`input_required` first and keep their state where only this process can read it, `fail`. A resource `test://note`.
*/
export type ModernTarget = Readonly<{
	name: string;
	/** Without a path; the MCP endpoint is `/mcp` behind it. */
	url: string;
	port: number;
	/** Resolves when it is gone. */
	kill: () => Promise<void>;
	/** Crash it and start it again on the same port. */
	restart: () => Promise<void>;
	/** `release` slow tools, `change` the list of tools, `update` the resource, `hush` (ends listening streams gracefully), `state`. */
	control: (what: string) => Promise<ModernState>;
	/** What it executed so far, over all its lives: lines such as `a write hello`. */
	executed: () => string[];
}>;

const program = fileURLToPath(new URL('mcp-modern-server.js', import.meta.url));

export const startModernTarget = async (t: ExecutionContext, name: string, options: ModernOptions = {}): Promise<ModernTarget> => {
	const journal = options.journal ?? path.join(temporaryFolder(t), 'journal');
	const {port, signal, restart} = await startServerProcess(t, program, {...options, name, journal});
	const url = `http://127.0.0.1:${port}`;
	return {
		name,
		url,
		port,
		kill: async () => signal('SIGKILL'),
		restart,
		async control(what) {
			const response = await fetch(`${url}/control/${what}`);
			return await response.json() as ModernState;
		},
		executed: () => existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').filter(Boolean) : [],
	};
};
