import test from 'ava';
import fc from 'fast-check';
import type {Action} from '../../source/core/action.ts';
import {AppError} from '../../source/core/errors.ts';
import type {Clock, Event} from '../../source/core/event.ts';
import {decide} from '../../source/core/decide.ts';
import {isBarred} from '../../source/core/gate.ts';
import {evolve} from '../../source/core/evolve.ts';
import {defaultRules, type Rules} from '../../source/core/rules.ts';
import {candidates, findTarget, initialState, isCandidate, type State} from '../../source/core/state.ts';
import {eventFrame, snapshotFrame, type Frame} from '../../source/client/feed.ts';
import {reflect} from '../../source/client/mirror.ts';
import {catalogue, mcpCall, session, target} from '../helpers/core.ts';

const ids = ['a', 'b', 'c', 'd'];
const id = fc.constantFrom(...ids);
const isPassive = fc.boolean();
const rules = fc.record({
	policy: fc.constantFrom('priority', 'latency', 'next'),
	failback: fc.constantFrom('manual', 'automatic'),
	failbackDelay: fc.integer({min: 0, max: 60_000}),
	holdDown: fc.integer({min: 0, max: 60_000}),
	gate: fc.constantFrom('ignore', 'warn', 'require'),
	rise: fc.integer({min: 1, max: 4}),
	fall: fc.integer({min: 1, max: 4}),
}).map((some): Rules => ({...defaultRules, defaultTarget: 'a', ...some}));

const action: fc.Arbitrary<Action> = fc.oneof(
	{weight: 6, arbitrary: fc.record({type: fc.constant('passed'), id, ms: fc.nat(500), isPassive})},
	{weight: 8, arbitrary: fc.record({type: fc.constant('failed'), id, code: fc.constant('X'), message: fc.constant('x'), isPassive})},
	{weight: 2, arbitrary: fc.record({type: fc.constant('silent'), id, silence: fc.nat(500), limit: fc.nat(500)})},
	{weight: 2, arbitrary: fc.record({type: fc.constant('switch'), id, isForced: fc.boolean()})},
	fc.record({type: fc.constant('follow'), id}),
	fc.record({type: fc.constant('admin'), id, admin: fc.constantFrom('ready', 'drain', 'maintenance'), isForced: fc.boolean()}),
	fc.record({type: fc.constant('automatic'), isAutomatic: fc.boolean()}),
	fc.record({type: fc.constant('pin'), pin: fc.option(fc.record({id, mode: fc.constantFrom('soft', 'hard')}), {nil: undefined})}),
	fc.record({type: fc.constantFrom('undo', 'failback', 'tick', 'check', 'reload')}),
	fc.record({type: fc.constant('configure'), targets: fc.subarray(ids).map(list => list.map(name => target(name))), rules, changes: fc.constant([])}),
	{weight: 2, arbitrary: fc.record({type: fc.constant('catalogue'), id, catalogue: fc.option(fc.subarray(['add', 'add:2', 'sum']).map(tools => catalogue(...tools)), {nil: undefined})})},
	fc.record({type: fc.constant('calls'), calls: fc.array(fc.record({id: fc.nat()}).map(some => mcpCall(some)), {maxLength: 3})}),
	fc.record({type: fc.constant('sessions'), changed: fc.array(fc.record({id, calls: fc.nat()}).map(some => session(some)), {maxLength: 2}), closed: fc.subarray(ids)}),
	fc.record({type: fc.constant('sample'), targets: fc.constant({})}),
);

type Step = Readonly<{before: State; events: readonly Event[]; after: State; clock: Clock; action: Action}>;

const steps = fc.tuple(rules, fc.array(fc.tuple(action, fc.nat(40_000)), {maxLength: 60})).map(([first, list]): Step[] => {
	let state = initialState(0);
	let now = 0;
	const start: Array<[Action, number]> = [[{type: 'configure', targets: ids.map(name => target(name)), rules: first, changes: []}, 0]];
	return [...start, ...list].map(([asked, pause]) => {
		now += pause;
		const clock = {at: now, now};
		const before = state;
		const events = tryDecide(before, asked, clock);
		for (const event of events) {
			state = evolve(state, event, clock);
		}

		return {before, events, after: state, clock, action: asked};
	});
});

const tryDecide = (state: State, asked: Action, clock: Clock): Event[] => {
	try {
		return decide(state, asked, clock);
	} catch (error) {
		if (error instanceof AppError) {
			return [];
		}

		throw error;
	}
};

const holds = (check: (step: Step, all: readonly Step[], index: number) => boolean): void => {
	fc.assert(fc.property(steps, all => all.every((step, index) => check(step, all, index))), {numRuns: 500});
};

const switches = ({events}: Step): Array<Extract<Event, {type: 'active.switched'}>> => events.filter(event => event.type === 'active.switched');

test('in automatic mode the active target is a candidate whenever a target is up that the gate lets in', t => {
	t.notThrows(() => {
		holds(({after}) => {
			const active = findTarget(after, after.active);
			const isFree = after.isAutomatic && !after.isHeld && after.pin?.mode !== 'hard';
			return !isFree || candidates(after).every(({health, target: {id}}) => health.status !== 'up' || isBarred(after, id)) || (active !== undefined && isCandidate(active));
		});
	});
});

test('there is an active target exactly when there are targets', t => {
	t.notThrows(() => {
		holds(({after}) => (after.active === undefined) === (Object.keys(after.targets).length === 0) && (after.active === undefined || findTarget(after, after.active) !== undefined));
	});
});

test('the epoch rises by one with each switch and never otherwise', t => {
	t.notThrows(() => {
		holds(step => step.after.epoch === step.before.epoch + switches(step).length && switches(step).every((event, index) => event.epoch === step.before.epoch + index + 1));
	});
});

test('every switch says from where and really moves', t => {
	t.notThrows(() => {
		holds(step => {
			let {active} = step.before;
			return switches(step).every(({from, to}) => {
				const isMove = from === active && to !== from;
				active = to;
				return isMove;
			});
		});
	});
});

test('no automatic failback within the hold-down, and none that was not from a failover', t => {
	t.notThrows(() => {
		holds(step => {
			const isDue = step.before.cause === 'failover' && step.clock.now - step.before.switchedNow >= step.after.rules.holdDown;
			return isDue || step.action.type === 'failback' || switches(step).every(({cause}) => cause !== 'failback');
		});
	});
});

test('silence takes a target down only together with a failover', t => {
	t.notThrows(() => {
		holds(step => step.action.type !== 'silent' || step.events.some(({type}) => type === 'target.down') === switches(step).some(({cause}) => cause === 'failover'));
	});
});

test('only the operator changes automatic mode', t => {
	t.notThrows(() => {
		holds(({before, after, action: asked}) => before.isAutomatic === after.isAutomatic || asked.type === 'automatic');
	});
});

test('with automatic mode off nothing fails over or back by itself', t => {
	t.notThrows(() => {
		holds(step => step.after.isAutomatic || step.action.type === 'failback' || step.action.type === 'configure' || switches(step).every(({cause}) => cause !== 'failover' && cause !== 'failback'));
	});
});

test('replaying the events gives the state', t => {
	t.notThrows(() => {
		fc.assert(fc.property(steps, all => {
			let state = initialState(0);
			for (const {events, clock} of all) {
				for (const event of events) {
					state = evolve(state, event, clock);
				}
			}

			t.deepEqual(state, all.at(-1)?.after);
		}));
	});
});

test('a mirror fed over the wire from any point equals the daemon', t => {
	t.notThrows(() => {
		fc.assert(fc.property(steps, fc.nat(60), (all, joinAt) => {
			let seq = 0;
			let mirror: ReturnType<typeof reflect>;
			const receive = (frame: Frame): void => {
				mirror = reflect(mirror ?? {state: initialState(0), seq: 0, news: []}, JSON.parse(JSON.stringify(frame)) as Frame);
			};

			for (const [index, {events, clock, after}] of all.entries()) {
				for (const event of events) {
					seq++;
					if (mirror) {
						receive(eventFrame({...clock, seq, event}));
						receive(eventFrame({...clock, seq, event})); // A repeat changes nothing.
					}
				}

				if (index === Math.min(joinAt, all.length - 1)) {
					receive(snapshotFrame(after, seq, [], 0));
				}
			}

			t.deepEqual(JSON.parse(JSON.stringify(mirror?.state)), JSON.parse(JSON.stringify(all.at(-1)?.after)));
		}));
	});
});
