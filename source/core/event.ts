import type {McpCall} from './call.ts';
import type {Catalogue} from './catalogue.ts';
import type {Cause, Pin, Rules} from './rules.ts';
import type {SessionInfo} from './session.ts';
import type {Admin, Target, TargetId, Traffic} from './target.ts';

/** Facts, in the past tense, `noun.verbed`. The state is the fold of these and of nothing else. */
export type Event =
	| Readonly<{type: 'target.added'; target: Target}>
	| Readonly<{type: 'target.changed'; target: Target}>
	| Readonly<{type: 'target.removed'; id: TargetId}>
	| Readonly<{type: 'rules.changed'; rules: Rules}>
	| Readonly<{type: 'settings.applied'; changes: readonly string[]}>
	| Readonly<{type: 'settings.refused'; faults: readonly string[]}>
	| Readonly<{type: 'probe.passed'; id: TargetId; ms: number; streak: number; note?: string}>
	| Readonly<{type: 'probe.failed'; id: TargetId; code: string; message: string; streak: number}>
	| Readonly<{type: 'passive.passed'; id: TargetId; streak: number}>
	| Readonly<{type: 'passive.failed'; id: TargetId; code: string; message: string; streak: number}>
	| Readonly<{type: 'target.up'; id: TargetId}>
	| Readonly<{type: 'target.down'; id: TargetId; code: string; message: string}>
	| Readonly<{type: 'target.catalogued'; id: TargetId; catalogue: Catalogue | undefined}>
	/** The gate kept it from taking over by itself; `detail` says what clients would miss. */
	| Readonly<{type: 'target.skipped'; id: TargetId; detail: string}>
	| Readonly<{type: 'admin.changed'; id: TargetId; admin: Admin}>
	| Readonly<{type: 'active.switched'; from: TargetId | undefined; to: TargetId | undefined; cause: Cause; epoch: number; isForced: boolean; detail: string}>
	| Readonly<{type: 'automatic.changed'; isAutomatic: boolean}>
	| Readonly<{type: 'pin.changed'; pin: Pin | undefined}>
	| Readonly<{type: 'traffic.sampled'; targets: Readonly<Record<TargetId, Traffic>>}>
	| Readonly<{type: 'mcp.called'; calls: readonly McpCall[]; dropped: number}>
	| Readonly<{type: 'sessions.changed'; changed: readonly SessionInfo[]; closed: readonly string[]}>
	| Readonly<{type: 'session.ended'; id: string}>
	| Readonly<{type: 'check.requested'; ids: readonly TargetId[]}>
	| Readonly<{type: 'reload.requested'}>
	| Readonly<{type: 'stop.requested'; cause: string}>
	| Readonly<{type: 'fault.noticed'; room: string; message: string}>;

export type EventType = Event['type'];

/** When something happened. `at` is wall time (ms since 1970, to show); `now` is a steady clock (ms, to reckon with). */
export type Clock = Readonly<{at: number; now: number}>;

/** How good or bad the news is: for colours, signs and log levels. */
export type Tone = 'good' | 'bad' | 'warn' | 'plain';

/** An event in its place in the one stream. `seq` rises by one each; it starts at the daemon's start time, so it also rises over restarts. `sentence` and `tone`: the words for it, on the wire only. */
export type Stamped = Clock & Readonly<{seq: number; event: Event; sentence?: string; tone?: Tone}>;

const routine = new Set<EventType>(['traffic.sampled', 'mcp.called', 'sessions.changed', 'probe.passed', 'passive.passed']);

/** Whether an event is news for a person: not the routine of each second. A failure without a streak only repeats what is known: the target is down. */
export const isNews = ({event}: Stamped): boolean => !routine.has(event.type) && !((event.type === 'probe.failed' || event.type === 'passive.failed') && event.streak === 0);
