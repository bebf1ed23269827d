import {connect, createServer, type AddressInfo, type Socket} from 'node:net';
import type {ExecutionContext} from 'ava';

/** One request that reached a fault backend. */
export type Call = Readonly<{
	socket: Socket;
	/** Request line and fields, as sent. */
	head: string;
	/** 1 for the first request of all. */
	count: number;
	/** 1 for the first request on this connection. */
	turn: number;
	/** Everything received on this connection so far. */
	text: () => string;
	/** Writes bytes as they are (latin1). */
	write: (text: string) => void;
	/** Writes, then ends the connection. */
	end: (text?: string) => void;
	/** Resets the connection. */
	reset: () => void;
}>;

export type Fault = Readonly<{
	name: string;
	url: URL;
	port: number;
	/** The heads of all requests, in order. */
	heads: string[];
	/** Everything received, connection by connection. */
	texts: () => string[];
	/** Connections open now. */
	open: () => number;
	connections: () => number;
	stop: () => Promise<void>;
}>;

/** A target that does exactly what the script says with each request, however wrong. Heads are told apart by blank lines; bodies are ignored. */
export const startFault = async (t: ExecutionContext, name: string, script: (call: Call) => void): Promise<Fault> => {
	const sockets = new Set<Socket>();
	const heads: string[] = [];
	const texts: Array<() => string> = [];
	const serve = (socket: Socket): void => {
		let text = '';
		let read = 0;
		let turn = 0;
		const textSoFar = (): string => text;
		sockets.add(socket);
		texts.push(textSoFar);
		const write = (data: string): void => {
			socket.write(data, 'latin1');
		};

		socket.on('error', () => undefined).on('close', () => {
			sockets.delete(socket);
		}).on('data', chunk => {
			text += chunk.toString('latin1');
			for (;;) {
				const start = text.slice(read).search(/[A-Z]+ \S+ HTTP\/1\.1\r\n/v);
				const end = text.indexOf('\r\n\r\n', read);
				if (start === -1 || end === -1) {
					return;
				}

				const head = text.slice(read + start, end);
				read = end + 4;
				turn++;
				heads.push(head);
				script({
					socket, head, count: heads.length, turn, text: textSoFar, write,
					end(data = '') {
						socket.end(data, 'latin1');
					},
					reset() {
						socket.resetAndDestroy();
					},
				});
			}
		});
	};

	const server = createServer(serve);
	await new Promise<void>(resolve => {
		server.listen({port: 0, host: '127.0.0.1'}, resolve);
	});
	const stop = async (): Promise<void> => new Promise(resolve => {
		server.close(() => {
			resolve();
		});
		for (const socket of sockets) {
			socket.destroy();
		}
	});
	t.teardown(stop);
	const {port} = server.address() as AddressInfo;
	return {
		name,
		port,
		url: new URL(`http://127.0.0.1:${port}`),
		heads,
		texts: () => texts.map(text => text()),
		open: () => sockets.size,
		connections: () => texts.length,
		stop,
	};
};

/** A port on which nobody listens, and nobody will before the test is over: it is this end of a connection, so the system gives it to no listener. */
export const deadPort = async (t: ExecutionContext): Promise<number> => new Promise((resolve, reject) => {
	const server = createServer(socket => {
		socket.resume();
	}).listen({port: 0, host: '127.0.0.1'}, () => {
		const {port} = server.address() as AddressInfo;
		const holder = connect({port, host: '127.0.0.1'}, () => {
			resolve(holder.localPort ?? 0);
		}).on('error', reject);
		t.teardown(() => {
			holder.destroy();
			server.close();
		});
	});
});

/** A target that is not there. */
export const absent = async (t: ExecutionContext, name: string): Promise<Readonly<{name: string; url: URL; isAbsent: boolean}>> => ({name, isAbsent: true, url: new URL(`http://127.0.0.1:${await deadPort(t)}`)});
