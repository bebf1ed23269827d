import {createServer, type AddressInfo, type Server} from 'node:net';
import {AppError, toAppError} from '../core/errors.ts';

const codeOf = (error: unknown): unknown => error instanceof Error && 'code' in error ? error.code : undefined;

/** Where a listening server is bound. */
export const boundTo = (server: Server): AddressInfo => {
	const address = server.address();
	if (address === null || typeof address === 'string') {
		throw new AppError('FAILED', 'The listener is not bound to a port.');
	}

	return address;
};

type Place = Readonly<{
	host: string;
	port: number;
	/** Other sockets of this user may listen there too, if all say so; the system spreads the connections over them. */
	isShared?: boolean;
}>;

const bind = async (server: Server, {host, port, isShared = false}: Place): Promise<void> => new Promise((resolve, reject) => {
	server.once('error', reject).listen({host, port, reusePort: isShared}, () => {
		server.off('error', reject);
		resolve();
	});
});

/** Takes no more connections; resolves when the last one is gone. */
export const unbind = async (server: Server): Promise<void> => new Promise(resolve => {
	server.close(() => {
		resolve();
	});
});

/** Both loopback addresses on one port; a machine without IPv6 has only the first. With port 0 a port that is free on both is looked for. */
const bindLoopback = async (make: () => Server, place: Place, tries = 20): Promise<Server[]> => {
	const first = make();
	await bind(first, {...place, host: '127.0.0.1'});
	const second = make();
	try {
		await bind(second, {...place, host: '::1', port: boundTo(first).port});
		return [first, second];
	} catch (error) {
		if (codeOf(error) !== 'EADDRINUSE') {
			return [first];
		}

		await unbind(first);
		if (place.port !== 0 || tries <= 1) {
			throw error;
		}

		return bindLoopback(make, place, tries - 1);
	}
};

const addressInUse = ({host, port}: Place, cause: unknown): AppError => new AppError('ADDRESS_IN_USE', `Port ${port} of ${host} is in use by another program.`, {cause});

/** Servers that listen on `host:port`: two for `localhost`, else one. Throws `ADDRESS_IN_USE`. */
export const bindAll = async (make: () => Server, place: Place): Promise<Server[]> => {
	const {host, port} = place;
	try {
		if (host === 'localhost') {
			return await bindLoopback(make, place);
		}

		const server = make();
		await bind(server, place);
		return [server];
	} catch (error) {
		if (codeOf(error) === 'EADDRINUSE') {
			throw addressInUse(place, error);
		}

		throw new AppError('FAILED', `Cannot listen on ${host}, port ${port}: ${toAppError(error).message}.`, {cause: error});
	}
};

/** Nobody else may look at a port at the same time: a name of Linux's that is gone with its process, and is in no folder. */
const lookAlone = async (place: Place): Promise<Server | undefined> => {
	if (place.port === 0) {
		return undefined;
	}

	const lock = createServer();
	return new Promise((resolve, reject) => {
		lock.once('error', error => {
			reject(addressInUse(place, error));
		}).listen(`\0proxy-mcp ${place.host} ${place.port}`, () => {
			resolve(lock);
		});
	});
};

/**
The first of several listeners that share a port. Sharing would let a second proxy of the same user in too, and each would get some of
the connections: so the port is taken for oneself first, which fails when anybody is there, and then given back and taken as a shared
one, while nobody else may do the same. Throws `ADDRESS_IN_USE`.
*/
export const bindFirst = async (make: () => Server, place: Place): Promise<Server[]> => {
	const lock = await lookAlone(place);
	try {
		const alone = await bindAll(() => createServer(socket => {
			socket.destroy();
		}), place);
		const [{port} = place] = alone.map(server => boundTo(server));
		await Promise.all(alone.map(async server => unbind(server)));
		return await bindAll(make, {...place, port, isShared: true});
	} finally {
		lock?.close();
	}
};
