import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {Client} from '@modelcontextprotocol/sdk/client/index.js';
import {StreamableHTTPClientTransport} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type {Transport} from '@modelcontextprotocol/sdk/shared/transport.js';

/*
The program that makes the demo's traffic: `traffic.js URL PAUSE`. A real MCP client that calls a tool through the proxy
every PAUSE milliseconds, and connects again after an error. It ends when its parent is gone.
*/
const [url = '', pause = '400'] = process.argv.slice(2);

const isConnected = (): boolean => process.connected;

const calls = [
	{name: 'whoami', arguments: {}},
	{name: 'add', arguments: {a: 19, b: 23}},
	{name: 'count_words', arguments: {text: 'the quick brown fox jumps over the lazy dog'}},
];

const talk = async (): Promise<void> => {
	const client = new Client({name: 'demo traffic', version: '1.0.0'});
	try {
		await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url)));
		for (let turn = 0; isConnected(); turn++) {
			await client.callTool(calls[turn % calls.length] ?? {name: 'whoami'}); // eslint-disable-line no-await-in-loop -- one after the other is the point
			await delay(Number(pause)); // eslint-disable-line no-await-in-loop
		}
	} finally {
		await client.close();
	}
};

process.on('disconnect', () => {
	process.exit();
});
process.on('SIGINT', () => undefined);

while (isConnected()) {
	try {
		await talk(); // eslint-disable-line no-await-in-loop
	} catch {
		await delay(1000); // eslint-disable-line no-await-in-loop -- A failed call is what the demo is there to show.
	}
}
