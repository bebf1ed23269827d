import test from 'ava';
import {differenceTo, tellDifference} from '../../source/core/gate.ts';
import type {Rules} from '../../source/core/rules.ts';
import {findTarget} from '../../source/core/state.ts';
import {catalogue, createWorld, type World} from '../helpers/core.ts';

/** `a` is active and offers add and sum; `b` lacks sum; `c` offers all, but add is another. */
const world = (gate: Rules['gate'], rules: Partial<Rules> = {}): World => {
	const made = createWorld(['a', 'b', 'c'], {gate, ...rules});
	made.pass('a', 'b', 'c');
	made.act({type: 'catalogue', id: 'a', catalogue: catalogue('add', 'sum')});
	made.act({type: 'catalogue', id: 'b', catalogue: catalogue('add')});
	made.act({type: 'catalogue', id: 'c', catalogue: catalogue('add:2', 'sum', 'more')});
	return made;
};

const skips = ({events}: World): string[] => events().filter(event => event.type === 'target.skipped').map(({id, detail}) => `${id} ${detail}`);

test('a move is measured against what the active target offers; more than that is no difference', t => {
	const {state, act} = world('warn');
	t.deepEqual(differenceTo(state(), 'b'), {missing: ['tool sum'], changed: []});
	t.deepEqual(differenceTo(state(), 'c'), {missing: [], changed: ['tool add']});
	act({type: 'switch', id: 'b'});
	t.is(differenceTo(state(), 'a'), undefined);
});

test('nothing is said of a target whose offer nobody knows', t => {
	const {state, act} = world('require');
	act({type: 'catalogue', id: 'b', catalogue: undefined});
	t.is(differenceTo(state(), 'b'), undefined);
	t.is(differenceTo(state(), undefined), undefined);
	act({type: 'switch', id: 'b'});
	t.is(state().active, 'b');
	t.is(differenceTo(state(), 'a'), undefined);
});

test('a difference names five items and counts the rest, harmless to a terminal', t => {
	t.is(tellDifference({missing: ['tool a', 'tool b'], changed: ['prompt c']}), 'lacks tool a, tool b; changes prompt c');
	t.is(tellDifference({missing: ['tool a', 'tool b', 'tool c', 'tool d', 'tool e', 'tool f'], changed: ['tool g']}), 'lacks tool a, tool b, tool c, tool d, tool e and 2 more');
	t.is(tellDifference({missing: ['tool \u001B]0;x\u0007'], changed: []}), String.raw`lacks tool \x1b]0;x\x07`);
});

test('warn: the switch happens and its detail names what clients will miss', t => {
	const {state, act, kill} = world('warn');
	act({type: 'switch', id: 'b'});
	t.is(state().detail, 'switched by hand; it lacks tool sum');
	act({type: 'switch', id: 'a'});
	t.is(state().detail, 'switched by hand');
	kill('a');
	t.is(state().detail, 'a is DOWN: connection refused; it lacks tool sum');
});

test('ignore: not a word', t => {
	const {state, kill} = world('ignore');
	kill('a');
	t.is(state().active, 'b');
	t.is(state().detail, 'a is DOWN: connection refused');
});

test('require: a failover takes the next target that offers the same, and says who was passed over', t => {
	const made = world('require');
	made.act({type: 'catalogue', id: 'c', catalogue: catalogue('add', 'sum')});
	made.kill('a');
	t.is(made.state().active, 'c');
	t.deepEqual(skips(made), ['b lacks tool sum']);
	t.is(findTarget(made.state(), 'b')?.skipped, undefined, 'a switch is a new question');
});

test('require: with nobody else to offer the same the proxy stays, and says so once', t => {
	const made = world('require');
	made.kill('a');
	made.act({type: 'tick'});
	made.fail('a');
	t.is(made.state().active, 'a');
	t.deepEqual(skips(made), ['b lacks tool sum', 'c changes tool add']);
	made.act({type: 'catalogue', id: 'b', catalogue: catalogue('add', 'sum')});
	t.is(made.state().active, 'b', 'it moves as soon as somebody does');
});

test('require: a switch by hand is refused with what clients would miss, unless forced', t => {
	const {state, act} = world('require');
	t.throws(() => {
		act({type: 'switch', id: 'b'});
	}, {code: 'TARGET_DIFFERS', message: '"b" lacks tool sum.'});
	t.is(state().active, 'a');
	act({type: 'switch', id: 'b', isForced: true});
	t.is(state().active, 'b');
	t.is(state().detail, 'switched by hand, by force; it lacks tool sum');
	t.false(state().isHeld, 'it is up: a failover may leave it');
});

test('require: taking the active target out needs one that offers the same, or force', t => {
	const {state, act} = world('require');
	t.throws(() => {
		act({type: 'admin', id: 'a', admin: 'maintenance'});
	}, {code: 'NO_CANDIDATE', message: '"a" is active and no other target is up that offers the same.'});
	act({type: 'admin', id: 'a', admin: 'maintenance', isForced: true});
	t.is(state().active, 'b');
});

test('require: no automatic failback to a target that came back with less', t => {
	const made = world('require', {failback: 'automatic', failbackDelay: 1000, holdDown: 0});
	made.act({type: 'catalogue', id: 'b', catalogue: catalogue('add', 'sum')});
	made.kill('a');
	t.is(made.state().active, 'b');
	made.act({type: 'catalogue', id: 'a', catalogue: catalogue('add')});
	made.revive('a');
	made.act({type: 'tick'}, 5000);
	made.act({type: 'tick'}, 5000);
	t.is(made.state().active, 'b');
	t.deepEqual(skips(made), ['c changes tool add', 'a lacks tool sum']);
	made.act({type: 'catalogue', id: 'a', catalogue: catalogue('add', 'sum')});
	t.is(made.state().active, 'a');
});
