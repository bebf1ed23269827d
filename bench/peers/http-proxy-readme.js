// Without an agent, as its README shows it: a new connection to the target for each request.
import httpProxy from 'http-proxy';
import {serve, target} from './serve.js';

const proxy = httpProxy.createProxyServer({});
proxy.on('error', (_error, _request, response) => {
	response.writeHead(502).end();
});
serve((request, response) => {
	proxy.web(request, response, {target});
});
