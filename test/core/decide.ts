import test from 'ava';
import {decide} from '../../source/core/decide.ts';
import {AppError} from '../../source/core/errors.ts';
import {defaultRules} from '../../source/core/rules.ts';
import {failbackDelay, findTarget, initialState, isFlapping, isServing, stateWord} from '../../source/core/state.ts';
import {createWorld, target} from '../helpers/core.ts';

test('starts with the default target, before anything is known', t => {
	const {state} = createWorld(['a', 'b'], {defaultTarget: 'b'});
	t.is(state().active, 'b');
	t.is(state().cause, 'startup');
	t.is(state().epoch, 1);
	t.true(isServing(state()));
});

test('starts with the remembered target, and with the default when that is gone', t => {
	const start = (remembered: string): string | undefined => {
		const {state, act} = createWorld([]);
		act({type: 'configure', targets: [target('a'), target('b')], rules: {...defaultRules, defaultTarget: 'a'}, changes: [], remembered});
		return state().active;
	};

	t.is(start('b'), 'b');
	t.is(start('gone'), 'a');
});

test('a reload does not go back to the remembered target', t => {
	const {state, act} = createWorld(['a', 'b']);
	act({type: 'configure', targets: [target('b'), target('c')], rules: {...defaultRules, defaultTarget: 'c'}, changes: [], remembered: 'b'});
	t.is(state().active, 'c');
});

test('starts without an active target when there are no targets', t => {
	const {state} = createWorld([]);
	t.is(state().active, undefined);
	t.false(isServing(state()));
});

test('starts with the first target when the default is not named', t => {
	t.is(createWorld(['a', 'b'], {defaultTarget: undefined}).state().active, 'a');
});

test('fails over to the standby when the active target is down', t => {
	const {state, pass, kill} = createWorld(['a', 'b']);
	pass('a', 'b');
	kill('a');
	t.is(state().active, 'b');
	t.is(state().cause, 'failover');
	t.is(state().epoch, 2);
	t.is(state().detail, 'a is DOWN: connection refused');
});

test('one failed probe is enough for a target never seen up', t => {
	const {state, pass, fail} = createWorld(['a', 'b']);
	fail('a');
	t.is(state().active, 'a', 'b is not known to be any better yet');
	pass('b');
	t.is(state().active, 'b');
});

test('a start with everything down stays with the default, so that it serves when all are back', t => {
	const {state, fail, revive} = createWorld(['a', 'b']);
	fail('a', 'b');
	revive('a');
	revive('b');
	t.is(state().active, 'a');
	t.is(state().epoch, 1);
});

test('prefers a target known to be up over one not probed yet', t => {
	const {state, pass, kill} = createWorld(['a', 'b', 'c']);
	pass('a', 'c');
	kill('a');
	t.is(state().active, 'c');
});

test('stays when there is nobody to fail over to, and moves as soon as there is', t => {
	const {state, pass, kill, revive} = createWorld(['a', 'b']);
	pass('a', 'b');
	kill('b');
	kill('a');
	t.is(state().active, 'a');
	t.false(isServing(state()));
	revive('b');
	t.is(state().active, 'b');
});

test('passive failures count like failed probes', t => {
	const {state, act, pass} = createWorld(['a', 'b']);
	pass('a', 'b');
	for (let count = 0; count < 3; count++) {
		act({type: 'failed', id: 'a', code: 'ECONNREFUSED', message: 'refused', isPassive: true});
	}

	t.is(state().active, 'b');
});

test('a passive success resets the count, and says nothing when there is none', t => {
	const {state, act, pass} = createWorld(['a', 'b']);
	pass('a', 'b');
	t.deepEqual(act({type: 'passed', id: 'a', ms: 3, isPassive: true}), []);
	act({type: 'failed', id: 'a', code: 'X', message: 'x', isPassive: true});
	act({type: 'failed', id: 'a', code: 'X', message: 'x', isPassive: true});
	act({type: 'passed', id: 'a', ms: 3, isPassive: true});
	act({type: 'failed', id: 'a', code: 'X', message: 'x', isPassive: true});
	t.is(findTarget(state(), 'a')?.health.streak, 1);
	t.is(state().active, 'a');
});

test('traffic that still gets through does not bring a down target up', t => {
	const {state, act, pass, kill} = createWorld(['a', 'b']);
	pass('a', 'b');
	kill('b');
	t.deepEqual(act({type: 'passed', id: 'b', ms: 3, isPassive: true}), []);
	t.is(findTarget(state(), 'b')?.health.status, 'down');
});

test('a late result of a removed target changes nothing', t => {
	const {act} = createWorld(['a']);
	t.deepEqual(act({type: 'passed', id: 'gone', ms: 3, isPassive: false}), []);
});

test('does not fail over by itself when automatic mode is off', t => {
	const {state, act, pass, kill} = createWorld(['a', 'b']);
	pass('a', 'b');
	act({type: 'automatic', isAutomatic: false});
	t.deepEqual(act({type: 'automatic', isAutomatic: false}), []);
	kill('a');
	t.is(state().active, 'a');
	act({type: 'automatic', isAutomatic: true});
	t.is(state().active, 'b', 'and does at once when it is turned on again');
});

test('a manual switch never changes automatic mode', t => {
	for (const isAutomatic of [true, false]) {
		const {state, act, pass} = createWorld(['a', 'b']);
		pass('a', 'b');
		act({type: 'automatic', isAutomatic});
		act({type: 'switch', id: 'b'});
		t.is(state().active, 'b');
		t.is(state().cause, 'manual');
		t.is(state().isAutomatic, isAutomatic);
	}
});

test('a switch to the active target is done already', t => {
	t.deepEqual(createWorld(['a', 'b']).act({type: 'switch', id: 'a'}), []);
});

test('a switch to an unknown target is refused and names the known ones', t => {
	const {act} = createWorld(['a', 'b']);
	const error = t.throws(() => act({type: 'switch', id: 'constructor'}), {instanceOf: AppError});
	t.is(error.code, 'TARGET_UNKNOWN');
	t.is(error.message, 'No target is called "constructor". Known: a, b.');
	t.is(t.throws(() => createWorld([]).act({type: 'switch', id: 'x'})).message, 'No target is called "x". Known: none.');
});

test('a switch to a target that is down needs force', t => {
	const {state, act, pass, kill} = createWorld(['a', 'b']);
	pass('a', 'b');
	kill('b');
	const error = t.throws(() => act({type: 'switch', id: 'b'}), {instanceOf: AppError});
	t.is(error.code, 'TARGET_UNHEALTHY');
	t.is(error.message, '"b" is DOWN: connection refused.');
	act({type: 'switch', id: 'b', isForced: true});
	t.is(state().active, 'b');
});

test('a switch to a target in maintenance is refused without a reason to invent', t => {
	const {act} = createWorld(['a', 'b']);
	act({type: 'admin', id: 'b', admin: 'maintenance'});
	t.is(t.throws(() => act({type: 'switch', id: 'b'})).message, '"b" is MAINT.');
});

test('a forced switch is held against failover until the target has been up', t => {
	const {state, act, pass, kill, revive} = createWorld(['a', 'b']);
	pass('a', 'b');
	kill('b');
	act({type: 'switch', id: 'b', isForced: true});
	act({type: 'tick'}, 60_000);
	t.is(state().active, 'b');
	t.true(state().isHeld);
	revive('b');
	t.false(state().isHeld);
	kill('b');
	t.is(state().active, 'a');
});

test('a switch is refused when the state moved since it was looked at', t => {
	const {state, act, pass, kill} = createWorld(['a', 'b', 'c']);
	pass('a', 'b', 'c');
	const seen = state().epoch;
	kill('a');
	const error = t.throws(() => act({type: 'switch', id: 'c', ifEpoch: seen}), {instanceOf: AppError});
	t.is(error.code, 'STATE_MOVED');
	t.is(error.message, 'The active target changed meanwhile: it is b now (epoch 2, not 1).');
	act({type: 'switch', id: 'c', ifEpoch: state().epoch});
	t.is(state().active, 'c');
	t.is(t.throws(() => createWorld([]).act({type: 'failback', ifEpoch: 7})).message, 'The active target changed meanwhile: it is none now (epoch 0, not 7).');
});

test('the lock file is followed as a manual switch, and failover goes on from there', t => {
	const {state, act, pass, kill} = createWorld(['a', 'b']);
	pass('a', 'b');
	act({type: 'follow', id: 'b'});
	t.is(state().active, 'b');
	t.is(state().cause, 'lockfile');
	t.deepEqual(act({type: 'follow', id: 'b'}), []);
	kill('a');
	const events = act({type: 'follow', id: 'a'}).filter(({type}) => type === 'active.switched');
	t.is(events.length, 2, 'a dead target is followed, then left');
	t.is(state().active, 'b');
	t.throws(() => act({type: 'follow', id: 'nobody'}), {instanceOf: AppError});
});

test('undo goes back to the target before, and twice is where we were', t => {
	const {state, act, pass} = createWorld(['a', 'b']);
	pass('a', 'b');
	const error = t.throws(() => act({type: 'undo'}), {instanceOf: AppError});
	t.is(error.code, 'STATE_MOVED');
	act({type: 'switch', id: 'b'});
	act({type: 'undo'});
	t.is(state().active, 'a');
	act({type: 'undo'});
	t.is(state().active, 'b');
});

test('failback by hand goes to the preferred target', t => {
	const {state, act, pass} = createWorld(['a', 'b']);
	pass('a', 'b');
	act({type: 'switch', id: 'b'});
	act({type: 'failback'});
	t.is(state().active, 'a');
	t.is(state().cause, 'failback');
	t.deepEqual(createWorld([]).act({type: 'failback'}), []);
});

test('does not fail back by itself by default', t => {
	const {state, act, pass, kill, revive} = createWorld(['a', 'b']);
	pass('a', 'b');
	kill('a');
	revive('a');
	act({type: 'tick'}, 3_600_000);
	t.is(state().active, 'b');
});

test('automatic failback waits until the preferred target has been up long enough', t => {
	const {state, act, pass, kill, revive} = createWorld(['a', 'b'], {failback: 'automatic'});
	pass('a', 'b');
	kill('a');
	revive('a');
	act({type: 'tick'}, 29_999);
	t.is(state().active, 'b');
	act({type: 'tick'}, 1);
	t.is(state().active, 'a');
	t.is(state().cause, 'failback');
	t.is(state().detail, 'a has been up for 30s');
});

test('automatic failback leaves a target chosen by hand alone', t => {
	const {state, act, pass} = createWorld(['a', 'b'], {failback: 'automatic'});
	pass('a', 'b');
	act({type: 'switch', id: 'b'});
	act({type: 'tick'}, 3_600_000);
	t.is(state().active, 'b');
});

test('automatic failback keeps the hold-down', t => {
	const {state, act, pass, kill, revive} = createWorld(['a', 'b'], {failback: 'automatic', failbackDelay: 0, holdDown: 10_000});
	pass('a', 'b');
	kill('a');
	revive('a');
	act({type: 'tick'}, 9999);
	t.is(state().active, 'b');
	act({type: 'tick'}, 1);
	t.is(state().active, 'a');
});

test('the failback delay doubles with each flap up to its limit, and halves with each quiet window', t => {
	const {state, act, pass, kill, revive} = createWorld(['a', 'b'], {failback: 'automatic'});
	const delay = (now: number): number => {
		const a = findTarget(state(), 'a');
		return a ? failbackDelay(a, now, state().rules) : Number.NaN;
	};

	pass('a', 'b');
	t.is(delay(0), 30_000);
	for (const expected of [30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]) {
		kill('a');
		revive('a');
		t.is(delay(0), expected);
	}

	t.is(delay(300_000 * 3), 240_000);
	act({type: 'tick'}, 300_000 * 3);
	kill('a');
	t.is(delay(300_000 * 3), 480_000, 'a new flap goes on from the level that was left');
});

test('a flapping target gets no automatic failback until it is quiet', t => {
	const {state, act, pass, kill, revive} = createWorld(['a', 'b'], {failback: 'automatic', failbackDelay: 1});
	pass('a', 'b');
	kill('a');
	revive('a');
	kill('a');
	revive('a');
	const flapping = findTarget(state(), 'a');
	t.true(flapping && isFlapping(flapping, 0, defaultRules));
	act({type: 'tick'}, 299_999);
	t.is(state().active, 'b');
	act({type: 'tick'}, 1);
	t.is(state().active, 'a');
});

test('more than three changes of health within the window are flapping; the first verdict is none', t => {
	const {state, pass, kill, revive} = createWorld(['a']);
	const isFlappingNow = (): boolean => isFlapping(findTarget(state(), 'a')!, 0, defaultRules);
	pass('a');
	t.deepEqual(findTarget(state(), 'a')?.flaps.changes, []);
	kill('a');
	revive('a');
	kill('a');
	t.false(isFlappingNow());
	revive('a');
	t.true(isFlappingNow());
});

test('a hard pin is never left', t => {
	const {state, act, pass, kill} = createWorld(['a', 'b']);
	pass('a', 'b');
	act({type: 'pin', pin: {id: 'b', mode: 'hard'}});
	t.is(state().active, 'b');
	kill('b');
	t.is(state().active, 'b');
	act({type: 'pin', pin: undefined});
	t.is(state().active, 'a');
	t.deepEqual(act({type: 'pin', pin: undefined}), []);
});

test('a soft pin is left while it is down and is where failback goes', t => {
	const {state, act, pass, kill, revive} = createWorld(['a', 'b'], {failback: 'automatic'});
	pass('a', 'b');
	act({type: 'pin', pin: {id: 'b', mode: 'soft'}});
	kill('b');
	t.is(state().active, 'a');
	t.true(state().isAutomatic);
	revive('b');
	act({type: 'tick'}, 30_000);
	t.is(state().active, 'b');
});

test('no failback to a pinned target that was taken out', t => {
	const {state, act, pass, kill, revive} = createWorld(['a', 'b'], {failback: 'automatic'});
	pass('a', 'b');
	act({type: 'pin', pin: {id: 'b', mode: 'soft'}});
	kill('b');
	revive('b');
	act({type: 'admin', id: 'b', admin: 'drain'});
	act({type: 'tick'}, 3_600_000);
	t.is(state().active, 'a');
});

test('maintenance of the active target moves the traffic first, also when automatic mode is off', t => {
	const {state, act, pass} = createWorld(['a', 'b']);
	pass('a', 'b');
	act({type: 'automatic', isAutomatic: false});
	act({type: 'admin', id: 'a', admin: 'drain'});
	t.is(state().active, 'b');
	t.is(state().cause, 'manual');
	t.is(state().detail, 'a was put into drain');
	t.deepEqual(['a', 'b'].map(id => stateWord(findTarget(state(), id)!)), ['DRAIN', 'UP']);
	t.deepEqual(act({type: 'admin', id: 'a', admin: 'drain'}), []);
});

test('maintenance of the only target that is up needs force', t => {
	const {state, act, pass, kill} = createWorld(['a', 'b']);
	pass('a', 'b');
	kill('b');
	const error = t.throws(() => act({type: 'admin', id: 'a', admin: 'maintenance'}), {instanceOf: AppError});
	t.is(error.code, 'NO_CANDIDATE');
	act({type: 'admin', id: 'a', admin: 'maintenance', isForced: true});
	t.false(isServing(state()));
	act({type: 'admin', id: 'a', admin: 'ready'});
	t.true(isServing(state()));
});

test('a reload adds, changes and removes targets and keeps what it knows of the others', t => {
	const {state, act, pass} = createWorld(['a', 'b', 'c']);
	pass('a', 'b', 'c');
	const rules = {...defaultRules, defaultTarget: 'a'};
	const moved = {...target('c'), url: 'http://127.0.0.1/elsewhere'};
	const events = act({type: 'configure', targets: [target('a'), {...target('b'), priority: 9}, moved, target('d')], rules, changes: ['proxy.targets']});
	t.deepEqual(events.map(({type}) => type), ['rules.changed', 'target.changed', 'target.changed', 'target.added', 'settings.applied']);
	const status = (id: string): string | undefined => findTarget(state(), id)?.health.status;
	t.deepEqual(['a', 'b', 'c', 'd'].map(id => status(id)), ['up', 'up', 'unknown', 'unknown']);
	t.is(findTarget(state(), 'b')?.target.priority, 9);
});

test('a reload without the active target moves to the default', t => {
	const {state, act, pass} = createWorld(['a', 'b', 'c']);
	pass('a', 'b', 'c');
	act({type: 'pin', pin: {id: 'a', mode: 'soft'}});
	act({type: 'configure', targets: [target('b'), target('c')], rules: {...defaultRules, defaultTarget: 'c'}, changes: []});
	t.is(state().active, 'c');
	t.is(state().pin, undefined);
	t.is(state().detail, 'a was removed from the settings');
	t.throws(() => act({type: 'undo'}), {message: 'There is no switch to undo.'}, 'nobody goes back to what is gone');
	act({type: 'configure', targets: [], rules: defaultRules, changes: []});
	t.is(state().active, undefined);
	t.deepEqual(Object.keys(state().targets), []);
});

test('refused settings are remembered until good ones come', t => {
	const {state, act} = createWorld(['a']);
	act({type: 'refuse', faults: ['line 3 is wrong']});
	t.deepEqual(state().faults, ['line 3 is wrong']);
	act({type: 'configure', targets: [target('a')], rules: defaultRules, changes: []});
	t.deepEqual(state().faults, []);
});

test('a check names the targets to probe', t => {
	const {act} = createWorld(['a', 'b']);
	t.deepEqual(act({type: 'check'}), [{type: 'check.requested', ids: ['a', 'b']}]);
	t.deepEqual(act({type: 'check', id: 'b'}), [{type: 'check.requested', ids: ['b']}]);
	t.throws(() => act({type: 'check', id: 'x'}), {instanceOf: AppError});
});

test('reload, notice and stop are facts for others to act on; stop counts once', t => {
	const {state, act, kill, pass} = createWorld(['a', 'b']);
	pass('a', 'b');
	t.deepEqual(act({type: 'reload'}), [{type: 'reload.requested'}]);
	t.deepEqual(act({type: 'notice', room: 'lock', message: 'full'}), [{type: 'fault.noticed', room: 'lock', message: 'full'}]);
	t.deepEqual(act({type: 'stop', cause: 'SIGTERM'}), [{type: 'stop.requested', cause: 'SIGTERM'}]);
	t.deepEqual(act({type: 'stop', cause: 'SIGTERM'}), []);
	kill('a');
	t.is(state().active, 'a', 'a stopping proxy moves nobody');
});

test('policy latency takes the fastest candidate', t => {
	const {state, act, kill, pass} = createWorld(['a', 'b', 'c', 'd'], {policy: 'latency'});
	pass('a', 'd');
	act({type: 'passed', id: 'b', ms: 90, isPassive: false});
	act({type: 'passed', id: 'c', ms: 3, isPassive: false});
	kill('a');
	t.is(state().active, 'c');
});

test('policy latency takes the preferred one when nobody was probed', t => {
	const {state, act} = createWorld(['a', 'b', 'c'], {policy: 'latency'});
	act({type: 'admin', id: 'a', admin: 'maintenance'});
	t.is(state().active, 'b');
});

test('policy next goes round', t => {
	const {state, kill, pass, revive} = createWorld(['a', 'b', 'c'], {policy: 'next', defaultTarget: 'b'});
	pass('a', 'b', 'c');
	kill('b');
	t.is(state().active, 'c');
	revive('b');
	kill('c');
	t.is(state().active, 'a');
});

test('decide changes nothing by itself', t => {
	const state = Object.freeze(initialState(0));
	t.deepEqual(decide(state, {type: 'tick'}, {at: 0, now: 0}), []);
	t.deepEqual(state, initialState(0));
});
