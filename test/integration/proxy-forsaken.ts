import type {ServerResponse} from 'node:http';
import test, {type ExecutionContext} from 'ava';
import {startBackend, type Backend} from '../helpers/backend.ts';
import {startPlane, type Plane} from '../helpers/plane.ts';
import {connectRaw, exchangeRaw, type RawReply} from '../helpers/raw.ts';
import {until} from '../helpers/until.ts';

const get = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const post = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi';

type Scene = Readonly<{plane: Plane; a: Backend; b: Backend; held: ServerResponse[]; down: () => void; ask: (text: string) => Promise<RawReply>}>;

/** Two targets; `a` answers when it is told to. */
const start = async (t: ExecutionContext): Promise<Scene> => {
	const held: ServerResponse[] = [];
	const a = await startBackend(t, 'a', {answer(_request, response) {
		held.push(response);
	}});
	const b = await startBackend(t, 'b');
	const plane = await startPlane(t, [a, b]);
	return {
		plane, a, b, held,
		down() {
			for (let count = 0; count < 3; count++) {
				plane.store.dispatch({type: 'failed', id: 'a', code: 'ECONNREFUSED', message: 'connection refused', isPassive: false});
			}
		},
		ask: async text => exchangeRaw(t, plane.port, text),
	};
};

const codeOf = ({body}: RawReply): string => (JSON.parse(body) as {code: string}).code;

test('when another target takes over, what can be moves there at once, and the rest gets a clean error', async t => {
	const {plane, a, b, held, down, ask} = await start(t);
	const asked = [get, get.replace('GET', 'OPTIONS'), post, get.replace('GET', 'DELETE')].map(async text => ask(text));
	await until('all are in flight', () => held.length === 4);
	down();
	const [got, options, posted, deleted] = await Promise.all(asked);
	t.is(got?.body, 'b');
	t.is(options?.body, 'b');
	for (const reply of [posted, deleted]) {
		t.is(reply?.status, 502);
		t.is(reply && codeOf(reply), 'TARGET_BROKE');
	}

	t.deepEqual(b.seen.map(({method}) => method).toSorted(), ['GET', 'OPTIONS']);
	t.is(a.seen.length, 4);
	await until('its connections are gone, and with them late answers', () => a.open() === 0);
	const {targets} = plane.proxy.getCounters();
	t.is(targets.a?.retries, 2);
	await until('nothing is in flight', () => (plane.store.getState().targets.a?.traffic.inFlight ?? 0) === 0);
});

test('so does an upload in the middle, with an error', async t => {
	const {plane, a, down} = await start(t);
	const client = await connectRaw(t, plane.port);
	client.send('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nbegin');
	await until('it has begun', () => a.open() === 1);
	down();
	t.is((await client.reply()).status, 502);
});

test('a reply that has its head goes on to its own end', async t => {
	const {plane, held, down, ask} = await start(t);
	const asked = ask(get);
	await until('it is in flight', () => held.length === 1);
	held[0]?.write('half');
	await until('the head is through', () => plane.proxy.getCounters().targets.a?.bytesOut === 4);
	down();
	t.is(plane.store.getState().active, 'b');
	held[0]?.end(' whole');
	t.is((await asked).body, 'half whole');
});

test('while no other target serves, what waits goes on waiting', async t => {
	const {plane, held, down, ask} = await start(t);
	for (let count = 0; count < 3; count++) {
		plane.store.dispatch({type: 'failed', id: 'b', code: 'X', message: 'down', isPassive: false});
	}

	const asked = ask(post);
	await until('it is in flight', () => held.length === 1);
	down();
	t.is(plane.store.getState().targets.a?.health.status, 'down');
	held[0]?.end('late');
	t.is((await asked).body, 'late');
});

for (const [what, act] of Object.entries({
	'a switch by hand'({store}: Plane) {
		store.dispatch({type: 'switch', id: 'b'});
	},
	'maintenance'({store}: Plane) {
		store.dispatch({type: 'admin', id: 'a', admin: 'maintenance'});
	},
	'draining'({store}: Plane) {
		store.dispatch({type: 'admin', id: 'a', admin: 'drain'});
	},
})) {
	test(`${what} touches nothing in flight`, async t => {
		const {plane, held, ask} = await start(t);
		const asked = [get, post].map(async text => ask(text));
		await until('both are in flight', () => held.length === 2);
		act(plane);
		t.is(plane.store.getState().active, 'b');
		t.is((await ask(get)).body, 'b');
		for (const response of held) {
			response.end('a');
		}

		t.deepEqual((await Promise.all(asked)).map(({body}) => body), ['a', 'a']);
	});
}
