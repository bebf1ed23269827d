import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {SettingsError} from '../../source/settings/fault.ts';
import {findSettings} from '../../source/settings/find.ts';
import {loadSettings} from '../../source/settings/load.ts';
import {temporaryFolder} from '../helpers/folder.ts';
import {load, variable, writeSettings} from '../helpers/settings.ts';

const contract = {
	server: {port: 4000, host: 'localhost'},
	proxy: {
		defaultTarget: 'augment',
		targets: {
			augment: {url: 'http://localhost:3000', priority: 1, healthEndpoint: '/health'},
			cline: {url: 'http://localhost:5000', priority: 2, healthEndpoint: '/health'},
		},
		standardEndpoints: {health: '/health', config: '/config'},
		failoverThreshold: 3,
		healthCheckInterval: 10_000,
	},
	logging: {level: 'info', format: 'combined', directory: '../logs'},
	lockFile: '../config/active_system.lock',
};

test('reads the file older versions use, every key with its meaning', t => {
	const file = writeSettings(t, contract);
	const {settings} = loadSettings({path: file, env: {}});
	const root = path.dirname(path.dirname(file));
	t.like(settings, {
		...contract,
		logging: {...contract.logging, directory: path.join(root, 'logs')},
		lockFile: path.join(root, 'config', 'active_system.lock'),
	});
});

test('an empty file means the same as the file older versions use', t => {
	const [empty, full] = [writeSettings(t, {}), writeSettings(t, contract)];
	const relative = (file: string) => JSON.stringify(loadSettings({path: file, env: {}}).settings).replaceAll(path.dirname(path.dirname(file)), '');
	t.is(relative(empty), relative(full));
});

test('the committed default file is the one older versions use', t => {
	const {settings} = loadSettings({path: 'config/default.json', env: {}});
	t.like(settings, {server: contract.server, proxy: contract.proxy, lockFile: path.resolve('config/active_system.lock')});
});

test('without a file, logs and lock file are in the state folder', t => {
	const at = (env: Record<string, string>) => {
		const {settings, file} = loadSettings({env});
		return [file, settings.logging.directory, settings.lockFile];
	};

	t.deepEqual(at({XDG_STATE_HOME: '/state', HOME: '/home/me'}), [undefined, '/state/proxy-mcp/logs', '/state/proxy-mcp/active_system.lock']);
	t.deepEqual(at({XDG_STATE_HOME: 'relative', HOME: '/home/me'}), [undefined, '/home/me/.local/state/proxy-mcp/logs', '/home/me/.local/state/proxy-mcp/active_system.lock']);
});

test('puts nothing beside the user\'s own file unless it is told to', t => {
	const home = temporaryFolder(t);
	const file = path.join(home, '.config/proxy-mcp/config.json');
	mkdirSync(path.dirname(file), {recursive: true});
	writeFileSync(file, '{"lockFile": "./my.lock"}');
	const {settings} = loadSettings({path: file, env: {HOME: home}});
	t.is(settings.logging.directory, path.join(home, '.local/state/proxy-mcp/logs'));
	t.is(settings.lockFile, path.join(home, '.config/proxy-mcp/my.lock'));
});

test('takes the first file that exists, in the documented order', t => {
	const cwd = temporaryFolder(t);
	const home = temporaryFolder(t);
	const env = {HOME: home, PROXY_MCP_CONFIG: ''};
	const own = path.join(home, '.config/proxy-mcp/config.json');
	const local = path.join(cwd, 'config/default.json');
	t.is(findSettings({env, cwd}), undefined);
	for (const file of [own, local]) {
		mkdirSync(path.dirname(file), {recursive: true});
		writeFileSync(file, '{}');
		t.is(findSettings({env, cwd}), file);
	}

	t.is(findSettings({env: {...env, PROXY_MCP_CONFIG: 'named.json'}, cwd}), path.join(cwd, 'named.json'));
	t.is(findSettings({env: {...env, PROXY_MCP_CONFIG: 'named.json'}, config: 'asked.json', cwd}), path.join(cwd, 'asked.json'));
	t.is(findSettings({env: {HOME: home, XDG_CONFIG_HOME: temporaryFolder(t)}, cwd: home}), undefined);
});

test('flags stand above variables, those above the file, that above the defaults; each value says where it is from', t => {
	const content = {server: {port: 1, host: '127.0.0.1'}, logging: {level: 'warn'}};
	const {settings, origins} = load(t, content, {env: {PMCP_PORT: '2', PMCP_LOG_LEVEL: 'debug', PMCP_HOST: ''}, overrides: {port: '3', token: 'a-token-of-enough-letters'}});
	t.like(settings, {server: {port: 3, host: '127.0.0.1', token: 'a-token-of-enough-letters'}, logging: {level: 'debug'}});
	t.like(origins, {
		'server.port': 'flag --port',
		'server.token': 'flag --token',
		'logging.level': 'env PMCP_LOG_LEVEL',
		'server.host': 'file',
		'proxy.policy': 'default',
		'proxy.targets.augment.url': 'default',
	});
});

test('a variable named in a text is replaced from the environment, in numbers too', t => {
	const content = {server: {port: variable('PORT')}, proxy: {targets: {a: {url: `http://${variable('HOST')}:${variable('PORT')}`, headers: {Authorization: `Bearer ${variable('TOKEN')}`}, probe: {status: [variable('STATUS')]}}}}};
	const {settings} = load(t, content, {env: {PORT: '81', HOST: 'example.org', TOKEN: variable('PORT'), STATUS: '204'}});
	t.is(settings.server.port, 81);
	t.like(settings.proxy.targets.a, {url: 'http://example.org:81', headers: {authorization: `Bearer ${variable('PORT')}`}, probe: {status: ['204']}});
});

test('times and sizes may be texts', t => {
	const {settings} = load(t, {
		server: {limits: {headBytes: '16KB', body: '2 MB', drain: 500}},
		proxy: {healthCheckInterval: '1.5s', failback: {delay: '1m', maxDelay: '2h'}, holdDown: '250ms', timeouts: {response: '1d'}},
		logging: {maxBytes: '1GB'},
	});
	t.like(settings, {
		server: {limits: {headBytes: 16_384, body: 2_097_152, drain: 500}},
		proxy: {healthCheckInterval: 1500, failback: {delay: 60_000, maxDelay: 7_200_000}, holdDown: 250, timeouts: {response: 86_400_000}},
		logging: {maxBytes: 1_073_741_824},
	});
});

test('probe times that are left out are never longer than the interval', t => {
	const {settings} = load(t, {proxy: {healthCheckInterval: 300, probe: {downInterval: '1m'}}});
	t.deepEqual(settings.proxy.probe, {timeout: 300, fastInterval: 300, downInterval: 60_000});
});

test('the most preferred target is the default when none is named', t => {
	const targets = {a: {url: 'http://a', priority: 5}, b: {url: 'http://b', priority: 2}, c: {url: 'http://c', priority: 2}};
	t.is(load(t, {proxy: {targets}}).settings.proxy.defaultTarget, 'b');
	t.is(load(t, {proxy: {targets: {}}}).settings.proxy.defaultTarget, undefined);
	t.is(load(t, {proxy: {targets: {a: {url: 'http://a'}, b: {url: 'http://b'}}}}).settings.proxy.defaultTarget, 'a');
});

test('target names may be of any script', t => {
	const targets = {Größe: {url: 'http://a'}, '模型.1_x-y': {url: 'http://b'}, 9: {url: 'http://c'}};
	t.deepEqual(Object.keys(load(t, {proxy: {targets}}).settings.proxy.targets).toSorted(), Object.keys(targets).toSorted());
});

test('loopback addresses need no token, others take one', t => {
	for (const host of ['localhost', '127.0.0.1', '127.8.8.8', '::1', '[::1]', 'LOCALHOST']) {
		t.is(load(t, {server: {host}}).settings.server.host, host);
	}

	t.is(load(t, {server: {host: '0.0.0.0', token: '0123456789abcdef'}}).settings.server.host, '0.0.0.0');
});

test('what is loaded can be sent to a thread', t => {
	const loaded = load(t, contract);
	t.deepEqual(structuredClone(loaded), loaded);
});

test('a file that can not be read is one fault, never a stack trace', t => {
	const folder = temporaryFolder(t);
	const large = path.join(folder, 'large.json');
	writeFileSync(large, ' '.repeat(1_100_000));
	for (const [file, reason] of [[path.join(folder, 'gone.json'), 'does not exist'], [folder, 'is a folder'], [large, 'is larger than 1024 KB: no settings file']] as const) {
		const error = t.throws(() => loadSettings({path: file, env: {}}), {instanceOf: SettingsError, code: 'SETTINGS_INVALID'});
		t.is(error?.message, `${file}  ${reason}`);
		t.is(error?.exit, 3);
	}
});
