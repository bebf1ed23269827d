/*
A target with event streams, over sockets: `/idle` says one thing and then nothing, `/events` says once a second what time it
is (process.hrtime, nanoseconds). Chunked, as Node's servers write. Says its port to the parent.
*/
import {createServer, type AddressInfo, type Socket} from 'node:net';
import process from 'node:process';
import {createReader} from '../load/message.ts';

const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n';
const padding = 'x'.repeat(60);

const say = (socket: Socket): void => {
	const event = `data: ${process.hrtime.bigint()} ${padding}\n\n`;
	socket.write(`${event.length.toString(16)}\r\n${event}\r\n`, 'latin1');
};

const server = createServer({noDelay: true}, socket => {
	let timer: NodeJS.Timeout | undefined;
	socket.on('data', createReader(({head: request}) => {
		const [, path = ''] = request.split(' ', 2);
		if (path !== '/idle' && path !== '/events') {
			socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 'latin1');
			return;
		}

		socket.write(head, 'latin1');
		say(socket);
		if (path === '/events') {
			timer = setInterval(say, 1000, socket);
		}
	}));
	socket.on('error', () => {
		socket.destroy();
	});
	socket.on('close', () => {
		clearInterval(timer);
	});
});

server.listen({port: 0, host: '127.0.0.1', backlog: 4096}, () => {
	process.send?.({port: (server.address() as AddressInfo).port});
});
process.on('disconnect', () => {
	process.exit();
});
