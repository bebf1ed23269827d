import type {TargetId} from './target.ts';

/** One client's MCP session as it may be shown. */
export type SessionInfo = Readonly<{
	/** Eight characters that identify it to people; not the id, which is a secret. */
	id: string;
	/** The client's own name and version, as it sent them. */
	client: string;
	/** The version agreed with the client, such as `2025-11-25`. */
	protocol: string;
	/** The target that holds its other end; undefined before the first call. */
	target: TargetId | undefined;
	/** Rises by one each time it was set up at a target anew. */
	generation: number;
	openedAt: number;
	/** Whether the client listens for messages now. */
	isListening: boolean;
	/** Requests since it opened, and those under way. */
	calls: number;
	inFlight: number;
	/** When it was last used, wall time. */
	usedAt: number;
}>;
