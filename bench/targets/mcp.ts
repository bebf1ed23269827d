/*
An MCP server as fast as can be (protocol versions with sessions, Streamable HTTP at any path, over sockets; or with `stdio`
lines on stdin and stdout): one tool, whose answer is 200 bytes. It answers in event streams as the SDK's servers do, with
`json` in JSON; `deaf` has no stream for what it says unasked. Says its port to the parent.
*/
import {randomUUID} from 'node:crypto';
import {createServer, type AddressInfo} from 'node:net';
import process from 'node:process';
import {createInterface} from 'node:readline';
import {createReader} from '../load/message.ts';

type Call = Readonly<{id?: number | string; method: string; params?: Readonly<{protocolVersion?: string}>}>;

const [mode = ''] = process.argv.slice(2);
const tools = [{name: 'echo', description: 'Answers with 200 bytes.', inputSchema: {type: 'object'}}];
const content = [{type: 'text', text: 'x'.repeat(200)}];

const resultOf = ({method, params}: Call): unknown => {
	if (method === 'initialize') {
		return {protocolVersion: params?.protocolVersion ?? '2025-06-18', capabilities: {tools: {}}, serverInfo: {name: 'bench', version: '1.0.0'}};
	}

	if (method === 'tools/call') {
		return {content};
	}

	return method === 'tools/list' ? {tools} : {};
};

const answer = (call: Call): string => JSON.stringify({jsonrpc: '2.0', id: call.id, result: resultOf(call)});

const framed = (text: string, fields: string): string => {
	if (mode === 'json') {
		return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${fields}Content-Length: ${text.length}\r\n\r\n${text}`;
	}

	const event = `event: message\ndata: ${text}\n\n`;
	return `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n${fields}Transfer-Encoding: chunked\r\n\r\n${event.length.toString(16)}\r\n${event}\r\n0\r\n\r\n`;
};

const reply = (head: string, body: Buffer): string => {
	if (mode === 'deaf' && head.startsWith('GET /mcp')) {
		return 'HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n';
	}

	if (head.startsWith('GET /mcp')) {
		return 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
	}

	if (!head.startsWith('POST ')) {
		return 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
	}

	const call = JSON.parse(body.toString()) as Call;
	if (call.id === undefined) {
		return 'HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n';
	}

	return framed(answer(call), call.method === 'initialize' ? `Mcp-Session-Id: ${randomUUID()}\r\n` : '');
};

const serveHttp = (): void => {
	const server = createServer({noDelay: true}, socket => {
		socket.on('data', createReader(({head, body}) => {
			socket.write(reply(head, body), 'latin1');
		}));
		socket.on('error', () => {
			socket.destroy();
		});
	});
	server.listen({port: 0, host: '127.0.0.1', backlog: 4096}, () => {
		process.send?.({port: (server.address() as AddressInfo).port});
	});
	process.on('disconnect', () => {
		process.exit();
	});
};

const serveLines = (): void => {
	createInterface({input: process.stdin}).on('line', line => {
		const call = JSON.parse(line) as Call;
		if (call.id !== undefined) {
			process.stdout.write(`${answer(call)}\n`);
		}
	});
};

if (mode === 'stdio') {
	serveLines();
} else {
	serveHttp();
}
