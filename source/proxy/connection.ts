import type {Buffer} from 'node:buffer';
import type {Socket} from 'node:net';
import {AppError} from '../core/errors.ts';
import {WireFault} from '../wire/fault.ts';
import {newGathering} from '../wire/gather.ts';
import {newAlarm, wheel} from '../upstream/wheel.ts';
import type {Connection, Desk} from './desk.ts';
import {finish, hasMoved, patience, refuseAll, room, watch} from './finish.ts';
import {proceed} from './reading.ts';
import {faultError} from './refuse.ts';

const ignore = (): void => undefined;

const onData = (connection: Connection, chunk: Buffer): void => {
	if (!connection.isDeaf) {
		connection.ahead.push(chunk);
		connection.waiting += chunk.length;
		proceed(connection);
	}
};

const onEnd = (connection: Connection): void => {
	const {socket, turn, gathering, ahead} = connection;
	connection.hasEnded = true;
	if (connection.isDeaf) {
		socket.destroySoon();
	} else if (turn?.inflow?.isWhole === false) {
		socket.destroy();
	} else if (turn ?? ahead.length > 0) {
		watch(connection);
	} else if (gathering.partial) {
		refuseAll(connection, faultError(new WireFault('syntax', 'it ends too early')));
	} else {
		finish(connection);
	}
};

const wake = ({waiters}: Connection): void => {
	for (const waiter of waiters.splice(0)) {
		waiter();
	}
};

const onClose = (connection: Connection): void => {
	const {desk, turn, alarm} = connection;
	wheel.drop(alarm);
	desk.connections.delete(connection);
	connection.isDeaf = true;
	if (turn) {
		turn.leave();
	}

	wake(connection);
};

/** Its time is up, whatever for. */
const onAlarm = (connection: Connection): void => {
	const {socket, turn, gathering, hasEnded, isDeaf, isUpgraded, desk} = connection;
	const isMoving = hasMoved(connection);
	if (isUpgraded) {
		return;
	}

	if (hasEnded || isDeaf) {
		if (isMoving) {
			wheel.set(connection.alarm, patience);
		} else {
			socket.destroy();
		}
	} else if (!turn && isMoving && socket.writableLength > 0) {
		wheel.set(connection.alarm, desk.getLimits().keepAlive);
	} else if (!turn && gathering.partial) {
		refuseAll(connection, new AppError('HEAD_TIMEOUT', 'The head of the request did not come in time.'));
	} else {
		socket.destroy();
	}
};

/** Serves a client from now on, until one of both ends it. */
export const serve = (desk: Desk, socket: Socket, isExcess: boolean): void => {
	const {headBytes, headTimeout} = desk.getLimits();
	const data = (chunk: Buffer): void => {
		onData(connection, chunk);
	};

	const end = (): void => {
		onEnd(connection);
	};

	const drain = (): void => {
		wake(connection);
		proceed(connection);
	};

	const connection: Connection = {
		desk,
		socket,
		// An IPv4 peer of a socket for both families comes in IPv6 clothes.
		peer: (socket.remoteAddress ?? '').replace(/^::ffff:/v, ''),
		isSecure: 'encrypted' in socket,
		isExcess,
		gathering: newGathering('request', headBytes),
		alarm: newAlarm(() => {
			onAlarm(connection);
		}),
		turn: undefined,
		ahead: [],
		waiting: 0,
		isReading: false,
		isPaused: false,
		hasEnded: false,
		isDeaf: false,
		isUpgraded: false,
		isUsed: false,
		taken: 0,
		waiters: [],
		detach() {
			wheel.drop(connection.alarm);
			socket.off('data', data).off('end', end).off('drain', drain);
		},
	};
	desk.connections.add(connection);
	wheel.set(connection.alarm, headTimeout);
	socket.on('data', data).on('end', end).on('drain', drain).on('error', ignore).once('close', () => {
		onClose(connection);
	});
};
