import {Agent} from 'node:http';
import httpProxy from 'http-proxy';
import {serve, target} from './serve.js';

const proxy = httpProxy.createProxyServer({target, agent: new Agent({keepAlive: true})});
proxy.on('error', (_error, _request, response) => {
	response.writeHead(502).end();
});
serve((request, response) => {
	proxy.web(request, response);
});
