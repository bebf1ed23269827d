import type {Buffer} from 'node:buffer';
import type {Socket} from 'node:net';
import type {Timeouts} from '../http/endpoint.ts';
import {isScanDone, newChunkScan, scanChunks, type ChunkScan} from '../wire/chunked.ts';
import {isKept} from '../wire/fields.ts';
import {chunked, untilClose} from '../wire/framing.ts';
import {gather, newGathering, type Gathering} from '../wire/gather.ts';
import {readResponseHead, type ResponseLines} from '../wire/response-head.ts';
import {codedError, type Dialler} from './dial.ts';
import {settle, type Job} from './job.ts';
import {heard, type Pulse} from './pulse.ts';
import {newAlarm, wheel, type Alarm} from './wheel.ts';

const maxHead = 65_536;
const maxFields = 1000;

/** One connection to a target; one request at a time is on it. */
export type Line = {
	readonly socket: Socket;
	readonly timeouts: Timeouts;
	readonly gathering: Gathering;
	readonly alarm: Alarm;
	readonly host: LineHost;
	readonly pulse: Pulse;
	/** It stands. */
	isUp: boolean;
	/** It has served a request. */
	isReused: boolean;
	job: Job | undefined;
	/** The response at hand, once its head is here. */
	hasHead: boolean;
	left: number;
	scan: ChunkScan | undefined;
	/** Another request may follow on the connection, as far as the response says. */
	isKept: boolean;
	isPaused: boolean;
	/** Why it broke. */
	error: Error | undefined;
};

/** Whoever holds the lines. */
export type LineHost = Readonly<{
	/** The connection stands, and nothing has been sent. */
	onUp: (line: Line) => void;
	/** The response is whole; `keepAlive`: the target's word on how long the connection may be idle. */
	onDone: (line: Line, job: Job) => void;
	/** The connection is of no use any more; `job` was on it. */
	onBroken: (line: Line, job: Job | undefined, error: Error) => void;
}>;

/** The end of it, for whatever reason: told once. */
export const breakLine = (line: Line, error: Error): void => {
	const {job, socket, alarm, host} = line;
	line.job = undefined;
	wheel.drop(alarm);
	socket.destroy();
	host.onBroken(line, job, error);
};

const done = (line: Line, job: Job, isExact: boolean): void => {
	const {scan, socket} = line;
	line.isKept &&= isExact && (scan !== undefined || line.left === 0);
	line.job = undefined;
	line.hasHead = false;
	line.scan = undefined;
	wheel.clear(line.alarm);
	if (line.isPaused) {
		line.isPaused = false;
		socket.resume();
	}

	line.host.onDone(line, job);
};

const onHead = (line: Line, job: Job, head: ResponseLines): void => {
	const {timeouts} = line;
	const {status, version, signals, length} = head;
	line.hasHead = true;
	settle(job);
	line.scan = length === chunked ? newChunkScan() : undefined;
	line.left = length === untilClose ? Number.POSITIVE_INFINITY : Math.max(0, length);
	line.isKept = isKept(signals, version);
	job.keepAlive = signals.keepAlive;
	wheel.set(line.alarm, timeouts.idle);
	job.receiver.onHead(status, head);
};

/** Takes what of `chunk` belongs to the body; returns where that ends. */
const onBody = (line: Line, job: Job, chunk: Buffer, from: number): number => {
	const {scan, left, socket, timeouts} = line;
	let data: Buffer;
	let end: number;
	if (scan) {
		data = scanChunks(scan, chunk, from);
		({end} = scan);
	} else {
		end = Math.min(chunk.length, from + left);
		data = from === 0 && end === chunk.length ? chunk : chunk.subarray(from, end);
		line.left -= end - from;
	}

	if (data.length > 0 && !job.receiver.onData(data) && line.job === job) {
		line.isPaused = true;
		socket.pause();
		wheel.clear(line.alarm);
	} else if (timeouts.idle > 0 && line.job === job) {
		wheel.set(line.alarm, timeouts.idle);
	}

	return end;
};

const isBodyOver = ({scan, left}: Line): boolean => scan ? isScanDone(scan) : left === 0;

/** Reads what the target sent; stops when the attempt is over. Throws `WireFault`. */
const read = (line: Line, job: Job, chunk: Buffer): void => {
	let at = 0;
	for (;;) {
		if (line.hasHead) {
			at = at < chunk.length ? onBody(line, job, chunk, at) : at;
		} else {
			const span = gather(line.gathering, chunk, at);
			if (!span) {
				return;
			}

			at = chunk.length - (span.bytes.length - span.next);
			const lines = readResponseHead(span, job.request.method, maxFields);
			if (lines.status === 101) {
				throw codedError('NOT_HTTP', 'it switched protocols without being asked');
			}

			if (lines.status < 200) {
				job.receiver.onInterim(lines.status, lines);
			} else {
				onHead(line, job, lines);
			}
		}

		if (line.job !== job) {
			return;
		}

		if (line.hasHead && isBodyOver(line)) {
			done(line, job, at === chunk.length);
			return;
		}

		if (at === chunk.length) {
			return;
		}
	}
};

const onData = (line: Line, chunk: Buffer): void => {
	const {job} = line;
	heard(line.pulse);
	if (!job?.isSent) {
		breakLine(line, codedError('NOT_HTTP', 'it spoke without being asked'));
		return;
	}

	try {
		read(line, job, chunk);
		if (line.job === job && line.hasHead) {
			job.receiver.onLull();
		}
	} catch (error) {
		breakLine(line, error instanceof Error ? error : new Error(String(error)));
	}
};

const onAlarm = (line: Line): void => {
	const {isUp, job, hasHead} = line;
	if (!isUp) {
		breakLine(line, codedError('CONNECT_TIMEOUT', 'no connection in time'));
	} else if (!job) {
		breakLine(line, codedError('CLOSED', 'idle for too long'));
	} else if (hasHead) {
		breakLine(line, codedError('BODY_TIMEOUT', 'silent in the middle of a response'));
	} else {
		breakLine(line, codedError('RESPONSE_TIMEOUT', 'no response head in time'));
	}
};

const onEnd = (line: Line): void => {
	const {job, hasHead, left} = line;
	if (job && hasHead && left === Number.POSITIVE_INFINITY) {
		done(line, job, false);
	} else {
		breakLine(line, codedError('CLOSED', 'other side closed'));
	}
};

/** Opens a connection. What goes wrong is told to its host, once. */
export const openLine = ({dial}: Dialler, timeouts: Timeouts, pulse: Pulse, host: LineHost): Line => {
	let isBroken = false;
	const socket = dial(() => {
		line.isUp = true;
		wheel.clear(line.alarm);
		host.onUp(line);
	});
	const line: Line = {
		socket,
		timeouts,
		pulse,
		gathering: newGathering('response', maxHead),
		alarm: newAlarm(() => {
			onAlarm(line);
		}),
		host: {
			...host,
			onBroken(...broken) {
				if (!isBroken) {
					isBroken = true;
					host.onBroken(...broken);
				}
			},
		},
		isUp: false,
		isReused: false,
		job: undefined,
		hasHead: false,
		left: 0,
		scan: undefined,
		isKept: false,
		isPaused: false,
		error: undefined,
	};
	socket.on('data', (chunk: Buffer) => {
		onData(line, chunk);
	}).on('end', () => {
		onEnd(line);
	}).on('error', error => {
		line.error = error;
	}).on('close', () => {
		breakLine(line, line.error ?? codedError('CLOSED', 'other side closed'));
	});
	wheel.set(line.alarm, timeouts.connect);
	return line;
};
