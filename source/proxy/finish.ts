import type {AppError} from '../core/errors.ts';
import {wheel} from '../upstream/wheel.ts';
import type {Connection} from './desk.ts';
import {mostWaiting} from './inflow.ts';
import {refusal} from './refuse.ts';

/** How long a client that has shut its side, or is being left, may wait while nothing moves, in ms. */
export const patience = 1000;

/** Holds the client back while more waits than is good, and lets it go on. */
export const room = (connection: Connection): void => {
	const {socket, turn, waiting, isPaused, isUpgraded} = connection;
	const isFull = waiting > mostWaiting || (turn?.inflow !== undefined && turn.inflow.waiting > mostWaiting);
	if (isFull === isPaused || isUpgraded) {
		return;
	}

	connection.isPaused = isFull;
	if (isFull) {
		socket.pause();
	} else {
		socket.resume();
	}
};

/** Whether the client has taken anything since the last look: nothing else shows whether it is still there once it has shut its side. */
export const hasMoved = (connection: Connection): boolean => {
	const {bytesWritten, writableLength} = connection.socket;
	const before = connection.taken;
	connection.taken = bytesWritten - writableLength;
	return connection.taken !== before;
};

/** Has the alarm look at it from now on. */
export const watch = (connection: Connection): void => {
	hasMoved(connection);
	wheel.set(connection.alarm, patience);
};

/** Ends the connection once all that was written is taken. What the client still sends is thrown away: at a closed socket it would cause a reset, and cost the client its reply. */
export const finish = (connection: Connection): void => {
	const {socket, turn, ahead, gathering, hasEnded} = connection;
	if (connection.isDeaf) {
		return;
	}

	const isUnread = ahead.length > 0 || gathering.partial !== undefined || turn?.inflow?.isWhole === false;
	connection.isDeaf = true;
	connection.turn = undefined;
	ahead.length = 0;
	connection.waiting = 0;
	if (hasEnded || !isUnread) {
		socket.destroySoon();
	} else {
		socket.end();
	}

	room(connection);
	watch(connection);
};

/** A reply where there is no exchange, because what came was no request; then the connection ends. */
export const refuseAll = (connection: Connection, error: AppError): void => {
	connection.socket.write(refusal(error));
	finish(connection);
};
