import {connect} from 'node:net';
import {createReader, type Message} from './message.ts';

/** One connection that answers POSTs in turn. */
export type Wire = Readonly<{
	/** Throws when the connection breaks. */
	post: (path: string, body: string, fields: readonly string[]) => Promise<Message>;
	close: () => void;
}>;

export const openWire = async (port: number): Promise<Wire> => {
	let settle: ((message: Message | undefined) => void) | undefined;
	const socket = connect({port, host: '127.0.0.1', noDelay: true});
	socket.on('data', createReader(message => {
		settle?.(message);
	}));
	socket.on('error', () => {
		socket.destroy();
	});
	socket.on('close', () => {
		settle?.(undefined);
	});
	await new Promise(resolve => {
		socket.once('connect', resolve);
		socket.once('close', resolve);
	});
	return {
		async post(path, body, fields) {
			const answer = new Promise<Message | undefined>(resolve => {
				settle = resolve;
			});
			const head = [
				`POST ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Content-Type: application/json', 'Accept: application/json, text/event-stream', ...fields, `Content-Length: ${body.length}`,
			];
			socket.write(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1');
			const message = socket.destroyed ? undefined : await answer;
			if (!message) {
				throw new Error('The connection broke.');
			}

			return message;
		},
		close() {
			socket.destroy();
		},
	};
};
