import type {Buffer} from 'node:buffer';
import {AppError, toAppError} from '../core/errors.ts';
import {sendError} from '../http/reply.ts';
import {WireFault} from '../wire/fault.ts';
import {isKept, isUpgradeTo} from '../wire/fields.ts';
import {gather} from '../wire/gather.ts';
import {readRequestHead, type RequestLines} from '../wire/request-head.ts';
import {wheel} from '../upstream/wheel.ts';
import type {Connection} from './desk.ts';
import {finish, refuseAll, room} from './finish.ts';
import {pathOf} from './head.ts';
import {discard, feed, newInflow} from './inflow.ts';
import {faultError} from './refuse.ts';
import {beginTurn, type Turn} from './turn.ts';

/** How long a client may go on sending a body nobody wants after it has its reply, in ms. Cut at once it would see a reset, not the reply. */
const lingerTime = 5000;

/** After a reply, or the end of its request: the next one, if there may be one. */
const settle = (connection: Connection): void => {
	const {turn, desk, alarm} = connection;
	if (!turn?.isOver || connection.isDeaf) {
		return;
	}

	if (!turn.isKept || desk.isClosing) {
		finish(connection);
	} else if (turn.inflow?.isWhole === false) {
		if (!turn.inflow.isLeft) {
			discard(turn.inflow);
		}

		wheel.set(alarm, lingerTime);
		room(connection);
	} else {
		connection.turn = undefined;
		if (!connection.hasEnded) {
			wheel.set(alarm, desk.getLimits().keepAlive);
		}

		proceed(connection);
	}
};

/** What came is no HTTP: an answer that says so, if there is still room for one. */
const broken = (connection: Connection, error: unknown): void => {
	const {turn, socket} = connection;
	if (!(error instanceof WireFault)) {
		throw error;
	}

	const hasHead = turn?.outflow.hasHead === true;
	if (turn) {
		turn.leave();
	}

	if (hasHead) {
		socket.destroy();
	} else {
		refuseAll(connection, faultError(error));
	}
};

/** A request's head is here. */
const begin = (connection: Connection, lines: RequestLines): Turn => {
	const {desk} = connection;
	const {method, version, signals, length} = lines;
	const expect = version === '1.1' ? signals.expect.toLowerCase() : '';
	const path = pathOf(lines, connection.isSecure);
	connection.isUsed = true;
	if (!connection.hasEnded) {
		wheel.clear(connection.alarm);
	}

	return beginTurn(connection, {
		lines,
		path,
		inflow: newInflow(length),
		isExpecting: expect === '100-continue' && length !== 0,
		isUnmet: expect !== '' && expect !== '100-continue',
		isUpgrade: method === 'GET' && signals.lengths === 0 && length === 0 && isUpgradeTo(signals, 'websocket'),
		isKept: typeof path === 'string' && !connection.isExcess && !desk.isClosing && isKept(signals, version),
	}, {settle, room});
};

const answer = ({desk, isExcess}: Connection, exchange: Turn): void => {
	const {path, isUnmet} = exchange;
	try {
		if (typeof path !== 'string') {
			sendError(exchange, path);
		} else if (isExcess) {
			sendError(exchange, new AppError('OVERLOADED', 'The proxy has too many client connections.'));
		} else if (isUnmet) {
			sendError(exchange, new AppError('EXPECTATION_REFUSED', 'The request expects something that is not known here.'));
		} else if (!desk.handle(exchange)) {
			sendError(exchange, new AppError('NOT_FOUND', 'Nothing answers here.'));
		}
	} catch (error) {
		desk.log?.(`A request could not be answered: ${toAppError(error).message}`);
		if (exchange.reply.hasHead()) {
			exchange.reply.abort();
		} else {
			sendError(exchange, toAppError(error));
		}
	}
};

/** Takes a piece as far as it goes; returns where the rest begins, which has to wait. */
const take = (connection: Connection, chunk: Buffer): number => {
	let at = 0;
	while (at < chunk.length && !connection.isDeaf && !connection.isUpgraded) {
		const {turn, gathering} = connection;
		const inflow = turn?.inflow;
		if (inflow?.isWhole === false) {
			at = feed(inflow, chunk, at);
			if (inflow.isWhole) {
				settle(connection);
			}

			continue;
		}

		if (turn !== undefined || connection.socket.writableNeedDrain) {
			return at;
		}

		const isFirstPiece = gathering.partial === undefined;
		const span = gather(gathering, chunk, at);
		if (!span) {
			if (isFirstPiece && connection.isUsed) {
				wheel.set(connection.alarm, connection.desk.getLimits().headTimeout);
			}

			return chunk.length;
		}

		at = chunk.length - (span.bytes.length - span.next);
		const next = begin(connection, readRequestHead(span, connection.desk.getLimits().headFields));
		if (next.inflow) {
			at = feed(next.inflow, chunk, at);
		}

		if (next.isUpgrade && at < chunk.length) {
			connection.ahead.unshift(chunk.subarray(at));
			connection.waiting += chunk.length - at;
			at = chunk.length;
		}

		answer(connection, next);
	}

	return chunk.length;
};

/** Takes what waits, as far as it can be taken now. */
export const proceed = (connection: Connection): void => {
	const {ahead} = connection;
	if (connection.isReading) {
		return;
	}

	connection.isReading = true;
	try {
		for (let chunk = ahead.shift(); chunk; chunk = ahead.shift()) {
			connection.waiting -= chunk.length;
			const end = take(connection, chunk);
			if (end < chunk.length) {
				ahead.unshift(chunk.subarray(end));
				connection.waiting += chunk.length - end;
				break;
			}

			if (connection.isUpgraded) {
				break;
			}
		}
	} catch (error) {
		broken(connection, error);
	} finally {
		connection.isReading = false;
	}

	if (connection.hasEnded && !connection.turn && ahead.length === 0) {
		finish(connection);
	}

	room(connection);
};
