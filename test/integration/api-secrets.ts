import {once} from 'node:events';
import test from 'ava';
import WebSocket from 'ws';
import {ask, post} from '../helpers/ask.ts';
import {startBackend} from '../helpers/backend.ts';
import {startRig} from '../helpers/rig.ts';
import {until} from '../helpers/until.ts';

const paths = ['/api/proxy/status', '/api/proxy/state', '/api/proxy/targets', '/api/proxy/targets/first', '/api/proxy/events', '/api/proxy/metrics', '/health', '/config', '/metrics', '/ui'];

test('C3 shows the secrets of the settings on no surface, whatever goes wrong', async t => {
	const backend = await startBackend(t, 'first');
	const {url, client} = await startRig(t, {
		first: {
			url: `http://user:PROBE-SECRET-PASSWORD@127.0.0.1:${backend.port}/base?key=PROBE-SECRET-QUERY`,
			headers: {authorization: 'Bearer PROBE-SECRET-HEADER', 'x-api-key': 'PROBE-SECRET-KEY'},
			probe: {headers: {'x-probe': 'PROBE-SECRET-PROBE'}},
		},
	}, {server: {token: 'PROBE-SECRET-TOKEN'}});
	const port = Number(new URL(url).port);
	await until('it is up', () => client.getState().targets.first?.health.status === 'up');
	t.true(backend.seen.some(({headers}) => headers['x-probe'] === 'PROBE-SECRET-PROBE'), 'the secrets are in use');
	await backend.crash();
	await ask(port, '/proxied?token=PROBE-SECRET-REQUEST');
	await until('it is down', () => client.getState().targets.first?.health.status === 'down');
	await post(port, '/api/proxy/switch', {system: 'first'});

	const answers = await Promise.all(paths.map(async path => ask(port, path)));
	for (const [index, {status, text}] of answers.entries()) {
		t.true(status === 200 || status === 503, paths[index]);
		t.notRegex(text, /PROBE-SECRET/v, paths[index]);
	}

	const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
	t.teardown(() => {
		socket.terminate();
	});
	const [snapshot] = await once(socket, 'message') as [Uint8Array];
	t.notRegex(String(snapshot), /PROBE-SECRET/v);
	t.regex(String(snapshot), /"target\.down"/v);
});
