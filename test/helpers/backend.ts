import {spawn} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createServer as createSecureServer} from 'node:https';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import {connect, type AddressInfo, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {execPath} from 'node:process';
import type {ExecutionContext} from 'ava';

/** What a backend saw of one request. */
export type Seen = Readonly<{
	method: string;
	url: string;
	httpVersion: string;
	rawHeaders: readonly string[];
	headers: IncomingMessage['headers'];
	body: string;
	/** Whether the body came to its proper end. */
	isComplete: boolean;
	port: number | undefined;
}>;

export type Backend = Readonly<{
	name: string;
	url: URL;
	port: number;
	/** All requests, in the order their bodies ended or broke. */
	seen: Seen[];
	/** Connections open now. */
	open: () => number;
	/** Connections ever made. */
	connections: () => number;
	/** Stops listening and cuts every connection, as a crash does. */
	crash: () => Promise<void>;
	/** Comes back on the same port. */
	revive: () => Promise<void>;
}>;

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

type Options = Readonly<{
	/** Called when the whole body is here; by default a 200 that says the name. */
	answer?: Answer;
	/** Called at once, before the body; return true when it answers. */
	early?: (request: IncomingMessage, response: ServerResponse) => boolean;
	tls?: {cert: string; key: string};
	keepAliveTimeout?: number;
}>;

/** A well-behaved target on an ephemeral port that remembers what it saw. */
export const startBackend = async (t: ExecutionContext, name: string, options: Options = {}): Promise<Backend> => {
	const seen: Seen[] = [];
	let connections = 0;
	const {early, tls, keepAliveTimeout = 5000} = options;
	const answer: Answer = options.answer ?? ((_request, response) => {
		response.setHeader('x-target', name);
		response.end(name);
	});

	const listener = (request: IncomingMessage, response: ServerResponse): void => {
		const {method = '', url = '', httpVersion, rawHeaders, headers} = request;
		const chunks: Buffer[] = [];
		const note = (isComplete: boolean): void => {
			seen.push({method, url, httpVersion, rawHeaders, headers, body: Buffer.concat(chunks).toString('latin1'), isComplete, port: request.socket.remotePort});
		};

		request.on('error', () => undefined).once('aborted', () => {
			note(false);
		});
		if (early?.(request, response)) {
			return;
		}

		request.on('data', (chunk: Buffer) => {
			chunks.push(chunk);
		}).once('end', () => {
			note(true);
			answer(request, response, Buffer.concat(chunks).toString('latin1'));
		});
	};

	const server = tls ? createSecureServer({...tls, keepAliveTimeout}, listener) : createServer({keepAliveTimeout}, listener);
	const sockets = new Set<Socket>();
	server.on('connection', socket => {
		connections++;
		sockets.add(socket);
		socket.once('close', () => {
			sockets.delete(socket);
		});
	});
	const listen = async (port: number): Promise<void> => new Promise((resolve, reject) => {
		server.once('error', reject).listen({port, host: '127.0.0.1'}, () => {
			server.off('error', reject);
			resolve();
		});
	});
	const crash = async (): Promise<void> => new Promise(resolve => {
		server.close(() => {
			resolve();
		});
		for (const socket of sockets) {
			socket.resetAndDestroy();
		}
	});

	await listen(0);
	t.teardown(crash);
	const {port} = server.address() as AddressInfo;
	return {
		name,
		port,
		url: new URL(`${tls ? 'https' : 'http'}://${tls ? 'localhost' : '127.0.0.1'}:${port}`),
		seen,
		open: () => sockets.size,
		connections: () => connections,
		crash,
		revive: async () => listen(port),
	};
};

/** Answers after 20 ms with its name, notes each POST's body in a file of its own, and says its port on stdout. */
const childCode = String.raw`
const {appendFileSync} = require('node:fs');
const [name, notes, backlog] = process.argv.slice(1);
require('node:http').createServer((request, response) => {
	let body = '';
	request.on('data', chunk => { body += chunk; }).on('end', () => {
		if (request.method === 'POST') appendFileSync(notes, body + '\n');
		setTimeout(() => response.end(name), 20);
	});
}).listen({port: 0, host: '127.0.0.1', backlog: Number(backlog)}, function () { console.log(this.address().port); });
`;

export type ChildBackend = Readonly<{
	name: string;
	url: URL;
	kill: (signal: NodeJS.Signals) => void;
	/** The bodies of all POSTs that reached it, in order. */
	posts: () => string[];
}>;

/** A target in a process of its own, to be killed or stopped. `backlog`: connections that may wait while it is stopped. */
export const startChildBackend = async (t: ExecutionContext, name: string, backlog = 511): Promise<ChildBackend> => {
	const folder = mkdtempSync(join(tmpdir(), 'pmcp-backend-'));
	const notes = join(folder, 'posts');
	const child = spawn(execPath, ['-e', childCode, name, notes, String(backlog)], {stdio: ['ignore', 'pipe', 'inherit']});
	t.teardown(() => {
		child.kill('SIGKILL');
		rmSync(folder, {recursive: true});
	});
	const port = await new Promise<string>(resolve => {
		child.stdout.once('data', (data: Buffer) => {
			resolve(data.toString().trim());
		});
	});
	return {
		name,
		url: new URL(`http://127.0.0.1:${port}`),
		kill(signal) {
			child.kill(signal);
		},
		posts: () => existsSync(notes) ? readFileSync(notes, 'utf8').split('\n').slice(0, -1) : [],
	};
};

/** Stops a child and makes the system's queue for it full: who connects next waits. */
export const fillBacklog = async (t: ExecutionContext, {url, kill}: ChildBackend): Promise<void> => {
	kill('SIGSTOP');
	for (let count = 0; count < 5; count++) {
		const socket = connect({port: Number(url.port), host: '127.0.0.1'}).on('error', () => undefined);
		t.teardown(() => socket.destroy());
	}

	await new Promise(setImmediate);
};
