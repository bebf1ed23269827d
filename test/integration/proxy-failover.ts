import {Agent, request as nodeRequest} from 'node:http';
import test, {type ExecutionContext} from 'ava';
import {startBackend, startChildBackend} from '../helpers/backend.ts';
import {absent, startFault} from '../helpers/fault.ts';
import {startPlane, type Plane} from '../helpers/plane.ts';
import {connectRaw, exchangeRaw} from '../helpers/raw.ts';
import {until} from '../helpers/until.ts';

const get = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const post = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi';
const failures = ({actions}: Plane): string[] => actions.filter(action => action.type === 'failed').map(({id}) => id);

type Result = Readonly<{status: number; body: string; code: string | undefined; ms: number}>;

/** One request on a kept connection; a status of 0 says that there was no whole reply. */
const ask = async (agent: Agent, port: number, method = 'GET', body = ''): Promise<Result> => new Promise(resolve => {
	const began = performance.now();
	const done = (status: number, text: string): void => {
		const code = /"code":"(\w+)"/v.exec(text)?.[1];
		resolve({status, body: text, code, ms: performance.now() - began});
	};

	nodeRequest({port, host: '127.0.0.1', method, agent, path: '/'}, response => {
		let text = '';
		response.on('data', (chunk: Buffer) => {
			text += chunk.toString();
		}).once('close', () => {
			done(response.complete ? response.statusCode ?? 0 : 0, text);
		}).on('error', () => undefined);
	}).on('error', () => {
		done(0, '');
	}).end(body);
});

/** Asks 200 times a second until told to stop; returns all results. */
const load = (t: ExecutionContext, port: number, make: (index: number) => Readonly<{method: string; body: string}>): (() => Promise<Result[]>) => {
	const agent = new Agent({keepAlive: true, maxSockets: 16});
	t.teardown(() => {
		agent.destroy();
	});
	const results: Array<Promise<Result>> = [];
	const timer = setInterval(() => {
		const {method, body} = make(results.length);
		results.push(ask(agent, port, method, body));
	}, 5);
	t.teardown(() => {
		clearInterval(timer);
	});
	return async () => {
		clearInterval(timer);
		return Promise.all(results);
	};
};

test.serial('kill -9 of the active target under 200 GETs a second costs none of them', async t => {
	const [a, b] = [await startChildBackend(t, 'a'), await startChildBackend(t, 'b')];
	const {port, store} = await startPlane(t, [a, b]);
	const stop = load(t, port, () => ({method: 'GET', body: ''}));
	await until('the traffic to flow', () => (store.getState().targets.a?.traffic.requests ?? 0) > 100);
	a.kill('SIGKILL');
	await until('the failover', () => store.getState().active === 'b');
	await until('the traffic to flow again', () => (store.getState().targets.b?.traffic.requests ?? 0) > 100);
	const results = await stop();
	t.deepEqual(results.filter(({status}) => status !== 200), []);
	t.true(results.some(({body}) => body === 'a') && results.some(({body}) => body === 'b'));
	t.is(store.getState().cause, 'failover');
});

test.serial('kill -9 under POSTs: each reaches a target at most once, and exactly once when it is answered', async t => {
	const [a, b] = [await startChildBackend(t, 'a'), await startChildBackend(t, 'b')];
	const {port, store} = await startPlane(t, [a, b]);
	const stop = load(t, port, index => ({method: 'POST', body: `id-${index}`}));
	await until('the traffic to flow', () => (store.getState().targets.a?.traffic.requests ?? 0) > 100);
	a.kill('SIGKILL');
	await until('the failover', () => store.getState().active === 'b');
	await until('the traffic to flow again', () => (store.getState().targets.b?.traffic.requests ?? 0) > 100);
	const results = await stop();
	const arrived = [...a.posts(), ...b.posts()];
	t.is(new Set(arrived).size, arrived.length, 'no POST was sent twice');
	for (const [index, {status, code}] of results.entries()) {
		t.true(status === 200 || (status === 502 && code === 'TARGET_BROKE'), `${status} ${code ?? ''}`);
		t.true(status !== 200 || arrived.includes(`id-${index}`), 'an answered POST has arrived');
	}

	t.true(results.filter(({status}) => status !== 200).length <= 16, 'only what was in flight is lost');
});

test('a target that can not be reached costs no request, not even a POST', async t => {
	const b = await startBackend(t, 'b');
	const plane = await startPlane(t, [await absent(t, 'a'), b]);
	const reply = await exchangeRaw(t, plane.port, post);
	t.is(reply.body, 'b');
	t.is(b.seen[0]?.body, 'hi');
	t.deepEqual(failures(plane), ['a']);
	t.is(plane.store.getState().active, 'b');
	t.is(plane.proxy.getCounters().targets.a?.retries, 1);
});

test('nor does an upload that is too large to be kept', async t => {
	const b = await startBackend(t, 'b');
	const {url} = await startPlane(t, [await absent(t, 'a'), b]);
	const body = 'x'.repeat(300_000);
	t.is(await (await fetch(url, {method: 'POST', body})).text(), 'b');
	t.is(b.seen[0]?.body, body);
});

test('gives up after three targets', async t => {
	const places = [await absent(t, 'a'), await absent(t, 'b'), await absent(t, 'c'), await absent(t, 'd')];
	const plane = await startPlane(t, places, {rules: {fall: 100}});
	const reply = await exchangeRaw(t, plane.port, get);
	t.is(reply.status, 502);
	t.deepEqual(failures(plane), ['a', 'b', 'c']);
});

test('a GET that broke before its head is sent to the next target', async t => {
	const a = await startFault(t, 'a', call => {
		call.reset();
	});
	const b = await startBackend(t, 'b');
	const plane = await startPlane(t, [a, b]);
	t.is((await exchangeRaw(t, plane.port, get)).body, 'b');
	t.is(a.heads.length, 1);
	t.deepEqual(failures(plane), ['a']);
});

for (const text of [post, get.replace('GET', 'DELETE'), get.replace('\r\n\r\n', '\r\nContent-Length: 2\r\n\r\nhi'), get.replace('GET', 'PUT')]) {
	test(`${text.split('\r\n')[0]}${text.endsWith('hi') ? ' with a body' : ''}: is never sent twice once a byte of it went out`, async t => {
		const a = await startFault(t, 'a', call => {
			call.reset();
		});
		const b = await startBackend(t, 'b');
		const {port} = await startPlane(t, [a, b]);
		const reply = await exchangeRaw(t, port, text);
		t.is(reply.status, 502);
		t.is(a.heads.length, 1);
		t.is(b.seen.length, 0);
	});
}

test('a GET that broke after its head is cut, not sent again', async t => {
	const a = await startFault(t, 'a', call => {
		call.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
		setTimeout(call.reset, 20);
	});
	const b = await startBackend(t, 'b');
	const plane = await startPlane(t, [a, b]);
	t.false((await exchangeRaw(t, plane.port, get)).isWhole);
	t.is(b.seen.length, 0);
	t.deepEqual(failures(plane), ['a']);
});

test('a kept connection that the target closed meanwhile costs no GET, and moves it nowhere', async t => {
	const a = await startFault(t, 'a', call => {
		if (call.turn > 1) {
			call.reset();
		} else {
			call.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na');
		}
	});
	const b = await startBackend(t, 'b');
	const {port} = await startPlane(t, [a, b], {rules: {fall: 100}});
	await exchangeRaw(t, port, get);
	t.is((await exchangeRaw(t, port, get)).body, 'a');
	t.is(a.heads.length, 3);
	t.is(b.seen.length, 0);
});

test('requests in flight during a switch finish where they began, new ones go to the new target', async t => {
	const release: Array<() => void> = [];
	const a = await startBackend(t, 'a', {answer(_request, response) {
		release.push(() => {
			response.end('a');
		});
	}});
	const b = await startBackend(t, 'b');
	const {port, store, url} = await startPlane(t, [a, b]);
	const early = Array.from({length: 10}, async () => exchangeRaw(t, port, post));
	await until('all to be in flight', () => release.length === 10);
	store.dispatch({type: 'switch', id: 'b'});
	t.is(await (await fetch(url)).text(), 'b');
	for (const open of release) {
		open();
	}

	t.deepEqual((await Promise.all(early)).map(({body}) => body), Array.from({length: 10}, () => 'a'));
	t.is(a.seen.length, 10);
});

test('/targets/NAME never moves', async t => {
	const b = await startBackend(t, 'b');
	const {port} = await startPlane(t, [await absent(t, 'a'), b]);
	const reply = await exchangeRaw(t, port, get.replace(' / ', ' /targets/a/ '));
	t.is(reply.status, 502);
	t.is((JSON.parse(reply.body) as {code: string}).code, 'TARGET_REFUSED');
	t.is(b.seen.length, 0);
});

for (const [what, settle] of Object.entries({
	'automatic mode is off'({store}: Plane) {
		store.dispatch({type: 'automatic', isAutomatic: false});
	},
	'it is pinned hard'({store}: Plane) {
		store.dispatch({type: 'pin', pin: {id: 'a', mode: 'hard'}});
	},
})) {
	test(`nothing moves by itself when ${what}`, async t => {
		const b = await startBackend(t, 'b');
		const plane = await startPlane(t, [await absent(t, 'a'), b]);
		settle(plane);
		const codes: string[] = [];
		for (let count = 0; count < 3; count++) {
			const reply = await exchangeRaw(t, plane.port, get); // eslint-disable-line no-await-in-loop
			codes.push(`${reply.status} ${(JSON.parse(reply.body) as {code: string}).code}`);
		}

		t.deepEqual(codes, ['502 TARGET_REFUSED', '503 NO_TARGET', '503 NO_TARGET']);
		t.is(b.seen.length, 0);
	});
}

test('a target that an operator forced is tried although it is down', async t => {
	const [a, b] = [await startBackend(t, 'a'), await startBackend(t, 'b')];
	const {store, url} = await startPlane(t, [a, b]);
	for (let count = 0; count < 3; count++) {
		store.dispatch({type: 'failed', id: 'b', code: 'X', message: 'down', isPassive: false});
	}

	store.dispatch({type: 'switch', id: 'b', isForced: true});
	t.is(await (await fetch(url)).text(), 'b');
});

test('without any target a request is answered 503 at once, and asks for a look at most once a second', async t => {
	const plane = await startPlane(t, [await absent(t, 'a')]);
	await exchangeRaw(t, plane.port, get);
	t.is(plane.store.getState().targets.a?.health.status, 'down');
	const replies = await Promise.all(Array.from({length: 10}, async () => exchangeRaw(t, plane.port, post)));
	for (const reply of replies) {
		t.is(reply.status, 503);
		t.is((JSON.parse(reply.body) as {code: string}).code, 'NO_TARGET');
		t.regex(reply.headers['proxy-status'] ?? '', /destination_unavailable/v);
		t.is(reply.headers['retry-after'], '5');
	}

	t.is(plane.actions.filter(({type}) => type === 'check').length, 1);
	t.is(plane.proxy.getCounters().targets['']?.statuses[4], 10);
});

test('502, 503 and 504 of a target count against it, 500 and 4xx do not', async t => {
	let status = 500;
	const a = await startBackend(t, 'a', {answer(_request, response) {
		response.writeHead(status).end('own words');
	}});
	const plane = await startPlane(t, [a], {rules: {fall: 1000}});
	for (const next of [500, 404, 429, 501, 505, 200]) {
		status = next;
		const reply = await exchangeRaw(t, plane.port, post); // eslint-disable-line no-await-in-loop
		t.is(reply.status, next);
		t.is(reply.body, 'own words');
	}

	t.deepEqual(failures(plane), []);
	for (const next of [502, 503, 504]) {
		status = next;
		await exchangeRaw(t, plane.port, post.replace(' / ', ' /targets/a/ ')); // eslint-disable-line no-await-in-loop
	}

	t.deepEqual(plane.actions.map(action => action.type === 'failed' ? action.code : action.type), ['HTTP_502', 'HTTP_503', 'HTTP_504']);
});

test('the first success after failures is reported, once', async t => {
	let isWell = false;
	const a = await startBackend(t, 'a', {answer(_request, response) {
		response.writeHead(isWell ? 200 : 503).end();
	}});
	const plane = await startPlane(t, [a], {rules: {fall: 3}});
	await exchangeRaw(t, plane.port, post);
	t.is(plane.store.getState().targets.a?.health.streak, 1);
	isWell = true;
	for (let count = 0; count < 5; count++) {
		await exchangeRaw(t, plane.port, post); // eslint-disable-line no-await-in-loop
	}

	t.deepEqual(plane.actions.map(({type}) => type), ['failed', 'passed']);
	t.like(plane.store.getState().targets.a?.health, {status: 'up', streak: 0});
});

test('an error that three requests in a row meet takes the target down and moves the traffic', async t => {
	const a = await startBackend(t, 'a', {answer(_request, response) {
		response.writeHead(503).end();
	}});
	const b = await startBackend(t, 'b');
	const {port, store} = await startPlane(t, [a, b]);
	const bodies: number[] = [];
	for (let count = 0; count < 5; count++) {
		bodies.push((await exchangeRaw(t, port, post)).status); // eslint-disable-line no-await-in-loop
	}

	t.deepEqual(bodies, [503, 503, 503, 200, 200]);
	t.is(store.getState().active, 'b');
});

test('connections to a target are kept and used again, the last one first', async t => {
	const a = await startBackend(t, 'a');
	const {port} = await startPlane(t, [a]);
	const client = await connectRaw(t, port);
	for (let count = 1; count <= 20; count++) {
		client.send(count % 2 ? get : post);
		await client.replies(count); // eslint-disable-line no-await-in-loop
	}

	t.is(a.connections(), 1);
	t.is(a.seen.length, 20);
});

test('an idle connection to a target is closed before the target would', async t => {
	const a = await startBackend(t, 'a');
	const {port} = await startPlane(t, [a], {timeouts: {keepAlive: 200}});
	await exchangeRaw(t, port, get);
	t.is(a.open(), 1);
	await until('it to be closed', () => a.open() === 0, 6000);
	t.is((await exchangeRaw(t, port, get)).body, 'a');
});
