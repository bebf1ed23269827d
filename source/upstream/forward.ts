import {Buffer} from 'node:buffer';
import type {Socket} from 'node:net';
import process from 'node:process';
import type {Endpoint} from '../http/endpoint.ts';
import type {RawHeaders, RelayedHead} from '../http/exchange.ts';
import {failureOf, type Failure} from '../http/failure.ts';
import {codedError, createDialler} from './dial.ts';
import {headOf, sendBody, settle, writeRequest, type Job} from './job.ts';
import {breakLine, type Line} from './line.ts';
import {createPool} from './pool.ts';
import {asked, createPulse, type Pulse} from './pulse.ts';
import {wheel} from './wheel.ts';

export type Outgoing = Readonly<{
	method: string;
	path: string;
	/** All but framing, `Connection` and those of `lines`; `Host` first. */
	fields: RawHeaders;
	/** Fields that came off the wire, where their grammar was checked, as lines, each with its end. */
	lines: string;
	/** A stream is read only once the connection stands. */
	body: Buffer | AsyncIterable<Uint8Array> | undefined;
	/** Of a streamed body; -1 = unknown. */
	length: number;
	/** On a connection of its own, used once. */
	isFresh?: boolean;
	/** Until the response head, ms, instead of the endpoint's; 0 = none. */
	timeout?: number;
	/** Somebody waits for its head, so that the target's silence should be noticed. */
	isAwaited?: boolean;
}>;

/**
Why an attempt came to nothing. `refused`: no connection. `timeout`: no connection, no head or no more body in time. `broke`:
the connection ended, or what came was no HTTP. `forsaken`: sent, but the target was given up before its head came. `invalid`:
HTTP can not say what the client asked. `client`: reading the request's body failed.
*/
export type Trouble = Readonly<{
	kind: 'refused' | 'timeout' | 'broke' | 'forsaken' | 'invalid' | 'client';
	/** Whether any byte of the request may have reached the target. */
	isSent: boolean;
	/** Whether the connection had served other requests: the target may just have closed it for being idle. */
	isReused: boolean;
	failure: Failure;
	error: unknown;
}>;

/** Told of what happens, in this order: interims, head, data, then end or trouble, exactly one of them. Nothing after `abort`. */
export type Receiver = Readonly<{
	onInterim: (status: number, head: RelayedHead) => void;
	onHead: (status: number, head: RelayedHead) => void;
	/** False = no more until `resume`. */
	onData: (chunk: Uint8Array) => boolean;
	/** All that came in one piece has been told, and more is to come. */
	onLull: () => void;
	onEnd: () => void;
	onTrouble: (trouble: Trouble) => void;
}>;

export type Attempt = Readonly<{
	resume: () => void;
	abort: () => void;
	/** Whether any byte of it may have reached the target. */
	isSent: () => boolean;
}>;

/** Makes attempts towards one target. */
export type Forwarder = Readonly<{
	endpoint: Endpoint;
	send: (request: Outgoing, receiver: Receiver) => Attempt;
	/** A connection of one's own, for an upgrade. Rejects with the error of the system; see `troubleOf`. */
	connect: () => Promise<Socket>;
	/** The target is given up: what waits for its head comes to nothing, a late one counts for nothing. What has its head goes on. */
	forsake: (failure: Readonly<{code: 'TARGET_SILENT' | 'TARGET_DOWN'; message: string}>) => void;
	/** No more attempts; those under way end by themselves. */
	close: () => void;
	/** Cuts everything. */
	destroy: () => void;
}>;

const kindOf = (code: string, isSent: boolean): Trouble['kind'] => {
	switch (code) {
		case 'CONNECT_TIMEOUT':
		case 'RESPONSE_TIMEOUT':
		case 'BODY_TIMEOUT':
		case 'ETIMEDOUT': {
			return 'timeout';
		}

		case 'TARGET_DOWN':
		case 'TARGET_SILENT': {
			return isSent ? 'forsaken' : 'refused';
		}

		default: {
			return isSent ? 'broke' : 'refused';
		}
	}
};

/** What an error of an attempt means. */
export const troubleOf = (error: unknown, isSent: boolean, isReused: boolean): Trouble => {
	const failure = failureOf(error);
	return {kind: kindOf(failure.code, isSent), isSent, isReused, failure, error};
};

/** Says once that it came to nothing, and why. */
const fail = (job: Job, trouble: Trouble): void => {
	settle(job);
	if (!job.isOver) {
		job.isOver = true;
		job.receiver.onTrouble(trouble);
	}
};

/** From now on the target is expected to say something. */
const expect = (job: Job, pulse: Pulse): void => {
	if (job.request.isAwaited) {
		job.pulse = pulse;
		asked(pulse);
	}
};

const upload = (line: Line, job: Job, body: AsyncIterable<Uint8Array>): void => {
	const {socket, alarm, timeouts} = line;
	// A target that takes nothing is as silent as one that answers nothing.
	const wait = (isWaiting: boolean): void => {
		if (line.job === job && !line.hasHead) {
			wheel.set(alarm, isWaiting ? job.request.timeout ?? timeouts.response : 0);
		}
	};

	sendBody(socket, job, body, wait).then(() => {
		job.isUploaded = true;
		wait(true);
		if (line.job === job && !line.hasHead) {
			expect(job, line.pulse);
		}
	}, (error: unknown) => {
		const {isReused} = line;
		fail(job, {kind: 'client', isSent: true, isReused, failure: failureOf(error), error});
		if (line.job === job) {
			breakLine(line, new Error('The client left.'));
		}
	});
};

/** Puts the request on its line. */
const start = (line: Line, job: Job): void => {
	const {request} = job;
	const {socket, timeouts, alarm, isReused} = line;
	let head: string;
	try {
		head = headOf(request, timeouts.keepAlive > 0 && !request.isFresh);
	} catch (error) {
		process.nextTick(fail, job, {kind: 'invalid', isSent: false, isReused, failure: failureOf(error), error} satisfies Trouble);
		line.job = undefined;
		breakLine(line, new Error('Nothing was sent.'));
		return;
	}

	job.isSent = true;
	writeRequest(socket, head, request.body);
	if (request.body === undefined || Buffer.isBuffer(request.body)) {
		job.isUploaded = true;
		wheel.set(alarm, request.timeout ?? timeouts.response);
	} else {
		upload(line, job, request.body);
	}
};

/** The way to one target, with its timeouts and TLS. A changed endpoint needs a new one. `pulse`: told of every byte of the target's. */
export const createForwarder = (endpoint: Endpoint, pulse: Pulse = createPulse(endpoint.id)): Forwarder => {
	const dialler = createDialler(endpoint);
	const pool = createPool(dialler, endpoint.timeouts, pulse, {
		onUp(line) {
			if (line.job) {
				start(line, line.job);
			}
		},
		onDone(job) {
			if (!job.isOver) {
				job.isOver = true;
				job.receiver.onEnd();
			}
		},
		onBroken(job, error, isReused) {
			fail(job, troubleOf(error, job.isSent, isReused));
		},
	});
	return {
		endpoint,
		forsake({code, message}) {
			pool.forsake(codedError(code, message));
		},
		close: pool.close,
		destroy: pool.destroy,
		connect: dialler.connect,
		send(request, receiver) {
			const line = pool.take(request.isFresh);
			const job: Job = {request, receiver, isSent: false, isUploaded: false, isOver: false, keepAlive: '', pulse: undefined};
			line.job = job;
			if (request.body === undefined || Buffer.isBuffer(request.body)) {
				expect(job, pulse);
			}

			if (line.isUp) {
				start(line, job);
			}

			return {
				isSent: () => job.isSent,
				resume() {
					if (line.job === job && line.isPaused) {
						line.isPaused = false;
						line.socket.resume();
						wheel.set(line.alarm, line.timeouts.idle);
					}
				},
				abort() {
					settle(job);
					if (!job.isOver) {
						job.isOver = true;
						breakLine(line, new Error('The client left.'));
					}
				},
			};
		},
	};
};
