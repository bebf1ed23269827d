import {execFile, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import process from 'node:process';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {startRig} from '../helpers/rig.ts';
import {until} from '../helpers/until.ts';

const run = promisify(execFile);

/** The machine's own Python when it has requests, else Debian's, which test/install.sh has given them. */
const python = ['python3', '/usr/bin/python3'].find(command => spawnSync(command, ['-c', 'import requests']).status === 0) ?? 'python3';

/** Run tests of python/ and say what they said when one fails. */
const runTests = async (t: ExecutionContext, names: string, config = ''): Promise<void> => {
	const env = {...process.env, PROXY_MCP_CONFIG: config, PYTHONDONTWRITEBYTECODE: '1'};
	try {
		const {stderr} = await run(python, ['-W', 'error', '-m', 'unittest', names], {cwd: 'python', env, timeout: 50_000});
		t.regex(stderr, /^Ran [1-9]\d* tests? in .*\n\nOK\n$/mv);
	} catch (error) {
		t.fail(error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error));
	}
};

/** A target that says its name and what it was asked. */
const startTarget = async (t: ExecutionContext, name: string): Promise<string> => {
	const server = createServer(async (request, response) => {
		let body = '';
		for await (const chunk of request.setEncoding('utf8')) {
			body += String(chunk);
		}

		response.end(`${name} ${request.method ?? ''} ${request.url ?? ''} ${body}`);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

test('the Python module keeps its promises by itself', async t => {
	await runTests(t, 'test_mcp_manager');
});

test('the Python module sees and changes the state of a running proxy, and does without one', async t => {
	const [a, b] = await Promise.all([startTarget(t, 'a'), startTarget(t, 'b')]);
	const rig = await startRig(t, {a, b: {url: b, headers: {'x-key': 'S3CRET'}}, gone: 'http://127.0.0.1:1'});
	await until('the probes are done', () => Object.values(rig.client.getState().targets).every(({health}) => health.status !== 'unknown'));
	const config = path.join(rig.folder, 'mcp.json');
	writeFileSync(config, JSON.stringify({mcpServers: {unified_proxy: {url: rig.url, fallbacks: [{name: 'b', url: b}]}}}));
	await runTests(t, 'test_daemon.Running', config);
	await rig.client.run({type: 'stop', cause: 'the second half'});
	await rig.done;
	await runTests(t, 'test_daemon.Stopped', config);
});
