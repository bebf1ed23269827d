import {readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {startDaemonProcess} from '../helpers/daemon-process.ts';
import {settingsPlace} from '../helpers/rig.ts';
import {startTargetProcess} from '../helpers/target-process.ts';
import {until} from '../helpers/until.ts';

const read = (folder: string, name = 'combined.log'): string => readFileSync(path.join(folder, name), 'utf8');

test('a daemon that is terminated right after its last answer has logged every request, and that it stops', async t => {
	const {url: target} = await startTargetProcess(t, 'a');
	const place = settingsPlace(t, {a: target});
	const {url, end} = await startDaemonProcess(t, place);
	await Promise.all(Array.from({length: 200}, async (_, number) => {
		const response = await fetch(`${url}/request/${number}`);
		await response.text();
	}));
	t.is(await end('SIGTERM'), 0);
	const log = read(place.logs);
	t.is(new Set(log.match(/(?<="GET \/request\/)\d+/gv)).size, 200);
	t.regex(log, /"msg":"stopping: [^"]*SIGTERM/v);
});

test('a daemon that is killed has logged every event until then', async t => {
	const {url: target} = await startTargetProcess(t, 'a');
	const place = settingsPlace(t, {a: target, b: target});
	const {url, end} = await startDaemonProcess(t, place);
	const response = await fetch(`${url}/api/proxy/switch`, {method: 'POST', headers: {'content-type': 'application/json'}, body: '{"system":"b","force":true}'});
	t.is(response.status, 200);
	t.is(await end('SIGKILL'), null);
	t.regex(read(place.logs), /"msg":"manual: a → b: /v);
});

test('no secret of the settings, of a URL or of a field reaches the logs or the terminal', async t => {
	const {port} = await startTargetProcess(t, 'a');
	const place = settingsPlace(t, {
		a: {url: `http://user:S3CRET@127.0.0.1:${port}`, headers: {'x-api-key': 'S3CRET', authorization: 'Bearer S3CRET'}},
		b: 'http://user:S3CRET@127.0.0.1:1/?token=S3CRET',
	}, {server: {token: 'S3CRETS3CRETS3CRETS3CRETS3CRETS3CRET'}, logging: {level: 'trace'}});
	const {url, end, said} = await startDaemonProcess(t, place);
	await until('b is down', () => read(place.logs, 'error.log').includes('b is down'));
	const headers = {
		authorization: 'Bearer S3CRET', cookie: 'a=S3CRET', 'mcp-session-id': 'S3CRET', referer: 'http://u:S3CRET@x/?code=S3CRET', 'user-agent': 'x/1 (token=S3CRET)',
	};
	const response = await fetch(`${url}/x?token=S3CRET&access_token=S3CRET&%6Bey=S3CRET&n=1`, {headers});
	t.is(await response.text(), 'a');
	await fetch(`${url}/targets/b/x?api_key=S3CRET`, {headers});
	t.is(await end('SIGTERM'), 0);
	t.true(read(place.logs).includes('"GET /x?token=[redacted]&access_token=[redacted]&%6Bey=[redacted]&n=1 HTTP/1.1" 200'));
	for (const text of [read(place.logs), read(place.logs, 'error.log'), said()]) {
		t.false(text.includes('S3CRET'), text.split('\n').find(line => line.includes('S3CRET')));
	}
});

test('a full disk under the logs holds up neither traffic nor the stop', async t => {
	const {url: target} = await startTargetProcess(t, 'a');
	const place = settingsPlace(t, {a: target});
	const fill = `mkdir -p ${place.logs} && mount -t tmpfs -o size=8k tmpfs ${place.logs}`;
	const {url, end} = await startDaemonProcess(t, place, fill);
	await until('records are dropped', async () => {
		const answers = await Promise.all(Array.from({length: 50}, async (_, number) => {
			const response = await fetch(`${url}/request/${number}`);
			return response.text();
		}));
		t.deepEqual(new Set(answers), new Set(['a']));
		const metrics = await fetch(`${url}/metrics`);
		const [, dropped] = /^proxy_mcp_log_records_dropped_total (\d+)/mv.exec(await metrics.text()) ?? [];
		return Number(dropped) > 0;
	});
	const response = await fetch(`${url}/after`);
	t.is(await response.text(), 'a');
	t.is(await end('SIGTERM'), 0);
});
