import type {McpCall} from './call.ts';
import type {Catalogue} from './catalogue.ts';
import type {Pin, Rules} from './rules.ts';
import type {SessionInfo} from './session.ts';
import type {Admin, Target, TargetId, Traffic} from './target.ts';

/** What an operator can ask, through any surface alike. `ifEpoch`: refuse when the active target changed since that epoch was seen. */
export type OperatorAction =
	| Readonly<{type: 'switch'; id: TargetId; isForced?: boolean; ifEpoch?: number}>
	| Readonly<{type: 'failback'; ifEpoch?: number}>
	| Readonly<{type: 'undo'; ifEpoch?: number}>
	| Readonly<{type: 'admin'; id: TargetId; admin: Admin; isForced?: boolean}>
	| Readonly<{type: 'automatic'; isAutomatic: boolean}>
	| Readonly<{type: 'pin'; pin: Pin | undefined}>
	| Readonly<{type: 'check'; id?: TargetId}>
	/** `id`: the short one of a `SessionInfo`. */
	| Readonly<{type: 'end-session'; id: string}>
	| Readonly<{type: 'reload'}>
	| Readonly<{type: 'stop'; cause: string}>;

/** What the daemon's own rooms report. */
export type ReportAction =
	/** New settings. `remembered`: who was active when the proxy last ran; counts only while nobody is active. */
	| Readonly<{type: 'configure'; targets: readonly Target[]; rules: Rules; changes: readonly string[]; remembered?: TargetId | undefined}>
	| Readonly<{type: 'refuse'; faults: readonly string[]}>
	| Readonly<{type: 'follow'; id: TargetId}>
	/** `note`: alive, but … (`needs a login (401)`). */
	| Readonly<{type: 'passed'; id: TargetId; ms: number; isPassive: boolean; note?: string}>
	| Readonly<{type: 'failed'; id: TargetId; code: string; message: string; isPassive: boolean}>
	/** The active target answered nothing for `silence` ms while requests waited, nor its probe within `limit` ms, and the one that would take over did. */
	| Readonly<{type: 'silent'; id: TargetId; silence: number; limit: number}>
	| Readonly<{type: 'sample'; targets: Readonly<Record<TargetId, Traffic>>}>
	/** MCP requests that are over, oldest first. `dropped`: how many more there were, for which there was no room. */
	| Readonly<{type: 'calls'; calls: readonly McpCall[]; dropped?: number}>
	/** `closed`: short ids. */
	| Readonly<{type: 'sessions'; changed: readonly SessionInfo[]; closed: readonly string[]}>
	/** What a target offers, as its probe found it; undefined: it is no MCP server any more. */
	| Readonly<{type: 'catalogue'; id: TargetId; catalogue: Catalogue | undefined}>
	| Readonly<{type: 'notice'; room: string; message: string}>
	| Readonly<{type: 'tick'}>;

/** What is asked or reported; `decide` turns it into events. */
export type Action = OperatorAction | ReportAction;
