import {WireFault} from './fault.ts';
import type {Signals} from './fields.ts';

/** Instead of a length: the body comes in chunks. */
export const chunked = -1;
/** Instead of a length: the body ends with the connection; only in responses. */
export const untilClose = -2;

const plainLength = ({lengths, length}: Signals): number => {
	if (lengths > 1 || !/^\d+$/v.test(length)) {
		throw new WireFault('framing', 'Content-Length is not one number');
	}

	const value = Number(length);
	if (value > Number.MAX_SAFE_INTEGER) {
		throw new WireFault('body', 'Content-Length is beyond all reason');
	}

	return value;
};

/** The length the fields tell, `chunked`, or undefined when they tell none. Two ideas of it are none that can be trusted. */
const told = (signals: Signals, version: string): number | undefined => {
	const {lengths, codings, coding} = signals;
	if (codings > 0) {
		if (lengths > 0 || codings > 1 || version === '1.0' || coding.toLowerCase() !== 'chunked') {
			throw new WireFault('framing', 'Transfer-Encoding is only accepted as one single "chunked", without Content-Length');
		}

		return chunked;
	}

	return lengths === 0 ? undefined : plainLength(signals);
};

/** How long the body of a request is, in bytes, or `chunked`; without any word of it there is none. Throws `WireFault` for what is ambiguous (RFC 9112 §6.3). */
export const requestLength = (signals: Signals, version: string): number => told(signals, version) ?? 0;

/** Whether a response has no body, whatever its fields say: to HEAD, and 1xx, 204, 304. */
export const isBodyless = (status: number, method: string): boolean => method === 'HEAD' || status < 200 || status === 204 || status === 304;

/** The same for a response to `method`; without any word of it the body ends with the connection (`untilClose`). */
export const responseLength = (signals: Signals, version: string, status: number, method: string): number => {
	if (status < 200) {
		return 0;
	}

	const length = told(signals, version);
	return isBodyless(status, method) ? 0 : length ?? untilClose;
};
