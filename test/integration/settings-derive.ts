import {writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {defaultRules} from '../../source/core/rules.ts';
import {describeChanges} from '../../source/settings/changes.ts';
import {derive} from '../../source/settings/derive.ts';
import {SettingsError} from '../../source/settings/fault.ts';
import {loadSettings} from '../../source/settings/load.ts';
import {redact, redactUrl} from '../../source/settings/redact.ts';
import {testCertificate, testKey} from '../helpers/certificate.ts';
import {load, writeSettings} from '../helpers/settings.ts';

const full = {
	server: {token: 'S3CRET-token-of-the-proxy'},
	proxy: {
		targets: {
			a: {
				url: 'http://me:S3CRET@a.example/base?api_key=S3CRET&mode=x',
				priority: 1,
				healthEndpoint: '/h?token=S3CRET',
				headers: {Authorization: 'Bearer S3CRET'},
				timeouts: {connect: '5s'},
				probe: {method: 'HEAD', status: [204, '3xx'], headers: {'X-Key': 'S3CRET', authorization: 'Bearer S3CRET-probe'}, interval: '500ms'},
			},
			b: {url: 'http://b.example:81/', priority: 2, probe: {kind: 'tcp', timeout: '1s'}},
		},
		probe: {timeout: '3s', fastInterval: '700ms'},
	},
};

test('the defaults give the rules of the core', t => {
	t.deepEqual(derive(load(t, {}).settings).rules, {...defaultRules, defaultTarget: 'augment'});
	t.true(derive(load(t, {}).settings).isAutomatic);
	t.false(derive(load(t, {proxy: {automaticFailover: false}}).settings).isAutomatic);
});

test('what core knows of a target holds no secret', t => {
	const {targets} = derive(load(t, full).settings);
	t.deepEqual(targets, [
		{id: 'a', url: 'http://a.example/base', priority: 1, probe: 'http HEAD /h'},
		{id: 'b', url: 'http://b.example:81', priority: 2, probe: 'tcp connect'},
	]);
});

test('an endpoint has the credentials, and its own timeouts above the common ones', t => {
	const {endpoints} = derive(load(t, full).settings);
	const a = endpoints.get('a');
	t.is(a?.url.href, 'http://me:S3CRET@a.example/base?api_key=S3CRET&mode=x');
	t.deepEqual(a?.headers, {authorization: 'Bearer S3CRET'});
	t.deepEqual(a?.timeouts, {connect: 5000, response: 60_000, idle: 0, upgrade: 10_000, keepAlive: 4000});
	t.is(endpoints.get('b')?.timeouts.connect, 2000);
});

test('a probe plan has every value, the target\'s own above the common ones', t => {
	const {plans} = derive(load(t, full).settings);
	t.deepEqual(plans.get('a'), {
		id: 'a',
		kind: 'http',
		method: 'HEAD',
		path: '/h?token=S3CRET',
		headers: {authorization: 'Bearer S3CRET-probe', 'x-key': 'S3CRET'},
		statuses: [{from: 204, to: 204}, {from: 300, to: 399}],
		timeout: 500,
		interval: 500,
		fastInterval: 500,
		downInterval: 2000,
	});
	t.like(plans.get('b'), {kind: 'tcp', timeout: 1000, interval: 10_000, fastInterval: 700, statuses: [{from: 200, to: 299}]});
});

test('PEM files are read from beside the settings', t => {
	const tls = {ca: './c.pem', cert: 'c.pem', key: '../k.pem', servername: 'mcp.internal'};
	const file = writeSettings(t, {proxy: {targets: {a: {url: 'https://a', tls}, b: {url: 'https://b', tls: {verify: false}}}}});
	const folder = path.dirname(file);
	writeFileSync(path.join(folder, 'c.pem'), testCertificate);
	writeFileSync(path.join(folder, '../k.pem'), testKey);
	const {settings} = loadSettings({path: file, env: {}});
	const {endpoints} = derive(settings);
	t.deepEqual(endpoints.get('a')?.tls, {ca: testCertificate, cert: testCertificate, key: testKey, servername: 'mcp.internal', isVerified: true});
	t.deepEqual(endpoints.get('b')?.tls, {isVerified: false});

	writeFileSync(path.join(folder, 'c.pem'), 'no longer');
	t.throws(() => derive(settings), {instanceOf: SettingsError, message: /proxy\.targets\.a\.tls\.ca {2}can not be used/v});
});

test('redacted settings keep every key and no secret', t => {
	const {settings} = load(t, full);
	const shown = redact(settings);
	t.false(JSON.stringify(shown).includes('S3CRET'));
	t.like(shown, {
		server: {port: 4000, host: 'localhost', token: '‹redacted›'},
		proxy: {
			targets: {
				a: {url: 'http://‹redacted›@a.example/base?api_key=‹redacted›&mode=x', priority: 1, headers: {authorization: '‹redacted›'}, probe: {headers: {'x-key': '‹redacted›'}}},
				b: {url: 'http://b.example:81/', priority: 2},
			},
			standardEndpoints: {health: '/health', config: '/config'},
		},
	});
	t.true(JSON.stringify(settings).includes('S3CRET'), 'the settings themselves are left as they were');
});

const urls: ReadonlyArray<[url: string, shown: string]> = [
	['http://localhost:3000', 'http://localhost:3000'],
	['http://user@host/', 'http://‹redacted›@host/'],
	['https://u:p%40@host/a@b', 'https://‹redacted›@host/a@b'],
	['https://u:p@q@host/', 'https://‹redacted›@host/'],
	['/p?a=1&Access_Token=x&b', '/p?a=1&Access_Token=‹redacted›&b'],
	['/p?%74oken=x', '/p?%74oken=‹redacted›'],
	['/p?%zz=x&password=x?y', '/p?%zz=x&password=‹redacted›'],
];

for (const [url, shown] of urls) {
	test(`shows ${url} as ${shown}`, t => {
		t.is(redactUrl(url), shown);
	});
}

test('changes are told a line each, without secrets', t => {
	const targets = {a: {url: 'http://a', headers: {authorization: 'S3CRET1'}}, b: {url: 'http://b'}};
	const before = load(t, {lockFile: '/l', logging: {directory: '/d'}, proxy: {targets}}).settings;
	const after = load(t, {
		lockFile: '/l',
		logging: {directory: '/d', level: 'warn'},
		server: {token: 'S3CRET-of-sixteen-letters'},
		proxy: {failoverThreshold: 5, targets: {a: {url: 'http://u:S3CRET@a', headers: {authorization: 'S3CRET2'}, probe: {kind: 'tcp'}}, c: {url: 'http://x:S3CRET@c'}}},
	}).settings;
	const changes = describeChanges(before, after);
	t.deepEqual(changes.toSorted(), [
		'logging.level "info" → "warn"',
		'proxy.failoverThreshold 3 → 5',
		'proxy.targets.a.headers.authorization changed',
		'proxy.targets.a.probe.kind unset → "tcp"',
		'proxy.targets.a.url "http://a" → "http://‹redacted›@a"',
		'proxy.targets.b removed',
		'proxy.targets.c added ("http://‹redacted›@c")',
		'server.token unset → "‹redacted›"',
	]);
	t.deepEqual(describeChanges(before, before), []);
});
