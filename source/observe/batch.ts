import type {AccessRecord} from '../http/access.ts';
import {createAccessWriter, type AccessFormat} from './access.ts';

const flushInterval = 100;
const flushBytes = 65_536;
const lineBytes = 120; // Of an access line, besides its texts.

/** Where the records of requests wait. */
export type AccessBatch = Readonly<{
	add: (record: AccessRecord) => void;
	/** Write what waits. */
	flush: () => void;
}>;

/** Access records wait here and are made into lines off the request's path, within 100 ms. */
export const createAccessBatch = (getFormat: () => AccessFormat, write: (lines: string) => void): AccessBatch => {
	let format = getFormat();
	let line = createAccessWriter(format);
	let records: AccessRecord[] = [];
	let bytes = 0;
	let timer: NodeJS.Timeout | undefined;

	const flush = (): void => {
		clearTimeout(timer);
		timer = undefined;
		if (records.length > 0) {
			const waiting = records;
			records = [];
			bytes = 0;
			write(waiting.map(record => line(record)).join(''));
		}

		if (format !== getFormat()) {
			format = getFormat();
			line = createAccessWriter(format);
		}
	};

	return {
		add(record) {
			records.push(record);
			bytes += lineBytes + record.path.length + (record.referer?.length ?? 0) + (record.userAgent?.length ?? 0);
			if (bytes >= flushBytes) {
				flush();
			} else {
				timer ??= setTimeout(flush, flushInterval).unref();
			}
		},
		flush,
	};
};
