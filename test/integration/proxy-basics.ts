import test from 'ava';
import {startBackend} from '../helpers/backend.ts';
import {startPlane} from '../helpers/plane.ts';

test('a request reaches the active target and its answer comes back', async t => {
	const backend = await startBackend(t, 'a');
	const {url} = await startPlane(t, [backend]);
	const reply = await fetch(`${url}/some/path?x=1`, {method: 'POST', body: 'hello'});
	t.is(reply.status, 200);
	t.is(await reply.text(), 'a');
	t.like(backend.seen[0], {method: 'POST', url: '/some/path?x=1', body: 'hello', isComplete: true});
});
