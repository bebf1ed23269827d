/** Versions with sessions that clients and targets may speak through us, newest first. (2024-10-07 was never released, but the SDKs still list it.) */
export const legacyVersions: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'];

/** Versions without sessions, newest first. */
export const modernVersions: readonly string[] = ['2026-07-28'];

/** What a session is opened with towards a target of unknown age. */
export const newestLegacy = '2025-11-25';

/** What to assume of a session's message without an `MCP-Protocol-Version` field (MCP 2025-11-25, transports). */
export const assumedVersion = '2025-03-26';

/** Versions are dates, so their texts compare as they do. Below zero: `first` is the older one. */
export const compareVersions = (first: string, second: string): number => first === second ? 0 : (first < second ? -1 : 1);

const date = /^\d{4}-\d{2}-\d{2}$/v;

/** Whether a version is one of the era without sessions, known to us or yet to come. */
export const isModern = (version: string): boolean => date.test(version) && compareVersions(version, '2026-07-28') >= 0;

/** Whether sessions of this version can be had through us. */
export const isLegacy = (version: string): boolean => legacyVersions.includes(version);

/** What is agreed with a client that opens with `asked`: that, if we know it, else our newest (MCP 2025-11-25, "Version Negotiation"). */
export const agreeOn = (asked: string | undefined): string => asked !== undefined && isLegacy(asked) ? asked : newestLegacy;

/** Streams begin with an empty event from 2025-11-25 on; older clients trip over one (SEP-1699). */
export const hasPriming = (version: string): boolean => compareVersions(version, '2025-11-25') >= 0;

/** Arrays of messages existed in one revision only. */
export const hasBatches = (version: string): boolean => version === '2025-03-26';
