import httpProxy from '@fastify/http-proxy';
import fastify from 'fastify';
import {target, tell} from './serve.js';

const server = fastify();
await server.register(httpProxy, {upstream: target, undici: {connections: 2048, pipelining: 1}});
await server.listen({host: '127.0.0.1', port: 0});
tell(server.server.address().port);
