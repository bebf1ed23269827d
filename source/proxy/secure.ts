import type {Socket} from 'node:net';
import process from 'node:process';
import type {Server, TLSSocket} from 'node:tls';
import type {Identity} from '../http/endpoint.ts';

/** A TLS server whose connections can be seen before their handshake is done. */
export type SecureServer = Readonly<{
	server: Server;
	/** Connections from now on get this certificate. Which authorities clients need stays as it was. */
	renew: (identity: Identity) => void;
	/** Cuts those whose handshake is not done: closing the server would wait for them. */
	cutHandshakes: () => void;
}>;

const idOf = ({remoteAddress, remotePort}: Socket): string => `${remoteAddress} ${remotePort}`;

/** `handshakeTimeout`: until the handshake is done, in ms. A handshake that fails is the client's to tell of: it has no reply, and the log would be anyone's to fill. */
export const createSecureServer = ({cert, key, ca}: Identity, handshakeTimeout: number, onConnection: (socket: TLSSocket) => void): SecureServer => {
	const handshakes = new Map<string, Socket>();
	const authorities = ca === undefined ? {} : {ca, requestCert: true, rejectUnauthorized: true};
	const {createServer} = process.getBuiltinModule('node:tls'); // 15 ms that a proxy without TLS does not spend.
	const server = createServer({allowHalfOpen: true, noDelay: true, handshakeTimeout, ALPNProtocols: ['http/1.1'], cert, key, ...authorities}, socket => {
		handshakes.delete(idOf(socket));
		onConnection(socket);
	});
	server.on('connection', (socket: Socket) => {
		const id = idOf(socket);
		handshakes.set(id, socket);
		socket.once('close', () => {
			handshakes.delete(id);
		});
	});
	server.on('tlsClientError', (_error, socket) => {
		socket.destroy();
	});
	return {
		server,
		renew(next) {
			server.setSecureContext({cert: next.cert, key: next.key, ...authorities});
		},
		cutHandshakes() {
			for (const socket of handshakes.values()) {
				socket.destroy();
			}
		},
	};
};
