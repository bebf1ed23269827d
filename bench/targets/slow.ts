/*
A target for failover, over sockets: answers after 20 ms, and writes the path of each POST to a file as soon as it has come.
When the parent says so, it answers everything with 503 at once. Says its port to the parent.
*/
import {appendFileSync} from 'node:fs';
import {createServer, type AddressInfo} from 'node:net';
import process from 'node:process';
import {createReader} from '../load/message.ts';

const [journal = ''] = process.argv.slice(2);
const good = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok';
const bad = 'HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno';
let isStorm = false;

const server = createServer({noDelay: true}, socket => {
	socket.on('data', createReader(({head}) => {
		const [method, path] = head.split(' ', 2);
		if (isStorm) {
			socket.write(bad, 'latin1');
			return;
		}

		if (method === 'POST') {
			appendFileSync(journal, `${path}\n`);
		}

		setTimeout(() => {
			socket.write(good, 'latin1');
		}, path === '/health' ? 0 : 20);
	}));
	socket.on('error', () => {
		socket.destroy();
	});
});

server.listen(0, '127.0.0.1', () => {
	process.send?.({port: (server.address() as AddressInfo).port});
});
process.on('message', () => {
	isStorm = true;
});
process.on('disconnect', () => {
	process.exit();
});
