import {performance} from 'node:perf_hooks';
import test from 'ava';
import {loggable, loggableValue, redact} from '../../source/core/redact.ts';

const cases: ReadonlyArray<[what: string, text: string, shown: string]> = [
	['a token in a query', '/mcp?token=S3CRET&x=1', '/mcp?token=[redacted]&x=1'],
	['an access token and a key', '/?access_token=S3CRET&api_key=S3CRET&key=S3CRET', '/?access_token=[redacted]&api_key=[redacted]&key=[redacted]'],
	['a secret, a password and a code', '/?client_secret=S3CRET&password=S3CRET&code=S3CRET', '/?client_secret=[redacted]&password=[redacted]&code=[redacted]'],
	['a parameter in any case', '/?Access_Token=S3CRET', '/?Access_Token=[redacted]'],
	['a percent-encoded name', '/?to%6ben=S3CRET', '/?to%6ben=[redacted]'],
	['a name that is encoded wrongly', '/?%zztoken=S3CRET', '/?%zztoken=[redacted]'],
	['a value with encoded and odd characters', '/?token=S3CRET%26S3CRET;S3CRET\'S3CRET=S3CRET&b=1', '/?token=[redacted]&b=1'],
	['a URL as a parameter', '/?to=https%3A%2F%2Fx%2F%3Ftoken%3DS3CRET%26y%3D1&z=2', '/?to=https%3A%2F%2Fx%2F%3Ftoken%3D[redacted]%26y%3D1&z=2'],
	['an MCP session in a query', '/messages?sessionId=S3CRET', '/messages?sessionId=[redacted]'],
	['user and password in a URL', 'connect to https://user:S3CRET@host/x failed', 'connect to https://[redacted]@host/x failed'],
	['a password with an at sign', 'https://user:S3C@RET@host/', 'https://[redacted]@host/'],
	['an authorization field', 'Authorization: Digest username="u", response="S3CRET"', 'Authorization: [redacted]'],
	['a cookie field', 'sent cookie: a=S3CRET; b=S3CRET', 'sent cookie: [redacted]'],
	['a session field', 'Mcp-Session-Id: S3CRET', 'Mcp-Session-Id: [redacted]'],
	['a key field', 'x-api-key: S3CRET', 'x-api-key: [redacted]'],
	['an assignment', 'PASSWORD="two S3CRET words", TOKEN=S3CRET', 'PASSWORD=[redacted], TOKEN=[redacted]'],
	['a bearer token', 'refused Bearer S3CRETS3CRET here', 'refused Bearer [redacted] here'],
	['tokens told by their shape', 'ghp_S3CRETS3CRETS3CRET eyJS3CRETS3CRET.S3CRET.S3CRET', '[redacted] [redacted]'],
];

for (const [what, text, shown] of cases) {
	test(`hides ${what}`, t => {
		t.is(redact(text), shown);
		t.notRegex(redact(text), /S3CRET/v);
	});
}

const innocent = [
	'/tools/list?monkey=1&decode=2&page=3',
	'server.token: is 4 characters long, accepted: at least 16',
	'proxy.targets.a.headers.authorization: is empty',
	'connect ECONNREFUSED 127.0.0.1:3000',
	'http://localhost:3000/a?b=c@d',
];

for (const text of innocent) {
	test(`leaves "${text}" alone`, t => {
		t.is(redact(text), text);
	});
}

test('makes text printable after hiding its secrets', t => {
	t.is(loggable('a\n{"level":50}\u001B]52;c;x\u0007\u009B\u007F\u202E?token=S3CRET'), String.raw`a\x0a{"level":50}\x1b]52;c;x\x07\x9b\x7f\u{202e}?token=[redacted]`);
});

test('hides values by key, at any depth, and keeps the rest', t => {
	t.deepEqual(loggableValue({a: [{Authorization: 'S3CRET', code: 'ECONNREFUSED', n: 1, none: undefined}], 'x-api-key': {deep: 'S3CRET'}}), {
		a: [{Authorization: '[redacted]', code: 'ECONNREFUSED', n: 1, none: undefined}],
		'x-api-key': '[redacted]',
	});
});

test('ends with a value that goes on for ever', t => {
	const loop: Record<string, unknown> = {};
	loop.self = loop;
	t.true(JSON.stringify(loggableValue(loop)).length < 500);
});

const hostile = ['?a', '://', 'token', 'a.', '%3f%3d', '?a=%3fb%3d', 'Bearer ', 'eyJaaaaaaaa.', '-', 'authorization ', '@', '://a@'];

for (const piece of hostile) {
	test(`takes linear time for "${piece}" repeated`, t => {
		const time = (length: number): number => {
			const text = piece.repeat(length / piece.length);
			const start = performance.now();
			redact(text);
			return performance.now() - start;
		};

		time(1000); // Compiles the patterns.
		t.true(Math.min(time(16_000), time(16_000)) < 250);
	});
}
