import test from 'ava';
import {z} from 'zod';
import {emptyMirror, reflect} from '../../source/client/mirror.ts';
import {doneShape, errorShape, eventsShape, healthShape, oneTargetShape, statusShape, switchedShape, targetsShape, type EventsDocument} from '../../source/client/shapes.ts';
import {allUp, startApi, takeDown} from '../helpers/api-rig.ts';
import {ask, post} from '../helpers/ask.ts';

const iso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/v;

test('GET /api/proxy/status names the active system, as older clients know it, and says the rest', async t => {
	const {port, store} = await startApi(t);
	allUp(store);
	const {status, json, headers} = await ask(port, '/api/proxy/status');
	t.is(status, 200);
	t.regex(headers['content-type'] ?? '', /^application\/json/v);
	t.is(headers['x-content-type-options'], 'nosniff');
	const document = statusShape.parse(json);
	t.like(document, {activeSystem: 'augment', previousSystem: null, epoch: 1, cause: 'startup', isServing: true, isAutomatic: true, pin: null, faults: []});
	t.like(document, {version: '0.1.0', pid: process.pid, url: `http://localhost:${port}`});
	t.deepEqual(document.targets.map(({name, state, latencyMs}) => [name, state, latencyMs]), [['augment', 'up', 12], ['cline', 'up', 12]]);
	t.true(document.uptimeMs !== null && document.uptimeMs < 60_000);
});

test('POST /api/proxy/switch makes a system active, as older clients know it', async t => {
	const {port, store} = await startApi(t);
	allUp(store);
	const {status, json} = await post(port, '/api/proxy/switch', {system: 'cline', note: 'an older client may send more'});
	t.is(status, 200);
	t.like(switchedShape.parse(json), {success: true, activeSystem: 'cline', previousSystem: 'augment', epoch: 2});
	t.is(store.getState().active, 'cline');
	const again = await post(port, '/api/proxy/switch', {system: 'cline'});
	t.like(again, {status: 200, json: {success: true, activeSystem: 'cline', epoch: 2}});
});

test('POST /api/proxy/switch says 400 for a missing or unknown system', async t => {
	const {port} = await startApi(t);
	const missing = await post(port, '/api/proxy/switch', {});
	const unknown = await post(port, '/api/proxy/switch', {system: 'nobody'});
	t.is(missing.status, 400);
	t.like(errorShape.parse(missing.json), {code: 'BAD_REQUEST', error: '"system" is missing.'});
	t.is(unknown.status, 400);
	t.like(errorShape.parse(unknown.json), {code: 'TARGET_UNKNOWN'});
	t.regex(unknown.headers['proxy-status'] as string, /^proxy-mcp; error=/v);
});

test('POST /api/proxy/switch says 409 for an unhealthy system, and does it by force', async t => {
	const {port, store} = await startApi(t);
	allUp(store);
	takeDown(store, 'cline');
	const refused = await post(port, '/api/proxy/switch', {system: 'cline'});
	t.is(refused.status, 409);
	t.like(errorShape.parse(refused.json), {code: 'TARGET_UNHEALTHY', error: '"cline" is DOWN: connect ECONNREFUSED.'});
	t.is(store.getState().active, 'augment');
	const forced = await post(port, '/api/proxy/switch', {system: 'cline', force: true});
	t.like(forced, {status: 200, json: {success: true, activeSystem: 'cline'}});
	t.true(store.getState().isAutomatic, 'a manual switch never changes it');
});

test('POST /api/proxy/switch says 409 when the state moved since that epoch', async t => {
	const {port, store} = await startApi(t);
	allUp(store);
	const {status, json} = await post(port, '/api/proxy/switch', {system: 'cline', ifEpoch: 7});
	t.is(status, 409);
	t.like(json, {code: 'STATE_MOVED'});
	t.like(await post(port, '/api/proxy/switch', {system: 'cline', ifEpoch: 1}), {status: 200});
});

test('GET /health keeps its shape: healthy when at least one system is', async t => {
	const {port, store} = await startApi(t);
	const early = await ask(port, '/health');
	t.is(early.status, 503, 'nothing has been found out yet');
	allUp(store);
	takeDown(store, 'augment');
	const one = await ask(port, '/health');
	t.is(one.status, 200);
	const document = healthShape.parse(one.json);
	t.regex(document.timestamp, iso);
	t.is(document.status, 'healthy');
	t.is(document.activeSystem, 'cline');
	t.like(document.systems.augment, {isActive: false, isHealthy: false, url: 'http://localhost:3000', priority: 1, error: 'connect ECONNREFUSED'});
	t.like(document.systems.cline, {isActive: true, isHealthy: true, url: 'http://localhost:5000', priority: 2, error: null});
	takeDown(store, 'cline');
	const none = await ask(port, '/health');
	t.is(none.status, 503);
	t.is(healthShape.parse(none.json).status, 'unhealthy');
});

test('the standard endpoints move with the settings, without a restart', async t => {
	let paths = {health: '/health', config: '/config'};
	const {port, store} = await startApi(t, {getPaths: () => paths, getConfig: () => ({server: {port: 4000, host: 'localhost'}})});
	allUp(store);
	t.like(await ask(port, '/config'), {status: 200, json: {server: {port: 4000, host: 'localhost'}}});
	paths = {health: '/-/health', config: '/-/config'};
	t.like(await ask(port, '/-/health'), {status: 200});
	t.like(await ask(port, '/-/config'), {status: 200});
	t.like(await ask(port, '/health'), {json: {proxied: '/health'}});
});

test('GET /metrics is Prometheus text and /api/proxy/metrics is JSON', async t => {
	const {port} = await startApi(t);
	const text = await ask(port, '/metrics?x=1');
	t.is(text.status, 200);
	t.is(text.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
	t.regex(text.text, /^pmcp_up 1$/mv);
	t.like(await ask(port, '/api/proxy/metrics'), {status: 200, json: {up: 1}});
});

test('GET /api/proxy/targets lists them in failover order, one of them by its name', async t => {
	const odd = {id: 'odd name/ü', url: 'http://localhost:1/x', priority: 0, probe: 'tcp'};
	const {port, store} = await startApi(t, {targets: [{id: 'late', url: 'http://localhost:2', priority: 9, probe: 'tcp'}, odd]});
	store.dispatch({type: 'passed', id: 'late', ms: 5.821_128, isPassive: false});
	takeDown(store, 'late');
	store.dispatch({type: 'admin', id: odd.id, admin: 'drain', isForced: true});
	const {json} = await ask(port, '/api/proxy/targets');
	const {items} = targetsShape.parse(json);
	t.deepEqual(items.map(({name, state, health, admin, isActive}) => [name, state, health, admin, isActive]), [[odd.id, 'drain', 'unknown', 'drain', true], ['late', 'down', 'down', 'ready', false]]);
	t.deepEqual(items[1]?.failure, {code: 'ECONNREFUSED', message: 'connect ECONNREFUSED'});
	t.deepEqual(items[1]?.probesMs, [5.82, null, null, null]);
	t.is(items[1]?.latencyMs, 5.82);
	const one = await ask(port, `/api/proxy/targets/${encodeURIComponent(odd.id)}`);
	t.is(oneTargetShape.parse(one.json).url, 'http://localhost:1/x');
	t.like(await ask(port, '/api/proxy/targets/nobody'), {status: 404, json: {code: 'TARGET_UNKNOWN'}});
});

test('GET /api/proxy/state is the same state a mirror folds, and 304 while nothing has changed', async t => {
	const {port, store, feed} = await startApi(t);
	allUp(store);
	const {json, headers} = await ask(port, '/api/proxy/state');
	const body = z.object({schema: z.literal('pmcp.state/v1'), revision: z.number(), generatedAt: z.string().regex(iso), state: z.unknown()}).parse(json);
	t.is(body.revision, feed.getSeq());
	t.deepEqual(body.state, JSON.parse(JSON.stringify(reflect(emptyMirror, feed.snapshot())?.state)));
	const etag = headers.etag ?? '';
	const same = await ask(port, '/api/proxy/state', {headers: {'if-none-match': etag}});
	t.is(same.status, 304);
	t.is(same.text, '');
	store.dispatch({type: 'automatic', isAutomatic: false});
	t.like(await ask(port, '/api/proxy/state', {headers: {'if-none-match': etag}}), {status: 200});
});

test('GET /api/proxy/events gives the news, or everything since a seq, or says that some are gone', async t => {
	const {port, store, feed} = await startApi(t, {history: 10});
	const before = feed.getSeq();
	allUp(store);
	const events = async (query: string): Promise<EventsDocument> => {
		const {json} = await ask(port, `/api/proxy/events${query}`);
		return eventsShape.parse(json);
	};

	const all = await events(`?since=${before}`);
	t.true(all.isComplete);
	t.deepEqual(all.items.map(({type}) => type), ['probe.passed', 'target.up', 'probe.passed', 'target.up']);
	t.deepEqual(all.items.map(({seq}) => seq), [1, 2, 3, 4].map(step => before + step));
	const news = await events('');
	t.true(news.isComplete);
	t.is(news.items.at(-1)?.sentence, 'cline is up');
	t.false(news.items.some(({type}) => type === 'probe.passed'));
	for (let count = 0; count < 30; count++) {
		store.dispatch({type: 'passed', id: 'cline', ms: 1, isPassive: false});
	}

	const later = await events(`?since=${before}`);
	t.false(later.isComplete);
	t.like(await ask(port, '/api/proxy/events?since=abc'), {status: 400});
});

test('POST /api/proxy/actions does all an operator can, and says what is true then', async t => {
	const {port, store, feed} = await startApi(t);
	allUp(store);
	const act = async (action: unknown): Promise<unknown> => {
		const {json} = await post(port, '/api/proxy/actions', action);
		return json;
	};

	t.deepEqual(doneShape.parse(await act({type: 'switch', id: 'cline'})), {ok: true, revision: feed.getSeq(), activeSystem: 'cline', epoch: 2});
	t.like(await act({type: 'undo'}), {activeSystem: 'augment', epoch: 3});
	t.like(await act({type: 'pin', pin: {id: 'cline', mode: 'soft'}}), {activeSystem: 'cline'});
	t.like(await act({type: 'pin', pin: null}), {ok: true});
	t.is(store.getState().pin, undefined);
	t.like(await act({type: 'failback'}), {activeSystem: 'augment'});
	t.like(await act({type: 'automatic', isAutomatic: false}), {ok: true});
	t.false(store.getState().isAutomatic);
	t.like(await act({type: 'admin', id: 'augment', admin: 'maintenance'}), {activeSystem: 'cline'});
	t.like(await act({type: 'check'}), {ok: true});
	t.like(await act({type: 'reload'}), {ok: true});
	t.like(await act({type: 'check', id: 'nobody'}), {code: 'TARGET_UNKNOWN'});
	t.like(await act({type: 'switch', id: 'augment'}), {code: 'TARGET_UNHEALTHY'});
	t.like(await act({type: 'stop', cause: 'pmcp stop'}), {ok: true});
	t.true(store.getState().isStopping);
});

test('a change from another machine needs the token; reading does not', async t => {
	const {port, store} = await startApi(t, {peer: '192.0.2.9', getToken: () => 'SECRET'});
	allUp(store);
	const change = async (headers: Record<string, string>): Promise<number> => {
		const {status, headers: answered} = await post(port, '/api/proxy/actions', {type: 'switch', id: 'cline'}, headers);
		t.is(answered['www-authenticate'], status === 401 ? 'Bearer' : undefined);
		return status;
	};

	t.is(await change({}), 401);
	t.is(await change({authorization: 'Bearer WRONG'}), 401);
	t.is(await change({authorization: 'Bearer SECRETS'}), 401);
	t.is(await change({authorization: 'SECRET'}), 401);
	t.is(store.getState().active, 'augment');
	t.is(await change({authorization: 'Bearer SECRET'}), 200);
	t.like(await ask(port, '/api/proxy/status'), {status: 200});
});

test('nobody changes anything from another machine when no token is set', async t => {
	const {port} = await startApi(t, {peer: '192.0.2.9'});
	t.like(await post(port, '/api/proxy/switch', {system: 'cline'}, {authorization: 'Bearer undefined'}), {status: 401, json: {code: 'TOKEN_NEEDED'}});
});

test('HEAD answers like GET without a body', async t => {
	const {port} = await startApi(t);
	const {status, text, headers} = await ask(port, '/api/proxy/status', {method: 'HEAD'});
	t.is(status, 200);
	t.is(text, '');
	t.true(Number(headers['content-length']) > 100);
});

test('GET /api/proxy/schema describes what is asked and answered', async t => {
	const {port} = await startApi(t);
	const {json} = await ask(port, '/api/proxy/schema');
	const {$defs} = z.object({$schema: z.string(), $defs: z.record(z.string(), z.record(z.string(), z.unknown()))}).parse(json);
	t.deepEqual(Object.keys($defs), ['action', 'switch', 'done', 'switched', 'status', 'health', 'targets', 'target', 'events', 'calls', 'sessions', 'error']);
	t.deepEqual($defs.switch?.required, ['system']);
});

test('a fault inside becomes a 500 in JSON', async t => {
	const {port} = await startApi(t, {
		getConfig() {
			throw new TypeError('broken \u001B[31m inside');
		},
	});
	t.like(await ask(port, '/config'), {status: 500, json: {error: String.raw`broken \x1b[31m inside`, code: 'FAILED'}});
});
