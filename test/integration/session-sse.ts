import test from 'ava';
import {Client} from '@modelcontextprotocol/sdk/client/index.js';
import {SSEClientTransport} from '@modelcontextprotocol/sdk/client/sse.js';
import {ask} from '../helpers/ask.ts';
import {startMcpTarget} from '../helpers/mcp-target.ts';
import {startRig} from '../helpers/rig.ts';
import {until} from '../helpers/until.ts';

test('a client of the older transport outlives its target, and its session ends with its stream', async t => {
	const a = await startMcpTarget(t, 'a');
	const b = await startMcpTarget(t, 'b');
	const rig = await startRig(t, {a: {url: a.url, probe: {kind: 'mcp'}}, b: {url: b.url, probe: {kind: 'mcp'}}});
	const client = new Client({name: 'older', version: '1'});
	const errors: string[] = [];
	client.onerror = error => { // eslint-disable-line unicorn/prefer-add-event-listener -- the client has no other way
		errors.push(error.message);
	};

	await client.connect(new SSEClientTransport(new URL(`${rig.url}/sse`))); // eslint-disable-line @typescript-eslint/no-deprecated -- as older clients still do
	const call = async (): Promise<string> => {
		const {content} = await client.callTool({name: 'write', arguments: {text: 'x'}});
		return JSON.stringify(content);
	};

	t.regex(await call(), /a wrote/v);
	await a.signal('SIGKILL');
	t.regex(await call(), /b wrote/v);
	t.deepEqual(errors, []);
	await until('it is told of', () => Object.keys(rig.client.getState().sessions).length === 1);
	await client.close();
	await until('the session is gone', () => Object.keys(rig.client.getState().sessions).length === 0);
	await until('it is gone at the target too', async () => {
		const {sessions} = await b.control('state');
		return sessions.every(({level}) => level === undefined) && sessions.length <= 1; // The probe's own may stay.
	});
});

test('who looks for OAuth is told that there is none, whatever the target would say', async t => {
	const a = await startMcpTarget(t, 'a');
	const rig = await startRig(t, {a: a.url});
	const paths = ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-authorization-server', '/targets/a/.well-known/oauth-protected-resource'];
	for (const path of paths) {
		const {status, text} = await ask(Number(new URL(rig.url).port), path); // eslint-disable-line no-await-in-loop -- one after the other
		t.is(status, 404, path);
		t.regex(text, /asks for no OAuth/v);
	}
});
