import type {ClientRequest, IncomingMessage} from 'node:http';
import type {Socket} from 'node:net';
import process from 'node:process';
import type {Duplex} from 'node:stream';
import {createProxyServer} from 'http-proxy';
import {troubleOf, type Trouble} from '../upstream/forward.ts';
import {fieldsOf} from '../wire/fields.ts';
import {overloaded, troubleError, unknownTarget} from './answers.ts';
import {requestLines} from './headers.ts';
import {choose, clientLeft, enter, fail, finish, mostAttempts, type Passage} from './passage.ts';
import type {Upstream} from './plane.ts';
import {refuse} from './refuse.ts';
import {byName, relayable} from './upgrade-fields.ts';

const http = process.getBuiltinModule('node:http'); // Not by import, as in wire/write.ts.

/** Bytes of the body of a refused upgrade that may wait for a slow client. */
const mostWaiting = 1_048_576;

const ignore = (): void => undefined;

/** What goes on between the two sides of one upgrade. */
type Tunnel = {
	readonly passage: Passage;
	readonly upstream: Upstream;
	/** Towards the target. */
	readonly socket: Socket;
	/** Towards the client. */
	readonly client: Duplex;
	isAnswered: boolean;
	isOver: boolean;
	timer: NodeJS.Timeout | undefined;
};

const end = (tunnel: Tunnel, status = 0): void => {
	const {passage, socket} = tunnel;
	const {gauge} = passage;
	if (tunnel.isOver) {
		return;
	}

	tunnel.isOver = true;
	clearTimeout(tunnel.timer);
	if (gauge) {
		gauge.inFlight--;
		gauge.bytesIn += socket.bytesWritten;
		gauge.bytesOut += socket.bytesRead;
		gauge.aborts += status === clientLeft ? 1 : 0;
	}

	passage.status = passage.status === 0 ? status : passage.status;
	passage.bytesOut = socket.bytesRead;
	finish(passage);
};

const note = ({plane, target = '', gauge}: Passage, {failure}: Trouble): void => {
	plane.passive.failed(target, failure);
	if (gauge) {
		gauge.errors++;
	}
};

/** The target broke off, or was silent for too long, before it answered. */
const breakOff = (tunnel: Tunnel, error: Error): void => {
	if (tunnel.isOver || tunnel.isAnswered) {
		return;
	}

	const {passage, client} = tunnel;
	const trouble = troubleOf(error, true, false);
	const fault = troubleError(passage.target ?? '', trouble);
	note(passage, trouble);
	passage.fault = fault;
	refuse(client, fault);
	end(tunnel, fault.status);
};

const take = (tunnel: Tunnel, response: IncomingMessage): void => {
	const {passage} = tunnel;
	const {statusCode: status = 502, rawHeaders} = response;
	clearTimeout(tunnel.timer);
	tunnel.isAnswered = true;
	passage.status = status;
	passage.plane.passive.passed(passage.target ?? '', performance.now() - passage.startedAt);
	response.statusMessage = http.STATUS_CODES[status] ?? 'unknown';
	const own = status === 101 ? {connection: 'Upgrade', upgrade: 'websocket'} : {connection: 'close'};
	Object.assign(response, {headers: {...byName(relayable(rawHeaders)), ...own}});
};

/** Http-proxy relays a refusal, but heeds neither a slow client nor a body that breaks off. */
const watchRefusal = ({client, socket}: Tunnel, response: IncomingMessage): void => {
	response.on('data', () => {
		if (client.writableLength > mostWaiting) {
			client.destroy();
		}
	}).on('error', ignore).once('close', () => {
		if (!response.complete) {
			client.destroy();
		}

		socket.destroy();
	});
};

const prepare = (tunnel: Tunnel, request: ClientRequest, path: string): void => {
	// Http-proxy would rewrite it.
	request.path = path;
	request.prependOnceListener('upgrade', response => {
		take(tunnel, response);
	}).prependOnceListener('response', response => {
		take(tunnel, response);
		watchRefusal(tunnel, response);
	});
};

const watch = (tunnel: Tunnel): void => {
	const {client, socket, upstream} = tunnel;
	client.on('error', ignore).once('close', () => {
		end(tunnel, clientLeft);
		socket.destroy();
	});
	socket.on('error', ignore).once('close', () => {
		if (tunnel.isAnswered) {
			end(tunnel);
			client.end(() => {
				client.destroy();
			});
		}
	});
	const {upgrade} = upstream.endpoint.timeouts;
	if (upgrade > 0) {
		tunnel.timer = setTimeout(() => {
			socket.destroy(Object.assign(new Error('no answer'), {code: 'RESPONSE_TIMEOUT'}));
		}, upgrade);
	}
};

/** Hands both connections to http-proxy, with clean fields; what it would do wrong is done before it. */
const open = (passage: Passage, upstream: Upstream, socket: Socket): void => {
	const {exchange, route} = passage;
	const {head} = exchange;
	const given = exchange.upgrade?.();
	if (!given) {
		socket.destroy();
		return;
	}

	const {socket: client, first} = given;
	const tunnel: Tunnel = {passage, upstream, socket, client, isAnswered: false, isOver: false, timer: undefined};
	watch(tunnel);
	const request = new http.IncomingMessage(socket);
	request.method = 'GET';
	request.url = '/';
	request.httpVersion = head.httpVersion;
	Object.assign(request, {headers: {...byName([...upstream.dress.fields, ...fieldsOf(requestLines(head, upstream.dress))]), connection: 'Upgrade', upgrade: 'websocket'}});
	const agent = Object.assign(new http.Agent(), {createConnection: () => socket});
	const proxy = createProxyServer({target: {protocol: 'http:', host: 'target', port: 80}, agent});
	proxy.on('error', ignore).on('proxyReqWs', proxyRequest => {
		prepare(tunnel, proxyRequest, upstream.dress.prefix + route.path);
	});
	try {
		proxy.ws(request, client, first, {}, error => {
			breakOff(tunnel, error);
		});
	} catch (error) {
		breakOff(tunnel, error instanceof Error ? error : new Error(String(error)));
	}
};

/** A connection to the target the passage is at; undefined when there is none, and the passage knows why. */
const connect = async (passage: Passage, {forwarder}: Upstream): Promise<Socket | undefined> => {
	try {
		return await forwarder.connect();
	} catch (error) {
		const trouble = troubleOf(error, false, false);
		passage.fault = troubleError(passage.target ?? '', trouble);
		note(passage, trouble);
		return undefined;
	}
};

/** Takes one WebSocket upgrade to a target. When it can not connect the next target is next, since nothing has been sent. The only file that knows http-proxy. */
export const carryUpgrade = async (passage: Passage): Promise<void> => {
	const {plane, exchange} = passage;
	const id = choose(passage);
	if (typeof id !== 'string') {
		fail(passage, id);
		return;
	}

	const upstream = plane.upstream(id);
	if (!upstream) {
		fail(passage, unknownTarget(plane.getState(), id));
		return;
	}

	const gauge = plane.meter.gauge(id);
	if (gauge.inFlight >= plane.getLimits().inFlight) {
		fail(passage, overloaded(id));
		return;
	}

	enter(passage, id, gauge);
	const socket = await connect(passage, upstream);
	if (socket && !exchange.signal.aborted) {
		open(passage, upstream, socket);
		return;
	}

	gauge.inFlight--;
	if (exchange.signal.aborted) {
		socket?.destroy();
		gauge.aborts++;
		passage.status = clientLeft;
		finish(passage);
	} else if (passage.attempts < mostAttempts) {
		gauge.retries++;
		await carryUpgrade(passage);
	} else {
		fail(passage, passage.fault ?? unknownTarget(plane.getState(), id));
	}
};
