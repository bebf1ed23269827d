/*
The target of the benchmark, as cheap as can be: answers GET with 200 bytes and POST with its own body, over sockets. Says its
ports to the parent, as many as it was asked for.
*/
import {once} from 'node:events';
import {createServer, type AddressInfo, type Socket} from 'node:net';
import process from 'node:process';
import {createReader} from '../load/message.ts';

const page = 'x'.repeat(200);
const getReply = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${page.length}\r\n\r\n${page}`;

const serve = (socket: Socket): void => {
	socket.on('data', createReader(({head, body}) => {
		if (head.startsWith('POST ')) {
			const reply = `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${body.length}\r\n\r\n`;
			socket.write(reply + body.toString('latin1'), 'latin1');
		} else {
			socket.write(getReply, 'latin1');
		}
	}));
	socket.on('error', () => {
		socket.destroy();
	});
};

const ports = await Promise.all(Array.from({length: Number(process.argv[2] ?? 1)}, async () => {
	const server = createServer({noDelay: true}, serve);
	server.listen({port: 0, host: '127.0.0.1', backlog: 4096});
	await once(server, 'listening');
	return (server.address() as AddressInfo).port;
}));
process.send?.({port: ports[0], ports});
process.on('disconnect', () => {
	process.exit();
});
