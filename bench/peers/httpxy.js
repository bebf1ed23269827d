import {Agent} from 'node:http';
import {createProxyServer} from 'httpxy';
import {serve, target} from './serve.js';

const proxy = createProxyServer({target, agent: new Agent({keepAlive: true})});
serve(async (request, response) => {
	try {
		await proxy.web(request, response);
	} catch {
		response.destroy();
	}
});
