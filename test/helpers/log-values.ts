import type {AccessRecord} from '../../source/http/access.ts';
import type {LogSettings} from '../../source/observe/log.ts';

export const logSettings: LogSettings = {level: 'info', format: 'combined', maxBytes: 10_000_000, keep: 5};

/** An ordinary request, changed as the test needs. */
export const accessRecord = (change: Partial<AccessRecord> = {}): AccessRecord => ({
	at: Date.UTC(2026, 10, 22, 14, 2, 31),
	peer: '127.0.0.1',
	method: 'GET',
	path: '/mcp',
	httpVersion: '1.1',
	status: 200,
	bytesOut: 512,
	ms: 4,
	target: 'augment',
	referer: undefined,
	userAgent: 'curl/8.5.0',
	...change,
});
