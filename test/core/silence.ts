import test from 'ava';
import type {Event} from '../../source/core/event.ts';
import {findTarget, isForsaken, patienceWith, type TargetState} from '../../source/core/state.ts';
import {catalogue, createWorld, type World} from '../helpers/core.ts';

const silent = {type: 'silent', id: 'a', silence: 212.4, limit: 150} as const;

const up = (ids: readonly string[], rules: Parameters<typeof createWorld>[1] = {}): World => {
	const world = createWorld(ids, rules);
	world.pass(...ids);
	return world;
};

const typesOf = (events: readonly Event[]): string[] => events.map(({type}) => type);

test('silence takes the active target down at once and moves the traffic, and says why', t => {
	const {state, act} = up(['a', 'b']);
	const events = act(silent);
	t.deepEqual(typesOf(events), ['probe.failed', 'target.down', 'active.switched']);
	t.is(state().active, 'b');
	t.is(state().cause, 'failover');
	t.is(state().detail, 'a is DOWN: silent for 212 ms, and its probe did not answer in 150 ms');
	t.like(findTarget(state(), 'a')?.failure, {code: 'SILENT'});
});

test('what was silent comes up again as any other does', t => {
	const {state, act, pass} = up(['a', 'b']);
	act(silent);
	pass('a');
	t.is(findTarget(state(), 'a')?.health.status, 'down');
	pass('a');
	t.is(findTarget(state(), 'a')?.health.status, 'up');
	t.is(state().active, 'b');
});

for (const [what, ids, rules, prepare] of [
	['it is the only target', ['a'], {}, () => undefined],
	['the others are down', ['a', 'b'], {}, ({kill}) => {
		kill('b');
	}],
	['automatic mode is off', ['a', 'b'], {}, ({act}) => {
		act({type: 'automatic', isAutomatic: false});
	}],
	['it is pinned hard', ['a', 'b'], {}, ({act}) => {
		act({type: 'pin', pin: {id: 'a', mode: 'hard'}});
	}],
	['the other one does not offer the same and must', ['a', 'b'], {gate: 'require'}, ({act}) => {
		act({type: 'catalogue', id: 'a', catalogue: catalogue('add')});
		act({type: 'catalogue', id: 'b', catalogue: catalogue()});
	}],
	['it is down already', ['b', 'a'], {}, ({act, kill}) => {
		kill('a');
		act({type: 'switch', id: 'a', isForced: true});
	}],
	['it is not active any more', ['a', 'b'], {}, ({act}) => {
		act({type: 'switch', id: 'b'});
	}],
] as ReadonlyArray<readonly [string, string[], Parameters<typeof createWorld>[1], (world: World) => void]>) {
	test(`silence means nothing when ${what}`, t => {
		const world = up(ids, rules);
		prepare(world);
		const before = world.state();
		t.deepEqual(world.act(silent), []);
		t.is(world.state(), before);
	});
}

test('what waits at a target is lost when that is down and another one serves, and only then', t => {
	const {state, act, kill, revive} = up(['a', 'b']);
	t.false(isForsaken(state(), 'a'));
	act({type: 'switch', id: 'b'});
	t.false(isForsaken(state(), 'a'), 'left by hand');
	kill('a');
	t.true(isForsaken(state(), 'a'));
	kill('b');
	t.false(isForsaken(state(), 'a'), 'nobody serves');
	t.false(isForsaken(state(), 'b'));
	revive('a');
	t.true(isForsaken(state(), 'b'));
	t.false(isForsaken(state(), 'gone'));
});

test('maintenance of a target forsakes nothing that waits there', t => {
	const {state, act} = up(['a', 'b']);
	act({type: 'admin', id: 'a', admin: 'maintenance'});
	t.is(state().active, 'b');
	t.false(isForsaken(state(), 'a'));
});

test('a target whose probes are slow is given twice their time, one slow one aside', t => {
	const patience = (...probes: number[]): number => patienceWith({probes} as unknown as TargetState, 150);
	t.is(patience(), 150);
	t.is(patience(3, 2, 5), 150);
	t.is(patience(120), 240);
	t.is(patience(3, 400, 2), 150);
	t.is(patience(3, 400, -1, 90, 2), 180);
	t.is(patience(500, -1), 1000);
	t.is(patience(500, 600), 1000);
});
