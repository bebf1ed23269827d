import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {connect} from 'node:net';
import test from 'ava';
import {createRoutes, type Route} from '../../source/api/routes.ts';
import {ask, post, type Answer} from '../helpers/ask.ts';
import {allUp, startApi, type ApiRig} from '../helpers/api-rig.ts';

/** No control character but the line's end. */
const isClean = ({text}: Answer): boolean => !/\p{Cc}/v.test(text.trimEnd());

const bodies: Record<string, string | Buffer> = {
	nothing: '',
	null: 'null',
	'an array': '[]',
	'a number': '7',
	'a string': '"cline"',
	'not JSON': '{"system":',
	'deep arrays': '['.repeat(30_000),
	'deep closed arrays': `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
	'deep objects': `${'{"system":'.repeat(5000)}1${'}'.repeat(5000)}`,
	__proto__: '{"__proto__":{"system":"cline","force":true}}',
	'a name that every object has': '{"system":"constructor"}',
	'__proto__ as a name': '{"system":"__proto__"}',
	'a number as a name': '{"system":1}',
	'an object as a name': '{"system":{"$ne":1}}',
	'an empty name': '{"system":""}',
	'a path as a name': '{"system":"../../etc/passwd"}',
	'NUL in a name': String.raw`{"system":"cline\u0000"}`,
	'ESC in a name': String.raw`{"system":"\u001b]52;c;aGk=\u0007"}`,
	'C1 in a name': '{"system":"\u009B31m"}',
	'raw ESC': '{"system":"\u001B[31m"}',
	'a long name': JSON.stringify({system: 'x'.repeat(5000)}),
	'bytes that are no UTF-8': Buffer.from([0x7B, 0xFF, 0xFE, 0x7D]),
	'force that is no boolean': '{"system":"cline","force":"yes"}',
	'an epoch that is no number': '{"system":"cline","ifEpoch":"1"}',
};

for (const [name, body] of Object.entries(bodies)) {
	test(`C1 refuses ${name} as a switch and as an action, in clean JSON`, async t => {
		const {port, store} = await startApi(t);
		allUp(store);
		await Promise.all(['/api/proxy/switch', '/api/proxy/actions'].map(async path => {
			const answer = await ask(port, path, {method: 'POST', headers: {'content-type': 'application/json'}, body});
			t.is(answer.status, 400, path);
			t.is(typeof (answer.json as {error: unknown}).error, 'string');
			t.true(isClean(answer));
			t.true(answer.text.length < 1000);
		}));

		t.is(store.getState().active, 'augment');
		t.deepEqual(Object.keys(Object.prototype), []);
		t.false('system' in {});
	});
}

test('C1 refuses an action it does not know, and a field it does not know', async t => {
	const {port, store} = await startApi(t);
	allUp(store);
	const unknown = [
		{type: 'passed', id: 'cline', ms: 1, isPassive: false},
		{type: 'tick'},
		{type: 'switch', id: 'cline', ifEpock: 1},
		{type: 'admin', id: 'cline', admin: 'dead'},
		{type: 'constructor'},
	];
	await Promise.all(unknown.map(async value => {
		const {status} = await post(port, '/api/proxy/actions', value);
		t.is(status, 400, value.type);
	}));

	t.is(store.getState().active, 'augment');
});

test('C1 answers 404 with clean JSON for odd paths, whatever they hold', async t => {
	const {port} = await startApi(t);
	const paths = [
		'/api/proxy/',
		'/api/proxy/%00',
		'/api/proxy/__proto__',
		'/api/proxy/status/',
		'/api/proxy/targets/constructor',
		'/api/proxy/targets/__proto__',
		'/api/proxy/targets/%1b[31m',
		'/api/proxy/targets/%ff',
		'/api/proxy/targets/a%2F..%2Fb',
		'/api/proxy/../../etc/passwd',
	];
	await Promise.all(paths.map(async path => {
		const answer = await ask(port, path);
		t.is(answer.status, 404, path);
		t.true(isClean(answer), path);
	}));
});

test('decides on the path as it was sent: what only resembles an API path is not one', async t => {
	const {port} = await startApi(t);
	const paths = [
		'/mcp/../api/proxy/status',
		'/%61pi/proxy/status',
		'//api/proxy/status',
		'/API/proxy/status',
		'/api/other',
		'/api',
		'/healthz',
		'/health/',
		'/uix',
		'/wss',
		'/x?/api/proxy/status',
	];
	await Promise.all(paths.map(async path => {
		const {json} = await ask(port, path);
		t.deepEqual(json, {proxied: path});
	}));
});

test('C2 refuses a body over 64 KB, declared or not', async t => {
	const {port} = await startApi(t);
	const body = `{"system":"${'x'.repeat(10_000_000)}"}`;
	const declared = await post(port, '/api/proxy/switch', body).catch((error: unknown) => error as Error);
	t.true(declared instanceof Error ? /EPIPE|ECONNRESET/v.test(declared.message) : declared.status === 413);
	const small = `{"system":"${'x'.repeat(70_000)}"}`;
	const chunked = await ask(port, '/api/proxy/actions', {method: 'POST', headers: {'content-type': 'application/json', 'transfer-encoding': 'chunked'}, body: small});
	t.is(chunked.status, 413);
	t.like(chunked.json, {code: 'BODY_TOO_LARGE'});
});

const rowsOf = ({client, feed}: Pick<ApiRig, 'client' | 'feed'>): Route[] => createRoutes({
	client,
	feed,
	getConfig: () => ({}),
	getMetricsText: () => '',
	getMetricsJson: () => ({}),
	getToken: () => undefined,
	getPaths: () => ({health: '', config: ''}),
	version: '',
}, {body: 1, bodyTimeout: 1, feedClients: 1, feedBuffer: 1, heartbeat: 1000}, {openFeed: async () => undefined, showPage: () => undefined});

test('does not wait for ever for a body that does not come', async t => {
	const {port, store} = await startApi(t, {limits: {bodyTimeout: 50}});
	allUp(store);
	const socket = connect(port, '127.0.0.1');
	t.teardown(() => {
		socket.destroy();
	});
	socket.write('POST /api/proxy/switch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n{"system":"cline"');
	const [answer] = await once(socket, 'data') as [Uint8Array];
	t.regex(String(answer), /^HTTP\/1\.1 408 /v);
	t.regex(String(answer), /"code":"BODY_TIMEOUT"/v);
	socket.write('}');
	const {json} = await ask(port, '/api/proxy/status');
	t.like(json, {activeSystem: 'augment'}, 'what was refused is not done later');
});

test('docs/api.md describes the rows of the route table, and no others', async t => {
	const rows = rowsOf(await startApi(t));
	const text = readFileSync('docs/api.md', 'utf8');
	const described = [...text.matchAll(/^\| (?<method>GET|POST) \| `(?<path>[^`]+)` \|/gmv)].map(({groups}) => `${groups?.method} ${groups?.path}`);
	t.deepEqual(described.toSorted(), rows.map(({method, path}) => `${method} ${path}`).toSorted());
});

test('every row of the route table answers, and another method gets 405 with Allow', async t => {
	const rig = await startApi(t);
	const {port, store} = rig;
	allUp(store);
	await Promise.all(rowsOf(rig).map(async ({path, method}) => {
		const real = path.replace('{health}', '/health').replace('{config}', '/config').replace('*', 'cline');
		const right = await ask(port, real, {method});
		t.true([200, 415, 426].includes(right.status), `${method} ${path}: ${right.status}`);
		const wrong = await ask(port, real, {method: 'DELETE'});
		t.is(wrong.status, 405, path);
		t.true(wrong.headers.allow?.includes(method));
	}));
});
