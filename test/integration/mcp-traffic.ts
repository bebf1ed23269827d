import {readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {findTarget} from '../../source/core/state.ts';
import {officialClients} from '../helpers/mcp-client.ts';
import {startMcpTarget} from '../helpers/mcp-target.ts';
import {startRig} from '../helpers/rig.ts';
import {until} from '../helpers/until.ts';

const [[, connect]] = officialClients as [typeof officialClients[number]];

test('what MCP clients do is counted, shown, measured and logged like any other traffic', async t => {
	const a = await startMcpTarget(t, 'a');
	const rig = await startRig(t, {a: a.url});
	const client = await connect(t, `${rig.url}/mcp`);
	t.is(await client.call('write', {text: '1'}), 'a wrote 1');
	await t.notThrowsAsync(client.call('fail'));
	const state = rig.client.getState;
	await until('both calls are told', () => state().calls.filter(({method}) => method === 'tools/call').length === 2);
	const told = state().calls.filter(({method}) => method === 'tools/call').map(({subject, target, verdict, attempts}) => [subject, target, verdict, attempts]);
	t.deepEqual(told, [['write', 'a', 'ok', 1], ['fail', 'a', 'tool', 1]]);

	const slow = client.call('slow-read', {text: 'x'});
	await a.untilExecuted('slow-read');
	const session = await until('the session shows what is in flight', () => Object.values(state().sessions).find(({inFlight}) => inFlight === 1));
	t.like(session, {target: 'a', client: 'official-1 1.32.2', generation: 1});
	await until('so does the target', () => findTarget(state(), 'a')?.traffic.inFlight === 1);
	await a.control('release');
	await slow;
	const traffic = await until('the traffic is measured', () => {
		const found = findTarget(state(), 'a')?.traffic;
		return found && found.requests >= 4 && found.inFlight === 0 ? found : undefined;
	});
	t.is(traffic.errors, 0);
	t.true(traffic.bytesOut > 0 && traffic.p50 !== undefined);
	const text = await (await fetch(`${rig.url}/metrics`)).text();
	t.regex(text, /proxy_mcp_calls_total\{verdict="tool"\} 1\n/v);
	t.regex(text, /proxy_mcp_sessions\{target="a"\} 1\n/v);
	t.regex(text, /proxy_mcp_requests_total\{target="a",code_class="2xx"\} [4-9]/v);
	await until('requests are in the access log', () => /"POST \/mcp HTTP\/1.1" 200 /v.test(readFileSync(path.join(rig.logs, 'combined.log'), 'utf8')));
});
