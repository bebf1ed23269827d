import process from 'node:process';
import {setInterval} from 'node:timers';
import {createLocalClient} from '../../source/client/local.ts';
import {defaultRules} from '../../source/core/rules.ts';
import {noTraffic} from '../../source/core/target.ts';
import {createStore} from '../../source/store/store.ts';
import {catalogue, mcpCall, session} from './core.ts';

/*
A dashboard over a store in this process, for looking at by hand and for the pseudo-terminal tests:
`node dist/test/helpers/tui-fixture.js [live|down|empty|quiet] [attached]`.
*/
process.env.NODE_ENV ??= 'production';
const [scene = 'live', mode] = process.argv.slice(2);
const store = createStore();
const client = createLocalClient(store, 'http://localhost:4000');
const targets = [
	{id: 'prod-eu', url: 'https://mcp.eu.example.com/mcp', priority: 1, probe: 'http GET /health'},
	{id: 'prod-us', url: 'https://mcp.us.example.com/mcp', priority: 2, probe: 'http GET /health'},
	{id: 'staging', url: 'https://mcp.stg.example.com/mcp', priority: 3, probe: 'http GET /healthz'},
	{id: '試験機', url: 'http://10.0.0.7:3000', priority: 4, probe: 'tcp'},
	{id: 'legacy-sse', url: 'http://10.0.0.9:8080/sse', priority: 5, probe: 'http GET /health'},
	{id: 'batch', url: 'https://batch.example.com/mcp', priority: 6, probe: 'http GET /health'},
];
store.dispatch({type: 'configure', targets: scene === 'empty' ? [] : targets, rules: {...defaultRules, defaultTarget: 'prod-eu'}, changes: ['first settings']});

const probe = (): void => {
	for (const [index, {id}] of targets.entries()) {
		if (scene === 'down' || id === 'legacy-sse') {
			store.dispatch({type: 'failed', id, code: 'ECONNREFUSED', message: `connect ECONNREFUSED 10.0.0.9:${8000 + index}`, isPassive: false});
		} else {
			store.dispatch({type: 'passed', id, ms: [12, 30, 640, 4, 0, 22][index]! * (0.8 + (Math.random() * 0.6)), isPassive: false});
		}
	}
};

const sample = (requests: number): void => {
	const counters = {requests, errors: Math.floor(requests / 500), bytesIn: requests * 640, bytesOut: requests * 4200};
	const traffic = {...noTraffic, ...counters, inFlight: 3, rate: 12.1 + Math.random(), errorRate: 0.002, p50: 38, p95: 84, p99: 310};
	const {active} = store.getState();
	store.dispatch({type: 'sample', targets: active === undefined ? {} : {[active]: traffic}});
};

if (scene !== 'empty') {
	for (let round = 0; round < (scene === 'down' ? 4 : 24); round++) {
		probe();
	}
}

if (scene === 'live') {
	store.dispatch({type: 'admin', id: 'batch', admin: 'maintenance'});
	let requests = 41_203;
	sample(requests);
	const offers = (count: number): string[] => Array.from({length: count}, (_, index) => `tool_${index}`);
	store.dispatch({type: 'catalogue', id: 'prod-eu', catalogue: catalogue('search_issues', ...offers(41))});
	store.dispatch({type: 'catalogue', id: 'prod-us', catalogue: catalogue('search_issues', ...offers(41))});
	store.dispatch({type: 'catalogue', id: 'staging', catalogue: catalogue('search_issues:2', ...offers(38))});
	const clients = ['cursor 1.9', 'claude-code 2.1.234', 'python-sdk 1.2'];
	const open = (name: string, index: number): ReturnType<typeof session> => (
		session({id: `9f0a${index}b2c`, client: name, target: 'prod-eu', openedAt: Date.now() - (index * 600_000), usedAt: Date.now(), inFlight: index % 2, calls: 41 * index})
	);
	store.dispatch({type: 'sessions', changed: clients.map((name, index) => open(name, index)), closed: []});
	let callCount = 0;
	const callNow = (): void => {
		const index = callCount++;
		const verdict = index % 7 === 3 ? 'tool' : (index % 11 === 8 ? 'time' : 'ok');
		store.dispatch({type: 'calls', calls: [mcpCall({
			id: callCount,
			at: Date.now(),
			method: ['tools/call', 'tools/list', 'resources/read'][index % 3]!,
			subject: ['search_issues', undefined, 'file:///README.md'][index % 3],
			target: 'prod-eu',
			client: clients[index % 3]!.split(' ')[0],
			session: `9f0a${index % 3}b2c`,
			verdict,
			ms: 10 + (Math.random() * 400),
			bytesOut: 100 + (index * 731),
			...(index % 3 === 0 && {
				request: '{"jsonrpc":"2.0","id":17,"method":"tools/call","params":{"name":"search_issues","arguments":{"query":"login"}}}',
				response: '{"jsonrpc":"2.0","id":17,"result":{"content":[{"type":"text","text":"found 3"}]}}',
			}),
		})]});
	};

	for (let index = 0; index < 30; index++) {
		callNow();
	}

	setInterval(callNow, 1500);
	setInterval(probe, 5000);
	setInterval(() => {
		requests += 12;
		sample(requests);
	}, 1000);
}

const {runTui} = await import('../../source/tui/run.tsx');
const exit = await runTui({client, options: {mode: mode === 'attached' ? 'attached' : 'own'}});
console.log(`left with ${exit}`);
process.exit(0); // eslint-disable-line unicorn/no-process-exit -- A program of its own; its timers would keep it alive.
