/* The http-proxy package of this project (http-proxy-3) by itself, with kept connections to its target: what one would write instead. */
import {Agent, createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import process from 'node:process';
import {createProxyServer} from 'http-proxy';

const [target = ''] = process.argv.slice(2);
const proxy = createProxyServer({target, agent: new Agent({keepAlive: true})});
proxy.on('error', (_error, _request, response) => {
	response.end();
});
const server = createServer((request, response) => {
	proxy.web(request, response);
});
server.listen(0, '127.0.0.1', () => {
	process.send?.({port: (server.address() as AddressInfo).port});
});
process.on('disconnect', () => {
	process.exit();
});
