import test, {type ExecutionContext} from 'ava';
import {allUp, startApi, type ApiRig} from '../helpers/api-rig.ts';
import {catalogue, mcpCall, session} from '../helpers/core.ts';
import {openShell, type Shell} from '../helpers/shell.ts';
import {until} from '../helpers/until.ts';

/** A proxy that is told what happened, and a shell that means it. */
const setScene = async (t: ExecutionContext): Promise<ApiRig & Readonly<{shell: Shell}>> => {
	const rig = await startApi(t);
	allUp(rig.store);
	return {...rig, shell: openShell(t, {env: {PMCP_DAEMON: rig.url}})};
};

test.serial('traffic shows the calls that match, one a line', async t => {
	const {shell, store} = await setScene(t);
	const at = Date.now();
	store.dispatch({type: 'calls', calls: [
		mcpCall({id: 1, at: at - 3_600_000}),
		mcpCall({id: 2, at, subject: 'create_ticket', verdict: 'tool', attempts: 2}),
		mcpCall({id: 3, at, method: 'tools/list', subject: '\u001B]0;x\u0007', verdict: 'rpc', code: -32_601}),
	]});
	const {stdout, stderr} = await shell.run('traffic');
	t.is(stderr, '');
	const lines = stdout.trimEnd().split('\n');
	t.is(lines.length, 3);
	t.regex(lines[1] ?? '', /^\d\d:\d\d:\d\d\.\d{3} {2}tools\/call +create_ticket +a +12ms +200 {2}! tool, sent 2 times {2}claude-code #abcd1234$/v);
	t.regex(lines[2] ?? '', /\\x1b\]0;x\\x07 .*! rpc -32601/v);
	const narrow = await shell.json('traffic', '--json', '--since', '10m', '--filter', 'status:!ok method:tools/call');
	t.like(narrow, {schema: 'pmcp.calls/v1', items: [{id: 2, tool: 'create_ticket', verdict: 'tool'}]});
	t.is((await shell.run('traffic', '--limit', '1', '-q', '-o', 'jsonl')).stdout.trim().split('\n').length, 2);
	t.is((await shell.run('traffic', '--filter', 'nothing')).stderr, '0 of 3 calls match.\n');
	t.is((await shell.run('traffic', '--since', 'yesterday')).code, 2);
});

test.serial('traffic --follow goes on with what comes', async t => {
	const {shell, store} = await setScene(t);
	store.dispatch({type: 'calls', calls: [mcpCall({id: 1})]});
	const following = shell.start('traffic', '-f', '-o', 'jsonl', '--filter', 'tool:add');
	await until('it has begun', () => following.stdout().includes('"id":1'));
	store.dispatch({type: 'calls', calls: [mcpCall({id: 2}), mcpCall({id: 3, subject: 'other'}), mcpCall({id: 4})]});
	await until('it tells of the last one', () => following.stdout().includes('"id":4'));
	following.child.kill('SIGINT');
	const {stdout, code} = await following.result;
	t.is(code, 130);
	const [hello, ...calls] = stdout.trim().split('\n').map(line => JSON.parse(line) as {type: string; id?: number; ts: string; tool?: string});
	t.is(hello?.type, 'hello');
	t.deepEqual(calls.map(({type, id, tool}) => [type, id, tool]), [['call', 1, 'add'], ['call', 2, 'add'], ['call', 4, 'add']]);
});

test.serial('sessions shows who is connected, and closes one', async t => {
	const {shell, store} = await setScene(t);
	t.is((await shell.run('sessions')).stdout, 'no open sessions\n');
	store.dispatch({type: 'sessions', changed: [session({openedAt: Date.now(), usedAt: Date.now(), target: 'augment', inFlight: 1}), session({id: 'other', client: 'cursor'})], closed: []});
	t.regex((await shell.run('sessions')).stdout, /^ID .*\nother .*\nabcd1234 {2}claude-code 2\.0\.1 {2}2025-11-25 {2}augment +1 +3 +1 +yes /v);
	t.like(await shell.json('sessions', '--json'), {schema: 'pmcp.sessions/v1', items: [{id: 'other'}, {id: 'abcd1234', client: 'claude-code 2.0.1'}]});
	t.is((await shell.run('sessions', '-o', 'name')).stdout, 'other\nabcd1234\n');
	t.regex((await shell.run('status')).stdout, /\nclients {2}2 sessions {2}1 request in flight {2}/v);

	const unsubscribe = store.subscribe(({event}) => {
		if (event.type === 'session.ended') { // What the daemon does then.
			store.dispatch({type: 'sessions', changed: [], closed: [event.id]});
		}
	});
	t.is((await shell.run('sessions', 'close', 'abcd1234')).stdout, 'The session of claude-code 2.0.1 is closed.\n');
	unsubscribe();
	t.like(await shell.run('sessions', 'close', 'abcd1234'), {code: 5});
	t.like(await shell.run('sessions', 'open'), {code: 2});
});

test.serial('a switch says beforehand what clients would miss', async t => {
	const {shell, store} = await setScene(t);
	store.dispatch({type: 'catalogue', id: 'augment', catalogue: catalogue('add', 'sum')});
	store.dispatch({type: 'catalogue', id: 'cline', catalogue: catalogue('add')});
	store.dispatch({type: 'sessions', changed: [session({target: 'augment'})], closed: []});
	t.regex((await shell.run('list')).stdout, /TOOLS {2}SESS .*\n\* .* 2 +1 .*\n .* 1 +0 /v);
	t.like(await shell.json('switch', 'cline', '--dry-run', '--json'), {plan: {sessions: 1, tools: {missing: ['tool sum'], changed: []}, warnings: ['cline lacks tool sum']}});
	const switched = await shell.run('switch', 'cline');
	t.is(switched.stderr, 'Beware: cline lacks tool sum.\n');
	t.is(store.getState().detail, 'switched by hand; it lacks tool sum');
});

test.serial('check shows what is amiss with a target that passed', async t => {
	const {shell, store} = await setScene(t);
	const unsubscribe = store.subscribe(({event}) => {
		if (event.type === 'check.requested') {
			for (const id of event.ids) {
				store.dispatch({type: 'passed', id, ms: 99, isPassive: false, ...(id === 'cline' && {note: 'needs a login (401)'})});
			}
		}
	});
	const {stdout, code} = await shell.run('check');
	unsubscribe();
	t.is(code, 0);
	t.regex(stdout, /cline +PASSED {2}99ms {2}http GET \/health: needs a login \(401\)/v);
});
