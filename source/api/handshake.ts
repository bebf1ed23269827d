import {Socket} from 'node:net';
import process from 'node:process';
import {WebSocketServer, type WebSocket} from 'ws';
import type {Exchange, RequestHead} from '../http/exchange.ts';

const {IncomingMessage} = process.getBuiltinModule('node:http'); // Not by import, as in wire/write.ts.

/** A reader has nothing to say; a kilobyte is more than any. */
const maxPayload = 1024;

const server = new WebSocketServer({noServer: true, perMessageDeflate: false, maxPayload, clientTracking: false});

/** What `ws` needs to know of a request. The socket in it is never connected: `ws` is handed the real one apart. */
const toIncomingMessage = ({method, path, headers}: RequestHead): InstanceType<typeof IncomingMessage> => {
	const message = new IncomingMessage(new Socket());
	message.method = method;
	message.url = path;
	for (let index = 0; index < headers.length; index += 2) {
		message.headers[headers[index]?.toLowerCase() ?? ''] = headers[index + 1] ?? '';
	}

	return message;
};

/** Takes the connection of a request to upgrade and makes a WebSocket of it, or refuses it there. */
export const shakeHands = ({head}: Exchange, upgrade: NonNullable<Exchange['upgrade']>, welcome: (reader: WebSocket) => void): void => {
	const {socket, first} = upgrade();
	socket.on('error', () => {
		socket.destroy();
	});
	server.handleUpgrade(toIncomingMessage(head), socket, first, welcome);
};
