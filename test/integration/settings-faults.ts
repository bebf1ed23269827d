import {writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {loadSettings} from '../../source/settings/load.ts';
import {SettingsError} from '../../source/settings/fault.ts';
import {testCertificate} from '../helpers/certificate.ts';
import {faultsOf, variable, writeSettings} from '../helpers/settings.ts';

const target = (rest: Record<string, unknown>, url = 'http://a') => ({proxy: {targets: {a: {url, ...rest}}}});

const cases: ReadonlyArray<[content: unknown, fault: RegExp]> = [
	[{server: {port: 70_000}}, /FILE line 3 {2}server\.port {2}70000 is not a port, 0 to 65535$/v],
	[{server: {port: 80.5}}, /server\.port {2}80\.5 is not a port/v],
	[{server: {port: '80x'}}, /server\.port {2}"80x" is not a port/v],
	[{server: {host: '0.0.0.0'}}, /FILE line 3 {2}server\.host {2}"0\.0\.0\.0" is open to other machines: set "server\.token", or use "localhost"$/v],
	[{server: {host: '::'}}, /open to other machines/v],
	[{server: {host: 'localhost.example.org'}}, /open to other machines/v],
	[{server: {hots: 'x'}}, /server\.hots {2}is not a known key; did you mean "host"\?$/v],
	[{healthCheckInterval: 5}, /healthCheckInterval {2}is not a known key here; did you mean "proxy\.healthCheckInterval"\?$/v],
	[{servername: 5}, /did you mean "proxy\.targets\.NAME\.tls\.servername"\?$/v],
	[{server: {workers: 0}}, /server\.workers {2}0 is not a number of workers, 1 to 64, or "auto"$/v],
	[{server: {workers: 'many'}}, /server\.workers {2}"many" is not a number of workers, 1 to 64, or "auto"$/v],
	[{server: {tls: {cert: 'c.pem'}}}, /server\.tls\.key {2}is missing; it needs a path$/v],
	[{server: {tls: {cert: 'gone.pem', key: 'gone.pem'}}}, /FILE line 4 {2}server\.tls\.cert {2}can not be read: ENOENT/v],
	[{server: {port: 4443, tls: {cert: 'c.pem', key: 'c.pem'}}}, /server\.tls\.port {2}4443 is "server\.port" too; TLS needs a port of its own$/v],
	[{server: {tls: {host: '0.0.0.0', cert: 'c.pem', key: 'c.pem'}}}, /server\.tls\.host {2}"0\.0\.0\.0" is open to other machines: set "server\.token", or use "localhost"$/v],
	[{server: {zzzzzzzz: 5}}, /is not a known key; known: port, host, workers, token, allowedHosts, allowedOrigins, tls, limits$/v],
	[{server: null}, /FILE line 2 {2}server {2}null is not an object$/v],
	[{server: {allowedHosts: 'x'}}, /server\.allowedHosts {2}"x" is not a list of host names$/v],
	[{server: {allowedHosts: [1]}}, /server\.allowedHosts\[0\] {2}1 is not a host name$/v],
	[{server: {limits: {headTimeout: '3 parsecs'}}}, /"3 parsecs" is not a time from 100 ms to 24 days, such as 2000 or "2s"$/v],
	[{server: {limits: {headBytes: '32 hats'}}}, /is not a size of at least 1024 bytes, such as 32768 or "32KB"$/v],
	[{proxy: {holdDown: '25d'}}, /is not a time from 0 ms to 24 days/v],
	[{proxy: {defaultTarget: 'agment'}}, /proxy\.defaultTarget {2}"agment" is not a target; did you mean "augment"\?$/v],
	[{proxy: {defaultTarget: 'x', targets: {}}}, /"x" is not a target; known: none$/v],
	[{proxy: {defaultTarget: 'constructor'}}, /"constructor" is not a target; known: augment, cline$/v],
	[{proxy: {policy: 'random'}}, /proxy\.policy {2}"random" is not "priority" or "latency" or "next"$/v],
	[{proxy: {automaticFailover: 'yes'}}, /"yes" is not true or false$/v],
	[{proxy: {probe: {timeout: '11s'}}}, /proxy\.probe\.timeout {2}11000 ms is longer than "healthCheckInterval" \(10000 ms\)$/v],
	[{proxy: {failback: {delay: '1m', maxDelay: '30s'}}}, /proxy\.failback\.maxDelay {2}30000 ms is shorter than "delay" \(60000 ms\)$/v],
	[{proxy: {standardEndpoints: {health: 'health'}}}, /"health" is not a path that begins with "\/"/v],
	[{proxy: {standardEndpoints: {health: '/ui2'}}}, /"\/ui2" is within \/ui, which the proxy uses itself$/v],
	[{proxy: {standardEndpoints: {config: '/api/proxy/x'}}}, /"\/api\/proxy\/x" is within \/api\/proxy/v],
	[{proxy: {standardEndpoints: {config: '/c?x'}}}, /"\/c\?‹redacted›" is not|can not hold/v],
	[{proxy: {standardEndpoints: {config: '/health'}}}, /standardEndpoints\.config {2}is the same path as "health"$/v],
	[{proxy: {targets: {a: {}}}}, /FILE line 4 {2}proxy\.targets\.a {2}needs "url" or "command"$/v],
	...['169.254.169.254', '0xA9FEA9FE', '[::ffff:169.254.169.254]', '[fe80::1]', '[fd00:ec2::254]'].map((host): [unknown, RegExp] => [target({}, `http://${host}/`), /a\.url {2}is a link-local address, .*"allowLinkLocal"/v]),
	[{proxy: {targets: {a: {url: 'http://localhost:1', command: ['x']}}}}, /proxy\.targets\.a {2}has both "url" and "command"; keep one$/v],
	[{proxy: {targets: {a: 'http://a'}}}, /proxy\.targets\.a {2}"http:\/\/a" is not an object$/v],
	[{proxy: {targets: {'a b': {url: 'http://a'}}}}, /proxy\.targets\["a b"\] {2}"a b" is not a target name: 1 to 64 letters/v],
	[{proxy: {targets: {constructor: {url: 'http://a'}}}}, /proxy\.targets\.constructor {2}"constructor" is not a target name/v],
	['{"proxy": {"targets": {"__proto__": {"url": "http://a"}}}}', /line 1 column 24 {2}proxy\.targets\.__proto__ {2}is not accepted as a name$/v],
	[target({}, 'htps://a'), /proxy\.targets\.a\.url {2}"htps:\/\/a" is not an http or https address, such as "http:\/\/localhost:3000"$/v],
	[target({}, 'http:a'), /is not an http or https address/v],
	[target({}, 'http://a#x'), /is not an http or https address/v],
	[target({}, 'http://127.0.0.1:4000/x'), /proxy\.targets\.a\.url {2}is the address of the proxy itself \(port 4000\)$/v],
	[target({priority: -1}), /-1 is not a whole number, 0 or more$/v],
	[target({probe: {kind: 'tcp', path: '/x'}}), /probe\.path {2}belongs to the probe kind "http"; this one is "tcp"$/v],
	[target({probe: {status: [200, '6xx']}}), /probe\.status\[1\] {2}"6xx" is not a status \(100 to 599\) or a class such as "2xx"$/v],
	[target({probe: {status: []}}), /probe\.status {2}a list is not a status, a class such as "2xx", or a list of them$/v],
	[target({probe: {interval: '1s', timeout: '2s'}}), /probe\.timeout {2}2000 ms is longer than the interval \(1000 ms\)$/v],
	[target({timeouts: {conect: 1}}), /timeouts\.conect {2}is not a known key; did you mean "connect"\?$/v],
	[target({headers: {'Content-Length': '1'}}), /headers\.Content-Length {2}"Content-Length" is not a header field name that may be set/v],
	[target({headers: {'a b': '1'}}), /is not a header field name/v],
	[target({tls: {verify: false}}), /tls\.verify {2}is for https targets; this one is http$/v],
	[target({tls: {ca: 'gone.pem'}}, 'https://a'), /tls\.ca {2}can not be read: ENOENT/v],
	[target({tls: {ca: 'default.json'}}, 'https://a'), /tls\.ca {2}can not be used: /v],
	['{"a": 1,\n "server": {"port": 1, "port": 2}}', /FILE line 2 column 24 {2}server\.port {2}is written twice$/v],
	[{lockFile: variable('NOT_SET')}, /lockFile {2}needs the environment variable NOT_SET, which is not set$/v],
	['[]', /FILE line 1 {2}a list is not an object$/v],
	['', /FILE line 1 column 1 {2}not JSON: expected a value, found the end of the file$/v],
	['{\n  "server": {},\n}', /FILE line 2 column 16 {2}not JSON: a comma before "\}"$|line 3 column 1 {2}not JSON: a comma before/v],
	['{"a": x}', /FILE line 1 column 7 {2}not JSON: expected a value, found "x"$/v],
	['// hello\n{}', /not JSON: expected a value, found a comment, which JSON does not have$/v],
	['{\'a\': 1}', /not JSON: expected a key in double quotes, found a single quote/v],
	['{"a" 1}', /not JSON: expected ":", found "1"$/v],
	['{"a": 1 "b": 2}', /not JSON: expected "," or "\}", found "\\""$/v],
	['{"a": "b\n"}', /column 7 {2}not JSON: a string that does not end, or holds a line break/v],
	['{} {}', /column 4 {2}not JSON: expected nothing after the end, found "\{"$/v],
	['['.repeat(100_000), /not JSON: nested deeper than 64 levels$/v],
];

for (const [content, fault] of cases) {
	const shown = (typeof content === 'string' ? content : JSON.stringify(content)).slice(0, 70);
	test(`says what is wrong with ${shown}`, t => {
		const faults = faultsOf(t, content);
		t.true(faults.some(line => fault.test(line)), faults.join('\n'));
		t.true(faults.every(line => !line.includes('\n')));
	});
}

test('tells every fault at once, in the order of the file', t => {
	const faults = faultsOf(t, {server: {port: 'x', host: 1}, logging: {level: 'loud'}, lockFle: ''});
	t.deepEqual(faults.map(line => /^FILE line (\d+) {2}(\S+)/v.exec(line)?.slice(1)), [['3', 'server.port'], ['4', 'server.host'], ['7', 'logging.level'], ['9', 'lockFle']]);
});

test('a variable that is not set is one fault, whatever else its text is not', t => {
	const faults = faultsOf(t, target({}, variable('NOT_SET')));
	t.is(faults.length, 1, faults.join('\n'));
	t.regex(faults[0] ?? '', /targets\.a\.url {2}needs the environment variable NOT_SET, which is not set$/v);
});

test('names the flag or variable a wrong value came from', t => {
	t.deepEqual(faultsOf(t, {}, {overrides: {port: 'x'}}), ['--port  server.port  "x" is not a port, 0 to 65535']);
	t.deepEqual(faultsOf(t, {}, {env: {PMCP_HOST: '10.0.0.1'}}), ['PMCP_HOST  server.host  "10.0.0.1" is open to other machines: set "server.token", or use "localhost"']);
	const error = t.throws(() => loadSettings({env: {HOME: '/h'}, overrides: {host: '10.0.0.1', logLevel: 'loud'}}), {instanceOf: SettingsError});
	t.is(error?.faults[0]?.file, '--log-level');
});

test('a client certificate needs its key', t => {
	const file = writeSettings(t, target({tls: {cert: './c.pem'}}, 'https://a'));
	writeFileSync(path.join(path.dirname(file), 'c.pem'), testCertificate);
	t.throws(() => loadSettings({path: file, env: {}}), {message: /tls\.key {2}is missing; certificate and key go together$/v});
});

test('no secret gets into a fault', t => {
	const secret = 'S3CRET';
	const contents = [
		target({}, `htps://me:${secret}@a`),
		target({}, `htps://me:x/${secret}@a`),
		target({}, `htps://a?token=${secret}`),
		target({headers: secret}),
		target({headers: {Authorization: `${secret}\r\nX: y`}}),
		target({headers: {Authorization: [secret]}}),
		target({probe: {headers: {'X-Key': `${secret}\0`}}}),
		{server: {token: secret}},
		{server: {token: [secret]}},
		{server: secret},
	];
	for (const content of contents.slice(0, -1)) {
		t.false(faultsOf(t, content).join('\n').includes(secret), JSON.stringify(content));
	}

	t.false(faultsOf(t, {}, {env: {PMCP_TOKEN: secret}}).join('\n').includes(secret));
});

test('no control character of the file gets into a fault', t => {
	const faults = faultsOf(t, {'\u001B]52;c;eA==\u0007': 1, proxy: {targets: {'\u009B2J\u202E': {url: 'http://a'}}, policy: '\u001B[2J'}});
	t.is(faults.length, 3);
	t.notRegex(faults.join(''), /[\p{Cc}\p{Cf}]/v);
});

test('the error itself is one sentence and a count', t => {
	const file = writeSettings(t, {server: {port: -1}, lockFile: 7});
	const error = t.throws(() => loadSettings({path: file, env: {}}), {instanceOf: SettingsError});
	t.is(error?.message, `${file} line 3  server.port  -1 is not a port, 0 to 65535 (and 1 more)`);
});
