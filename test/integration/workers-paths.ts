import test from 'ava';
import {createRoutes, type ApiLimits, type ApiOptions} from '../../source/api/routes.ts';
import {mayBeOurs} from '../../source/workers/paths.ts';

const paths = {health: '/health', config: '/settings/shown'};

test('what any route of the API answers is lent to the daemon\'s thread', t => {
	const routes = createRoutes({} as ApiOptions, {} as ApiLimits, {} as Parameters<typeof createRoutes>[2]);
	t.true(routes.length > 10);
	for (const {path} of routes) {
		const at = path.replace('{health}', paths.health).replace('{config}', paths.config).replace('*', 'some/name');
		t.true(mayBeOurs(at, paths), at);
		t.true(mayBeOurs(`${at}?since=1`, paths), `${at}?since=1`);
	}
});

test('so is what MCP may be asked with', t => {
	for (const base of ['', '/targets/any.name', '/targets/with%20space']) {
		for (const at of ['/mcp', '/sse', '/messages?sessionId=x', '/.well-known/oauth-protected-resource/mcp', '/.well-known/openid-configuration']) {
			t.true(mayBeOurs(base + at, paths), base + at);
		}
	}
});

test('everything else is a target\'s, and stays where it came', t => {
	const others = ['/', '/x', '/api', '/api/', '/api/users', '/mcpx', '/uix', '/wsx', '/metricsx', '/healthy', '/config', '/targets/a', '/targets/a/', '/targets/a/b/mcp'];
	for (const at of [...others, '/x/mcp', '/x?a=/mcp', '//mcp', '/%6Dcp']) {
		t.false(mayBeOurs(at, paths), at);
	}
});
