import test from 'ava';
import {ask, post} from '../helpers/ask.ts';
import {startApi} from '../helpers/api-rig.ts';

const paths = [
	'/api/proxy/status',
	'/api/proxy/state',
	'/api/proxy/targets',
	'/api/proxy/events',
	'/api/proxy/metrics',
	'/api/proxy/schema',
	'/health',
	'/config',
	'/metrics',
	'/ui',
	'/ws',
	'/api/proxy/nothing',
	'/proxied',
];
const upgrade = {connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ=='};

test('L1 refuses every path under a host that is not its own', async t => {
	const {port} = await startApi(t);
	await Promise.all(paths.map(async path => {
		const {status, json} = await ask(port, path, {headers: {host: `evil.test:${port}`}});
		t.is(status, 421, path);
		t.like(json, {code: 'HOST_REFUSED'}, path);
	}));

	const {status} = await ask(port, '/ws', {headers: {host: 'evil.test', ...upgrade}});
	t.is(status, 421);
});

const hosts = (port: number): Record<string, boolean> => ({
	[`localhost:${port}`]: true,
	[`LOCALHOST:${port}`]: true,
	[`127.0.0.1:${port}`]: true,
	[`127.9.9.9:${port}`]: true,
	[`[::1]:${port}`]: true,
	localhost: true,
	[`localhost:${port + 1}`]: false,
	[`localhost.evil.test:${port}`]: false,
	[`evil-localhost:${port}`]: false,
	[`127.0.0.1.evil.test:${port}`]: false,
	[`10.0.0.1:${port}`]: false,
	[`[::2]:${port}`]: false,
});

test('L1 accepts loopback names with its own port, and nothing that resembles them', async t => {
	const {port} = await startApi(t);
	await Promise.all(Object.entries(hosts(port)).map(async ([host, isAccepted]) => {
		const {status} = await ask(port, '/proxied', {headers: {host}});
		t.is(status, isAccepted ? 200 : 421, `"${host}"`);
	}));
});

test('L1 accepts the names the settings add, and any address when it listens on all', async t => {
	const {port} = await startApi(t, {guard: {hosts: ['0.0.0.0'], allowedHosts: ['mcp.example', 'other.example:8443']}});
	const cases: Record<string, number> = {'mcp.example': 200, 'MCP.example:99': 200, 'other.example:8443': 200, 'other.example': 421, [`192.168.1.7:${port}`]: 200, [`rebound.example:${port}`]: 421};
	await Promise.all(Object.entries(cases).map(async ([host, expected]) => {
		const {status} = await ask(port, '/api/proxy/status', {headers: {host}});
		t.is(status, expected, host);
	}));
});

test('L2 refuses the origin of another site, null, and whatever begins like ours', async t => {
	const {port} = await startApi(t);
	const own = `http://localhost:${port}`;
	const bad = ['http://evil.test', 'null', `${own}.evil.test`, `${own}0`, `https://localhost:${port}`, 'http://localhost', 'http://localhost:1', `http://127.0.0.1:${port}`, `${own}/`, `http://a@localhost:${port}`, ''];
	await Promise.all(bad.map(async origin => {
		await Promise.all(paths.map(async path => {
			const {status, json} = await ask(port, path, {headers: {host: `localhost:${port}`, origin}});
			t.is(status, 403, `${origin} ${path}`);
			t.like(json, {code: 'ORIGIN_REFUSED'});
		}));
	}));
});

test('L2 accepts its own origin and those the settings add', async t => {
	const {port} = await startApi(t, {guard: {allowedOrigins: ['https://tools.example', 'null']}});
	const status = async (origin: string): Promise<number> => {
		const answer = await ask(port, '/api/proxy/status', {headers: {host: `localhost:${port}`, origin}});
		return answer.status;
	};

	t.is(await status(`http://localhost:${port}`), 200);
	t.is(await status('https://tools.example'), 200);
	t.is(await status('https://tools.example.evil.test'), 403);
	t.is(await status('null'), 403, 'even when someone adds it');
});

test('L3 refuses what a browser says comes from another site', async t => {
	const {port} = await startApi(t);
	await Promise.all(paths.map(async path => {
		const refused = await ask(port, path, {headers: {'sec-fetch-site': 'cross-site'}});
		t.is(refused.status, 403, path);
	}));

	await Promise.all(['same-origin', 'none', 'same-site'].map(async site => {
		const {status} = await ask(port, '/proxied', {headers: {'sec-fetch-site': site}});
		t.is(status, 200, site);
	}));
});

test('L4 refuses an upgrade from a foreign origin', async t => {
	const {port} = await startApi(t);
	await Promise.all(['/ws', '/mcp', '/anything'].map(async path => {
		const {status} = await ask(port, path, {headers: {...upgrade, origin: 'http://evil.test'}});
		t.is(status, 403, path);
	}));

	const {status} = await ask(port, '/ws', {headers: {...upgrade, host: `localhost:${port}`, origin: `http://localhost:${port}`}});
	t.is(status, 101);
});

test('L5 answers no preflight of another site, and gives nobody leave to read', async t => {
	const {port} = await startApi(t);
	const preflight = await ask(port, '/api/proxy/switch', {
		method: 'OPTIONS',
		headers: {origin: 'http://evil.test', 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type'},
	});
	t.is(preflight.status, 403);
	await Promise.all(paths.map(async path => {
		const {headers} = await ask(port, path);
		t.is(headers['access-control-allow-origin'], undefined, path);
	}));
});

test('L6 takes a switch only as a JSON POST of its own origin', async t => {
	const {port, store} = await startApi(t);
	const body = '{"system":"cline"}';
	const foreign = await post(port, '/api/proxy/switch', body, {origin: 'http://evil.test'});
	const form = await ask(port, '/api/proxy/switch', {method: 'POST', headers: {'content-type': 'text/plain'}, body});
	const none = await ask(port, '/api/proxy/switch', {method: 'POST', body});
	const trick = await ask(port, '/api/proxy/switch', {method: 'POST', headers: {'content-type': 'text/plain; application/json'}, body});
	const get = await ask(port, '/api/proxy/switch?system=cline');
	t.deepEqual([foreign, form, none, trick, get].map(({status}) => status), [403, 415, 415, 415, 405]);
	t.is(get.headers.allow, 'POST');
	t.is(store.getState().active, 'augment');
});

test('repeats nothing raw of a refused host', async t => {
	const {port} = await startApi(t);
	const {text} = await ask(port, '/ui', {headers: {host: 'evil<b>\u009B31m'}});
	t.notRegex(text.trimEnd(), /\p{Cc}/v);
});
