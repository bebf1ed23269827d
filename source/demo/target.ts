import http from 'node:http';
import type {AddressInfo} from 'node:net';
import process from 'node:process';
import {StreamableHTTPServerTransport} from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type {Transport} from '@modelcontextprotocol/sdk/shared/transport.js';
import {createSampleServer, describeSelf} from './server.ts';

/*
The program of one sample target, a process of its own so that it can be killed: `target.js NAME PORT` (0: any free one).
It tells its parent the port, and ends when the parent is gone, however that ended.
*/
const [name = 'sample', port = '0'] = process.argv.slice(2);

const sendJson = (response: http.ServerResponse, status: number, value: unknown, headers: http.OutgoingHttpHeaders = {}): void => {
	response.writeHead(status, {'content-type': 'application/json', ...headers});
	response.end(`${JSON.stringify(value)}\n`);
};

/** One MCP request. Without sessions there is nothing to GET or DELETE. */
const answerMcp = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
	if (request.method !== 'POST') {
		sendJson(response, 405, {jsonrpc: '2.0', error: {code: -32_000, message: 'Method not allowed.'}, id: null}, {allow: 'POST'});
		return;
	}

	const server = createSampleServer(name);
	const transport = new StreamableHTTPServerTransport();
	response.on('close', () => {
		void server.close();
	});
	await server.connect(transport);
	await transport.handleRequest(request, response);
};

const server = http.createServer((request, response) => {
	const {pathname} = new URL(request.url ?? '/', 'http://target');
	switch (pathname) {
		case '/mcp': {
			answerMcp(request, response).catch(() => {
				response.destroy();
			});

			break;
		}

		case '/health': {
			sendJson(response, 200, {status: 'ok', ...describeSelf(name)});

			break;
		}

		case '/':
		case '/whoami': {
			sendJson(response, 200, describeSelf(name));

			break;
		}

		default: {
			sendJson(response, 404, {error: `The sample target ${name} has no ${pathname}.`});
		}
	}
});

process.on('disconnect', () => {
	process.exit();
});
// Ctrl-C in the terminal reaches the whole group; the parent decides when to end.
process.on('SIGINT', () => undefined);

server.listen(Number(port), '127.0.0.1', () => {
	process.send?.({port: (server.address() as AddressInfo).port}); // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- a TCP server has no other address
});
