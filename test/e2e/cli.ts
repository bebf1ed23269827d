import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {statusShape, targetsShape} from '../../source/client/shapes.ts';
import {describeProcess, isAlive, readRecords, writeRecord} from '../../source/store/record.ts';
import {startBackend, type Backend} from '../helpers/backend.ts';
import {openShell, type Result, type Shell} from '../helpers/shell.ts';
import {settingsPlace, type Place} from '../helpers/rig.ts';
import {writeSettings} from '../helpers/settings.ts';
import {until} from '../helpers/until.ts';

type Scene = Readonly<{a: Backend; b: Backend; shell: Shell; place: Place}>;

/** Two targets that are well, settings that name them, and a shell beside them. */
const setScene = async (t: ExecutionContext, env: Record<string, string> = {}): Promise<Scene> => {
	const [a, b] = await Promise.all([startBackend(t, 'a'), startBackend(t, 'b')]);
	const place = settingsPlace(t, {a: a.url.href, b: b.url.href});
	return {a, b, place, shell: openShell(t, {folder: place.folder, env: {PROXY_MCP_CONFIG: place.config, ...env}})};
};

/** The same with a daemon running that has found both up. */
const setRunning = async (t: ExecutionContext, env: Record<string, string> = {}): Promise<Scene & Readonly<{url: string; result: Promise<Result>}>> => {
	const scene = await setScene(t, env);
	const {url, result} = await scene.shell.startDaemon();
	await until('both are up', async () => {
		const {items} = await (await fetch(`${url}/api/proxy/targets`)).json() as {items: Array<{state: string}>};
		return items.every(({state}) => state === 'up');
	});
	return {...scene, url, result};
};

const stateFolder = ({folder}: Shell): string => path.join(folder, 'state', 'proxy-mcp');

test.serial('says which version it is and how it is used, on stdout alone', async t => {
	const shell = openShell(t);
	const {version} = JSON.parse(readFileSync('package.json', 'utf8')) as {version: string};
	const lines = [['--version'], ['status', '--version'], ['--help'], ['help', 'exit-codes']];
	const [short, long, help, topic] = await Promise.all(lines.map(async line => shell.run(...line))) as [Result, Result, Result, Result];
	t.deepEqual([short, long].map(({stdout, stderr, code}) => ({stdout, stderr, code})), Array.from({length: 2}, () => ({stdout: `${version}\n`, stderr: '', code: 0})));
	t.regex(help.stdout, /switch NAME/v);
	t.regex(topic.stdout, /6 {2}no proxy can be reached/v);
	t.is(help.stderr + topic.stderr, '');
});

test.serial('what a script asks for never loads the dashboard', async t => {
	const look = String.raw`if (/^(?:react|ink)(?:$|\/)/.test(name)) console.error("loaded", name);`;
	const hook = `import {registerHooks} from "node:module"; registerHooks({resolve(name, context, next) { ${look} return next(name, context); }});`;
	const env = {NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(hook)}"`};
	const {folder, config} = settingsPlace(t, {augment: 'http://127.0.0.1:1'});
	const shell = openShell(t, {folder, env: {PROXY_MCP_CONFIG: config, ...env}});
	const lines = [['--version'], ['--help'], ['status', '--json'], ['list', '--json'], ['config', 'check', '--json'], ['help', 'keys']];
	const results = await Promise.all(lines.map(async line => shell.run(...line)));
	t.deepEqual(results.map(({stderr, code}) => [stderr, code]), lines.map(() => ['', 0]));
	t.regex(results.at(-1)?.stdout ?? '', /^s +switch to it$/mv);
});

test.serial('an older Node is told so in one line, and nothing else happens', t => {
	// The check itself, on this Node, told that it is an older one.
	const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));
	const script = `Object.defineProperty(process.versions, 'node', {value: '20.20.2'}); await import(${JSON.stringify(cli)});`;
	const {status, stdout, stderr} = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {encoding: 'utf8'});
	t.is(status, 1);
	t.is(stdout, '');
	t.is(stderr, 'pmcp: this is Node.js 20.20.2, and proxy-mcp needs 22.23.2 or newer.\n');
});

test.serial('a mistyped command, flag or name is met with what was probably meant', async t => {
	const {folder, config} = settingsPlace(t, {augment: 'http://127.0.0.1:1', cline: 'http://127.0.0.1:2'});
	const shell = openShell(t, {folder, env: {PROXY_MCP_CONFIG: config}});
	const [command, flag, name, json] = await Promise.all([shell.run('swich', 'b'), shell.run('status', '--jsno'), shell.run('switch', 'clien'), shell.run('--json', 'swich')]);
	t.is(command.code, 2);
	t.is(command.stderr, 'pmcp: unknown command "swich". Did you mean "switch"?\n  See `pmcp help`.\n');
	t.is(flag.code, 2);
	t.regex(flag.stderr, /Did you mean "--json"\?/v);
	t.is(name.code, 5);
	t.regex(name.stderr, /no target is called "clien"\. Did you mean "cline"\?/v);
	const message = 'unknown command "swich". Did you mean "switch"?';
	t.deepEqual(JSON.parse(json.stderr), {error: {code: 'usage', exit: 2, message, hint: 'See `pmcp help`.', command: 'pmcp help', docs: 'docs/cli.md'}});
	t.is(command.stdout + flag.stdout + name.stdout + json.stdout, '');
});

test.serial('without a daemon, status and list come from the settings and the lock file, and say so', async t => {
	const {shell, place} = await setScene(t);
	writeFileSync(place.lockFile, 'b');
	const [words, document, list] = await Promise.all([shell.run('status'), shell.json('status', '--json'), shell.json('list', '--json')]);
	t.is(words.code, 0);
	t.regex(words.stdout, /^active {2}b /v);
	t.regex(words.stderr, /^No proxy runs\./v);
	t.like(document, {activeSystem: 'b', pid: null, isServing: false, isRunning: false});
	t.like(list, {schema: 'pmcp.targets/v1', isRunning: false, items: [{name: 'a', isActive: false}, {name: 'b', isActive: true}]});
	t.is(readFileSync(place.lockFile, 'utf8'), 'b');
	t.deepEqual(await shell.run('list', '-o', 'name', '-q').then(({stdout, stderr}) => [stdout, stderr]), ['a\nb\n', '']);
});

test.serial('looking, without a daemon, writes nothing', async t => {
	const {shell, place} = await setScene(t);
	await shell.run('status');
	t.false(existsSync(place.lockFile));
	t.false(existsSync(place.logs));
});

test.serial('without a daemon, switch asks the target itself and writes the lock file', async t => {
	const {shell, place, b} = await setScene(t);
	const switched = await shell.json('switch', 'b', '--json');
	t.like(switched, {success: true, activeSystem: 'b', previousSystem: 'a', isChanged: true, isRunning: false});
	t.is(readFileSync(place.lockFile, 'utf8'), 'b');
	t.deepEqual(b.seen.map(({url}) => url), ['/health']);
	const again = await shell.run('switch', 'b');
	t.is(again.code, 0);
	t.regex(again.stdout, /b is active already/v);
});

test.serial('without a daemon, a target that is down is refused, and the lock file stays', async t => {
	const {shell, place, b} = await setScene(t);
	writeFileSync(place.lockFile, 'a');
	await b.crash();
	const refused = await shell.run('switch', 'b');
	t.is(refused.code, 7);
	t.regex(refused.stderr, /"b" is DOWN: connection refused/v);
	t.is((await shell.run('switch', 'b', '--dry-run')).code, 7);
	t.is(readFileSync(place.lockFile, 'utf8'), 'a');
	t.is((await shell.run('switch', 'b', '--force')).code, 0);
	t.is(readFileSync(place.lockFile, 'utf8'), 'b');
});

test.serial('without a daemon, what needs one exits 6', async t => {
	const {shell} = await setScene(t);
	const lines = [['stop'], ['health'], ['events'], ['undo'], ['auto', 'off'], ['maint', 'a', 'on'], ['status', '--check'], ['status', '--watch'], ['status', '--daemon', 'http://127.0.0.1:1']];
	const results = await Promise.all(lines.map(async line => shell.run(...line)));
	t.deepEqual(results.map(({code}, index) => [lines[index]?.join(' '), code]), lines.map(line => [line.join(' '), 6]));
});

test.serial('check probes without a daemon too: 0 all passed, 20 one failed, 21 none is left', async t => {
	const {shell, a, b} = await setScene(t);
	t.is((await shell.run('check')).code, 0);
	await a.crash();
	const one = await shell.run('check');
	t.is(one.code, 20);
	t.regex(one.stdout, /^a {2}FAILED .*\nb {2}PASSED /v);
	await b.crash();
	const none = await shell.run('check', 'b', '--json');
	t.is(none.code, 21);
	t.like(JSON.parse(none.stdout), {schema: 'pmcp.check/v1', items: [{name: 'b', isPassed: false, code: 'ECONNREFUSED', ms: null}]});
});

test.serial('invalid settings exit 3 with one line a fault', async t => {
	const {shell, place} = await setScene(t);
	writeFileSync(place.config, '{\n"server": {"prot": 1},\n"proxy": {"targets": {"a": {"url": "htps://x"}}}\n}');
	const [started, checked, json] = await Promise.all([shell.run('start'), shell.run('config', 'check', 'config.json'), shell.run('status', '--json')]);
	t.deepEqual([started.code, checked.code, json.code], [3, 3, 3]);
	t.regex(started.stderr, /^pmcp: config\.json is not valid: 2 problems\n {2}config\.json line 2 {2}server\.prot {2}.*did you mean "port"\?\n {2}config\.json line 3 /v);
	t.is((JSON.parse(json.stderr) as {error: {faults: unknown[]}}).error.faults.length, 2);
});

test.serial('config tells where the settings are, what holds and why, and never a secret', async t => {
	const {shell, place} = await setScene(t, {PMCP_TOKEN: 'a-very-secret-token'});
	const [file, shown, check, schema] = await Promise.all([
		shell.run('config', 'path'),
		shell.run('config', 'show', '--origin', '--port', '4001'),
		shell.run('config', 'check'),
		shell.json('config', 'schema'),
	]);
	t.is(file.stdout, `${place.config}\n`);
	t.regex(shown.stdout, /^server\.port +4001 +flag --port$/mv);
	t.regex(shown.stdout, /^server\.host +"127\.0\.0\.1" +file$/mv);
	t.regex(shown.stdout, /^proxy\.failoverThreshold +3 +default$/mv);
	t.regex(shown.stdout, /^server\.token +\S+ +env PMCP_TOKEN$/mv);
	t.false(shown.stdout.includes('a-very-secret-token'));
	t.regex(check.stdout, /valid, 2 targets\.$/mv);
	t.is(schema.title, 'Proxy MCP settings');
	const nowhere = openShell(t);
	t.deepEqual(await nowhere.run('config', 'path').then(({stdout, code}) => [stdout, code]), ['', 0]);
});

test.serial('a running daemon is seen and changed by every command alike', async t => {
	const {shell, place, url, a} = await setRunning(t);
	const [status, list, health, words] = await Promise.all([shell.json('status', '--json'), shell.json('--json', 'list'), shell.json('health', '--json'), shell.run('status')]);
	t.is(statusShape.safeParse(status).error, undefined);
	t.is(targetsShape.safeParse(list).error, undefined);
	t.like(status, {activeSystem: 'a', isServing: true, url});
	t.like(health, {status: 'healthy', activeSystem: 'a'});
	t.regex(words.stdout, /^active {3}a {2}UP .*\norder {4}1 a\* {2}2 b {2}auto-failover on\n/v);
	t.is(words.stderr, '');

	const plan = await shell.json('switch', 'b', '--dry-run', '--json');
	t.like(plan, {schema: 'pmcp.plan/v1', plan: {from: 'a', to: 'b', isChange: true, isForced: false, inFlight: 0, warnings: []}});
	const switched = await shell.run('switch', 'b', '--wait');
	t.deepEqual([switched.code, switched.stdout, switched.stderr], [0, '→ b is active (was a). Undo: pmcp undo\n', '']);
	t.is(await (await fetch(`${url}/x`)).text(), 'b');
	t.is(readFileSync(place.lockFile, 'utf8').trim(), 'b');
	t.is((await shell.run('undo', '-q')).stdout, '');
	t.like(await shell.json('failback', '--json'), {activeSystem: 'a', isChanged: false, isRunning: true});

	t.like(await shell.json('auto', 'off', '--json'), {isAutomatic: false});
	t.regex((await shell.run('maint', 'a', 'on')).stdout, /^a is in maintenance\. b is active now\.$/mv);
	t.is((await shell.run('maint', 'b', 'on')).code, 7);
	t.is((await shell.run('maint', 'a', 'off')).code, 0);
	t.is((await shell.run('maint', 'a', 'perhaps')).code, 2);
	t.is((await shell.run('auto', 'perhaps')).code, 2);

	await a.crash();
	t.is((await shell.run('check', 'a')).code, 20);
	await until('a is down', async () => (await shell.run('status', '--check', '-q')).code === 20);
	t.regex((await shell.run('list', '-o', 'wide', '--ascii')).stdout, /^ +a +DOWN .*connection refused/mv);
	t.is((await shell.run('list', '-o', 'name', '--filter', 'state:up')).stdout, 'b\n');
	t.is((await shell.run('switch', 'a')).code, 7);
});

test.serial('says what would happen without doing it, and warns of what would hurt', async t => {
	const {shell, b, url} = await setRunning(t);
	t.like(await shell.json('failback', '--dry-run', '--json'), {plan: {from: 'a', to: 'a', isChange: false}});
	t.is((await shell.run('undo', '--dry-run')).code, 7);
	t.is((await shell.run('switch', 'b', '-q')).code, 0);
	t.is((await shell.run('failback', '--dry-run')).stdout, 'b → a: would switch; 0 in flight would finish where they are.\n');
	t.is((await shell.run('undo', '--dry-run', '--ascii')).stdout, 'b -> a: would switch; 0 in flight would finish where they are.\n');
	t.is((await shell.run('switch', 'b', '--dry-run')).stdout, 'b is active already: nothing would change.\n');
	t.is((await shell.run('undo')).code, 0);
	await b.crash();
	await until('b is down', async () => (await shell.run('status', '--check', '-q')).code === 20);
	t.is((await shell.run('switch', 'b', '--dry-run')).code, 7);
	t.regex((await shell.run('switch', 'b', '--force', '--dry-run')).stdout, /^ {2}Beware: b is DOWN: connection refused/mv);
	t.like(await shell.json('status', '--json'), {activeSystem: 'a'});
	t.is((await shell.run('maint', 'a', 'drain', '--force')).code, 0);
	t.is((await shell.run('maint', 'b', 'on')).code, 0);
	t.is((await shell.run('failback')).code, 7);

	const config = await shell.json('config', 'show', '--daemon', url, '--json');
	t.deepEqual(Object.keys((config.proxy as {targets: object}).targets), ['a', 'b']);
	const wrong = [['config', 'shwo'], ['config', 'show', 'it'], ['help', 'exitcodes'], ['status', '--timeout', 'soon']];
	const results = await Promise.all(wrong.map(async line => shell.run(...line)));
	t.deepEqual(results.map(({code}) => code), [2, 2, 2, 2]);
	t.regex(results.map(({stderr}) => stderr).join(''), /Did you mean "show"\?.*takes no "it".*Did you mean "exit-codes"\?.*"soon" is no time/sv);
	t.regex((await shell.run('help', 'list')).stdout, /short: pmcp ls/v);
	t.is((await shell.run('help')).stdout, (await shell.run('--help')).stdout);
});

test.serial('stop --no-wait asks and leaves; a proxy without a record here is stopped by its address', async t => {
	const first = await setRunning(t);
	t.like(await first.shell.json('stop', '--no-wait', '--json'), {isStopped: false});
	t.is((await first.result).code, 0);
	const second = await setRunning(t);
	const elsewhere = openShell(t);
	t.like(await elsewhere.json('stop', '--daemon', second.url, '--json'), {isStopped: true, url: second.url});
	t.is((await second.result).code, 0);
});

test.serial('status --check and check exit 21 when nothing can serve', async t => {
	const {shell, a, b} = await setRunning(t);
	await Promise.all([a.crash(), b.crash()]);
	t.is((await shell.run('check', '-q')).code, 21);
	await until('nothing is served', async () => (await shell.run('status', '--check', '-q')).code === 21);
	t.is((await shell.run('health', '--check', '-q')).code, 21);
	t.is((await shell.run('health')).code, 0);
});

test.serial('start -d returns when it listens, and stop when it is gone', async t => {
	const {shell} = await setScene(t);
	const started = await shell.json('start', '-d', '--json');
	const pid = Number(started.pid);
	t.teardown(() => {
		if (isAlive(pid)) {
			process.kill(pid, 'SIGKILL');
		}
	});
	t.true((await fetch(`${String(started.url)}/api/proxy/status`)).ok);
	t.deepEqual(readRecords(stateFolder(shell)).map(record => record.pid), [pid]);
	t.like(await shell.json('stop', '--json'), {schema: 'pmcp.stop/v1', pid, isStopped: true});
	t.false(isAlive(pid));
	t.deepEqual(readRecords(stateFolder(shell)), []);
});

test.serial('start -d tells why it did not start', async t => {
	const {shell, url} = await setRunning(t);
	const {port} = new URL(url);
	const taken = await shell.run('start', '-d', '--port', port);
	t.is(taken.code, 9);
	t.true(taken.stderr.startsWith(`pmcp: cannot listen on 127.0.0.1:${port}: address already in use`));
	t.regex(taken.stderr, /held by another pmcp \(pid \d+, up .*\n.*pmcp attach.*\n.*pmcp start --port.*\n.*pmcp stop/v);
	const blocker = createServer().listen(0, '127.0.0.1');
	await once(blocker, 'listening');
	t.teardown(() => {
		blocker.close();
	});
	const other = await shell.run('start', '--port', String((blocker.address() as AddressInfo).port));
	t.is(other.code, 9);
	t.regex(other.stderr, /held by another program/v);
});

test.serial('SIGTERM ends a daemon with 0, its record gone; without a terminal pmcp alone is the same as start', async t => {
	const {shell} = await setScene(t);
	const running = shell.start();
	await until('it listens', () => running.stderr().includes('listens on'), 30_000);
	running.child.kill('SIGTERM');
	const {code, stdout, stderr} = await running.result;
	t.deepEqual([code, stdout], [0, '']);
	t.is(stderr.trim().split('\n').length, 1);
	t.deepEqual(readRecords(stateFolder(shell)), []);
});

test.serial('stop cuts what is still in flight after --drain', async t => {
	const slow = await startBackend(t, 'slow', {answer(request, response) {
		if (request.url === '/health') {
			response.end();
		}
	}});
	const place = settingsPlace(t, {slow: slow.url.href});
	const shell = openShell(t, {folder: place.folder, env: {PROXY_MCP_CONFIG: place.config}});
	const {url, result} = await shell.startDaemon();
	const request = fetch(`${url}/never`).then(() => 'answered', () => 'cut');
	await until('it is in flight', () => slow.seen.some(seen => seen.url === '/never'));
	const late = await shell.run('stop', '--timeout', '300ms');
	t.is(late.code, 8);
	const stopped = await shell.run('stop', '--drain', '100ms');
	t.is(stopped.code, 0, stopped.stderr);
	await result;
	t.is(await request, 'cut');
	t.deepEqual(readRecords(stateFolder(shell)), []);
});

test.serial('stop kills nobody because of an old record (X6)', async t => {
	const {shell} = await setScene(t);
	mkdirSync(stateFolder(shell), {recursive: true});
	// This process's pid with another start: as if the daemon's pid were in use again.
	for (const line of [['stop'], ['stop', '--force']]) {
		writeRecord({...describeProcess({url: 'http://127.0.0.1:1', token: undefined, version: '1'}), startTime: '1'}, stateFolder(shell));
		t.is((await shell.run(...line)).code, 6); // eslint-disable-line no-await-in-loop
	}

	t.deepEqual(readRecords(stateFolder(shell)), []);
});

test.serial('a daemon that hangs is told from one that is not there', async t => {
	const {shell} = await setScene(t);
	const {child} = await shell.startDaemon();
	child.kill('SIGSTOP');
	const status = await shell.run('status', '--timeout', '300ms');
	child.kill('SIGCONT');
	t.is(status.code, 8);
	t.regex(status.stderr, new RegExp(String.raw`\(pid ${child.pid}\) runs, but does not answer`, 'v'));
});

test.serial('stop --force kills a daemon that hangs', async t => {
	const {shell} = await setScene(t);
	const {child, result} = await shell.startDaemon();
	child.kill('SIGSTOP');
	const patient = await shell.run('stop', '--timeout', '300ms');
	t.is(patient.code, 8);
	t.regex(patient.stderr, /does not answer, and has not ended\.\n.*pmcp stop --force/v);
	t.is(child.exitCode ?? child.signalCode, null);
	const forced = await shell.run('stop', '--force', '--timeout', '300ms');
	t.is(forced.code, 0, forced.stderr);
	await result;
	t.is(child.signalCode, 'SIGKILL');
	t.deepEqual(readRecords(stateFolder(shell)), []);
});

test.serial('two daemons and no settings file: the one that is meant must be named', async t => {
	const first = await setRunning(t);
	const second = await setScene(t, {XDG_STATE_HOME: path.join(first.shell.folder, 'state')});
	await second.shell.startDaemon();
	const nowhere = openShell(t, {env: {XDG_STATE_HOME: path.join(first.shell.folder, 'state')}});
	const unsure = await nowhere.run('status', '--port', '0');
	t.is(unsure.code, 2);
	t.regex(unsure.stderr, /Several proxies run: http.*--daemon URL/sv);
	t.like(await nowhere.json('status', '--json', '--daemon', first.url), {url: first.url});
	t.like(await openShell(t, {env: {PMCP_DAEMON: first.url}}).json('status', '--json'), {url: first.url});
});

test.serial('a daemon on another port than the settings say is found without a flag, unless other settings were named', async t => {
	const [target, unused] = await Promise.all([startBackend(t, 'a'), startBackend(t, 'b')]);
	await unused.crash(); // Its port is one where nothing listens.
	const settings = (name: string) => ({server: {port: Number(unused.url.port)}, proxy: {targets: {[name]: {url: target.url.href}}}, logging: {directory: '../logs'}, lockFile: '../lock'});
	const file = writeSettings(t, settings('mine'));
	const shell = openShell(t, {folder: path.resolve(file, '..', '..')});
	const {url} = await shell.startDaemon('--port', '0');
	t.like(await shell.json('status', '--json'), {url, activeSystem: 'mine'});
	t.like(await shell.json('list', '--json', '--config', file), {items: [{name: 'mine'}]});

	const other = openShell(t, {folder: path.resolve(writeSettings(t, settings('theirs')), '..', '..'), env: {XDG_STATE_HOME: path.join(shell.folder, 'state')}});
	const seen = await other.run('list', '-o', 'name');
	t.is(seen.stdout, 'mine\n');
	t.is(seen.stderr, `No proxy runs at port ${unused.url.port}, where the settings say; this is the one at ${url}.\n`);
	t.like(await other.json('status', '--json', '--config', 'config/default.json'), {isRunning: false, activeSystem: 'theirs'});
	t.is((await other.run('stop', '--port', unused.url.port)).code, 6);
	const wrong = await shell.run('status', '--port', '99999');
	t.is(wrong.code, 3);
	t.regex(wrong.stderr, /--port {2}server\.port {2}"99999" is not a port/v);
	t.is((await shell.run('stop')).code, 0);
});

test.serial('events are one sentence a line, and go on with --follow', async t => {
	const {shell} = await setRunning(t);
	const following = shell.start('events', '-f', '-o', 'jsonl');
	await until('it has begun', () => following.stdout().includes('"hello"'));
	const watching = shell.start('status', '--watch');
	await until('it has begun', () => watching.stdout().includes('order'));
	await shell.run('switch', 'b');
	await until('it has heard', () => following.stdout().includes('active.switched","from":"a"') && watching.stdout().includes('a → b'));
	following.child.kill('SIGINT');
	watching.child.kill('SIGTERM');
	const {code, stdout} = await following.result;
	t.is(code, 130);
	t.is((await watching.result).code, 143);
	const lines = stdout.trim().split('\n').map(line => JSON.parse(line) as {type: string; seq: number; ts: string});
	t.like(lines[0], {type: 'hello', schema: 'pmcp.stream/v1'});
	t.true(lines.every(({seq, ts, type}) => Number.isInteger(seq) && !Number.isNaN(Date.parse(ts)) && typeof type === 'string'));
	t.regex((await shell.run('events', '-n', '1')).stdout, /^\d\d:\d\d:\d\d a → b: switched by hand\n$/v);
	t.like(await shell.json('events', '--json', '-n', '1'), {schema: 'pmcp.events/v1', items: [{type: 'active.switched', from: 'a', to: 'b'}]});
});

test.serial('events --follow finds the proxy again after a restart', async t => {
	const {shell, url} = await setRunning(t);
	const {port} = new URL(url);
	const following = shell.start('events', '-f', '-q', '--port', port, '-o', 'jsonl');
	await until('it has begun', () => following.stdout().includes('"hello"'));
	t.is((await shell.run('stop')).code, 0);
	await shell.startDaemon('--port', port);
	await shell.run('switch', 'b', '--force');
	await until('it tells of the new one', () => following.stdout().includes('"to":"b"'), 30_000);
	following.child.kill('SIGINT');
	const {stdout} = await following.result;
	const seqs = stdout.trim().split('\n').slice(1).map(line => (JSON.parse(line) as {seq: number}).seq);
	t.deepEqual(seqs, [...new Set(seqs)].toSorted((a, b) => a - b)); // None twice, none out of order, over both daemons.
});

test.serial('logs shows the last records, follows over a rotation, and hides a level', async t => {
	const {shell, place, url} = await setRunning(t);
	await fetch(`${url}/some/page`);
	const following = shell.start('logs', '-f', '-n', '0', '-o', 'jsonl');
	await until('the request is logged', async () => (await shell.run('logs')).stdout.includes('GET /some/page'));
	await shell.run('switch', 'b');
	await until('it has heard', () => following.stdout().includes('a → b'));
	following.child.kill('SIGINT');
	t.is((await following.result).code, 130);
	t.is((await shell.run('logs', '--level', 'fatal')).stdout, '');
	const last = await shell.json('logs', '-n', '1', '--json');
	t.like(last, {schema: 'pmcp.logs/v1', file: path.join(place.logs, 'combined.log'), items: [{type: 'record', level: 'info'}]});
	t.is((await openShell(t).run('logs')).code, 1);
});

test.serial('a reader that has seen enough is no error', async t => {
	const {shell} = await setRunning(t);
	const following = shell.start('events', '-f');
	await until('it has begun', () => following.stdout().includes('is up'));
	following.child.stdout?.destroy();
	await shell.run('switch', 'b'); // The next line finds nobody.
	const {code, stderr} = await following.result;
	t.deepEqual([code, stderr], [0, '']);
});

test.serial('a token file opens a daemon beyond loopback, and a missing one is a usage error', async t => {
	const {shell, place} = await setScene(t);
	const file = path.join(place.folder, 'token');
	writeFileSync(file, 'sixteen-characters-or-more\n');
	const {url} = await shell.startDaemon('--token-file', file);
	t.like(await shell.json('status', '--json', '--daemon', url, '--token-file', file), {url});
	t.is((await shell.run('status', '--token-file', path.join(place.folder, 'nothing'))).code, 2);
	t.is((await shell.run('attach')).code, 2);
});

test.serial('an error shows its stack with -v alone', async t => {
	const {shell} = await setScene(t);
	const [plain, verbose] = await Promise.all([shell.run('health'), shell.run('health', '-v')]);
	t.notRegex(plain.stderr, /^\s+at /mv);
	t.regex(verbose.stderr, /^\s+at /mv);
});
