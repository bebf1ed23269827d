import test from 'ava';
import {runConformance, type Verdict} from '../helpers/conformance.ts';
import {startConformanceTarget, stdioCommand} from '../helpers/conformance-target.ts';
import {startMcpProxy} from '../helpers/mcp-proxy.ts';

/**
The checks that pass directly and do not pass through the proxy. `INFO` is no verdict: a target that ends a stream on purpose
(SEP-1699) is asked for the rest by the proxy, so its client, whose stream goes on, has nothing to come back for.
*/
const lost = (direct: Verdict, proxied: Verdict): string[] => {
	const found = new Map(proxied.checks.map(({id, status, errorMessage}) => [id, `${status}: ${errorMessage ?? ''}`]));
	return direct.checks
		.filter(({id, status}) => status === 'SUCCESS' && !/^(?:SUCCESS|INFO)/v.test(found.get(id) ?? ''))
		.map(({id}) => `${id} ${found.get(id) ?? 'was not met'}`);
};

test.serial('0.1.13 passes through the proxy: 40 passed, 0 failed', async t => {
	const target = await startConformanceTarget(t, 'sessions');
	const proxy = await startMcpProxy(t, {a: target.url});
	const {passed, failures} = await runConformance(t, '0.1.13', `${proxy.url}/mcp`);
	t.deepEqual(failures, []);
	t.is(passed, 40);
});

test.serial('0.1.13 passes through /targets/NAME/mcp as well', async t => {
	const target = await startConformanceTarget(t, 'sessions');
	const proxy = await startMcpProxy(t, {a: target.url});
	const {passed, failures} = await runConformance(t, '0.1.13', `${proxy.url}/targets/a/mcp`);
	t.deepEqual(failures, []);
	t.is(passed, 40);
});

for (const [revision, era] of [['2025-11-25', 'sessions'], ['2026-07-28', 'stateless']] as const) {
	test.serial(`0.2.0-alpha.12, requirement set ${revision}: what passes directly passes through the proxy`, async t => {
		const target = await startConformanceTarget(t, era);
		const proxy = await startMcpProxy(t, {a: target.url});
		const direct = await runConformance(t, 'next', `${target.url}/mcp`, '--requirements', revision);
		const proxied = await runConformance(t, 'next', `${proxy.url}/mcp`, '--requirements', revision);
		t.log(`${direct.passed} passed directly, ${proxied.passed} through the proxy`);
		t.deepEqual(lost(direct, proxied), []);
	});
}

test.serial('0.1.13 passes with the fixture as a stdio target: 39 passed, 0 failed', async t => {
	const proxy = await startMcpProxy(t, {a: {command: stdioCommand}}, {}, 0);
	const {passed, failures} = await runConformance(t, '0.1.13', `${proxy.url}/mcp`);
	t.deepEqual(failures, []);
	t.is(passed, 39); // A process has one stream: that check only informs.
});
