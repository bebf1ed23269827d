import {createServer} from 'node:http';
import process from 'node:process';

export const [target] = process.argv.slice(2);

/** Tell the benchmark the port, and end with it. */
export const tell = port => {
	process.send({port});
	process.on('disconnect', () => {
		process.exit();
	});
};

/** A server that hands each request to `handle`. */
export const serve = handle => {
	const server = createServer(handle);
	server.listen(0, '127.0.0.1', () => {
		tell(server.address().port);
	});
};
