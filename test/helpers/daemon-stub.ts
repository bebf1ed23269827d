import {once} from 'node:events';
import http from 'node:http';
import type {AddressInfo} from 'node:net';
import type {ExecutionContext} from 'ava';
import {WebSocketServer, type WebSocket} from 'ws';
import {createFeed, type Feed} from '../../source/client/feed.ts';
import {toAppError} from '../../source/core/errors.ts';
import {createHistory} from '../../source/store/history.ts';
import {createStore, type Store} from '../../source/store/store.ts';
import {defaultRules} from '../../source/core/rules.ts';
import type {OperatorAction} from '../../source/core/action.ts';

type Options = Readonly<{port?: number; startedAt?: number; token?: string}>;

/** A daemon reduced to its wire: real sockets, a real store, and faults on request. */
export type Stub = Readonly<{
	url: string;
	port: number;
	store: Store;
	feed: Feed;
	/** The `since` of each connection to `/ws`, in order; '' for none. */
	asked: string[];
	/** Frames go through this; undefined swallows one. */
	tamper: {frame: (text: string) => string | undefined};
	/** How many readers the feed has. */
	countReaders: () => number;
	/** Cuts all connections to the feed. */
	cut: () => void;
	stop: () => Promise<void>;
}>;

const send = (response: http.ServerResponse, status: number, value: unknown): void => {
	response.writeHead(status, {'content-type': 'application/json'});
	response.end(JSON.stringify(value));
};

// eslint-disable-next-line @typescript-eslint/no-unsafe-return -- the stub trusts its test
const parseAction = (text: string): OperatorAction => JSON.parse(text);

const act = async (request: http.IncomingMessage, response: http.ServerResponse, store: Store): Promise<void> => {
	let text = '';
	for await (const chunk of request.setEncoding('utf8')) {
		text += String(chunk);
	}

	try {
		store.dispatch(parseAction(text));
		send(response, 200, {revision: store.getSeq()});
	} catch (error) {
		send(response, toAppError(error).status, toAppError(error));
	}
};

/** Starts a stub on a free port with targets `a` and `b`, both up. */
export const startStub = async (t: ExecutionContext, {port = 0, startedAt = Date.now(), token}: Options = {}): Promise<Stub> => {
	const store = createStore({startedAt});
	const history = createHistory();
	store.subscribe(history.add);
	const feed = createFeed(store, history);
	const asked: string[] = [];
	const tamper: Stub['tamper'] = {frame: text => text};
	const isWelcome = (request: http.IncomingMessage): boolean => token === undefined || request.headers.authorization === `Bearer ${token}`;
	const refusal = {error: 'This needs the token.', code: 'TOKEN_NEEDED', hint: 'Send it.'};
	const server = http.createServer((request, response) => {
		if (isWelcome(request)) {
			void act(request, response, store);
		} else {
			send(response, 401, refusal);
		}
	});
	const sockets = new WebSocketServer({noServer: true});
	server.on('upgrade', (request, socket, first) => {
		if (!isWelcome(request)) {
			socket.end(`HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n${JSON.stringify(refusal)}`);
			return;
		}

		sockets.handleUpgrade(request, socket, first, client => {
			serve(client, request.url ?? '');
		});
	});

	const serve = (client: WebSocket, path: string): void => {
		const since = new URLSearchParams(path.split('?')[1]).get('since') ?? '';
		asked.push(since);
		const write = (frame: unknown): void => {
			const text = tamper.frame(JSON.stringify(frame));
			if (text !== undefined) {
				client.send(text);
			}
		};

		for (const frame of (since === '' ? undefined : feed.since(Number(since))) ?? [feed.snapshot()]) {
			write(frame);
		}

		client.on('close', feed.subscribe(write));
	};

	const cut = (): void => {
		for (const client of sockets.clients) {
			client.terminate();
		}
	};

	const stop = async (): Promise<void> => {
		cut();
		server.closeAllConnections();
		server.close();
		await once(server, 'close');
	};

	server.listen(port, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(async () => {
		if (server.listening) {
			await stop();
		}
	});
	const targets = ['a', 'b'].map((id, index) => ({id, url: `http://127.0.0.1:${index + 1}`, priority: index + 1, probe: 'http GET /health'}));
	store.dispatch({type: 'configure', targets, rules: {...defaultRules, defaultTarget: 'a'}, changes: []});
	for (const {id} of targets) {
		store.dispatch({type: 'passed', id, ms: 1, isPassive: false});
	}

	const bound = (server.address() as AddressInfo).port;
	return {url: `http://127.0.0.1:${bound}`, port: bound, store, feed, asked, tamper, countReaders: () => sockets.clients.size, cut, stop};
};
