import {createServer, type Server, type Socket} from 'node:net';
import type {Identity, Limits, SecurePlace} from '../http/endpoint.ts';
import type {Handler} from '../http/exchange.ts';
import {serve} from './connection.ts';
import {connectionsThatFit} from './descriptors.ts';
import type {Desk} from './desk.ts';
import {bindAll, bindFirst, boundTo, unbind} from './listen.ts';
import {createSecureServer, type SecureServer} from './secure.ts';

export type ListenerOptions = Readonly<{
	/** `localhost` listens on both loopback addresses. */
	host: string;
	/** 0 = any free one. */
	port: number;
	/** A second address, where clients come through TLS. */
	secure?: SecurePlace | undefined;
	/** Asked at each connection and request, so that a reload counts at once. */
	getLimits: () => Limits;
	/** Called once a request or upgrade. */
	handle: Handler;
	/** Faults that no reply tells of, for the log. */
	log?: (message: string) => void;
	/** Set where several listeners have one port between them. */
	crowd?: Crowd;
}>;

/** What one of several listeners on a port knows of the others: the limit of connections is for all together. */
export type Crowd = Readonly<{
	/** The first one finds out whether the port is free; the others join it there. */
	isFirst: boolean;
	/** The others' connections. */
	others: () => number;
	/** Told whenever the number of one's own has changed. */
	tell: (count: number) => void;
}>;

export type Listener = Readonly<{
	/** Such as `http://localhost:4000`. */
	url: string;
	port: number;
	/** The second address, such as `https://localhost:4443`. */
	secureUrl: string | undefined;
	/** The same as a place, with its port. */
	secure: SecurePlace | undefined;
	/** Clients that come through TLS from now on see this certificate. */
	renew: (identity: Identity) => void;
	/** Such as `127.0.0.1:4000`. */
	addresses: readonly string[];
	/** Requests whose reply is not complete. */
	inFlight: () => number;
	/** Client connections open now, upgraded ones too. */
	connections: () => number;
	/** Takes no more connections, lets what is in flight end for at most `drainMs`, then cuts it. Resolves when all are gone. */
	close: (drainMs: number) => Promise<void>;
}>;

/** Above the limit a connection still gets a 503 that says why; this many above it, the system just closes it. */
const excess = 16;
/** How long a connection without a request is kept open when closing, in ms: a request may be on its way. Its reply then says that the connection ends. */
const grace = 100;

const mostConnections = ({getLimits}: Desk, crowd: Crowd | undefined): number => {
	const {connections} = getLimits();
	const all = connections === 0 ? connectionsThatFit() : connections;
	return crowd ? Math.max(0, all - crowd.others()) : all;
};

/** Serves what connects to any server of the listener. */
const greet = (desk: Desk, crowd: Crowd | undefined) => (server: Server, socket: Socket): void => {
	const most = mostConnections(desk, crowd);
	server.maxConnections = most + excess;
	serve(desk, socket, desk.connections.size >= most);
	if (crowd) {
		crowd.tell(desk.connections.size);
		socket.once('close', () => {
			crowd.tell(desk.connections.size);
		});
	}
};

/** Listens on a place with servers that `make` makes; they take no more connections than the limit allows. Throws `ADDRESS_IN_USE`. */
const bindTo = async (make: () => Server, {host, port}: Readonly<{host: string; port: number}>, desk: Desk, crowd: Crowd | undefined): Promise<Server[]> => {
	const makeLimited = (): Server => {
		const server = make();
		server.maxConnections = mostConnections(desk, crowd) + excess;
		return server;
	};

	return crowd?.isFirst
		? bindFirst(makeLimited, {host, port})
		: bindAll(makeLimited, {host, port, isShared: crowd !== undefined});
};

const urlOf = (scheme: string, host: string, port: number): string => `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Ends what is idle now and what becomes idle later; after `drainMs` ends everything. */
const drain = async (desk: Desk, servers: readonly Server[], drainMs: number): Promise<void> => {
	const endIdle = setTimeout(() => {
		for (const {socket, turn} of desk.connections) {
			if (!turn) {
				socket.destroySoon();
			}
		}
	}, Math.min(grace, drainMs));
	const endAll = setTimeout(() => {
		for (const {socket} of desk.connections) {
			socket.destroy();
		}
	}, drainMs);
	await Promise.all(servers.map(async server => unbind(server)));
	clearTimeout(endIdle);
	clearTimeout(endAll);
};

/** Listens, and turns what comes into exchanges (connection.ts, turn.ts). Throws `ADDRESS_IN_USE`. */
export const startListener = async (options: ListenerOptions): Promise<Listener> => {
	const {getLimits, handle, log, secure, crowd} = options;
	const desk: Desk = {getLimits, handle, log, connections: new Set(), inFlight: 0, isClosing: false};
	const serveOn = greet(desk, crowd);
	const secured: SecureServer[] = [];

	const makePlain = (): Server => {
		// A client may shut its side and still wait for its reply.
		const server = createServer({allowHalfOpen: true, noDelay: true}, socket => {
			serveOn(server, socket);
		});
		return server;
	};

	const makeSecure = (identity: Identity) => (): Server => {
		const one = createSecureServer(identity, getLimits().headTimeout, socket => {
			serveOn(one.server, socket);
		});
		secured.push(one);
		return one.server;
	};

	const plainServers = await bindTo(makePlain, options, desk, crowd);
	const secureServers = secure
		? await bindTo(makeSecure(secure.identity), secure, desk, crowd).catch(async (error: unknown) => {
			await Promise.all(plainServers.map(async server => unbind(server)));
			throw error;
		})
		: [];
	const servers = [...plainServers, ...secureServers];
	const bound = servers.map(server => boundTo(server));
	const port = bound[0]?.port ?? options.port;
	const securePlace = secure && {...secure, port: bound[plainServers.length]?.port ?? secure.port};
	let closed: Promise<void> | undefined;
	return {
		url: urlOf('http', options.host, port),
		port,
		secureUrl: securePlace && urlOf('https', securePlace.host, securePlace.port),
		secure: securePlace,
		renew(identity) {
			for (const {renew} of secured) {
				renew(identity);
			}
		},
		addresses: bound.map(({address, port: own}) => `${address.includes(':') ? `[${address}]` : address}:${own}`),
		inFlight: () => desk.inFlight,
		connections: () => desk.connections.size,
		async close(drainMs) {
			desk.isClosing = true;
			for (const {cutHandshakes} of secured) {
				cutHandshakes();
			}

			closed ??= drain(desk, servers, drainMs);
			return closed;
		},
	};
};
