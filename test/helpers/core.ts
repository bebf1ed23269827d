import type {McpCall} from '../../source/core/call.ts';
import type {Catalogue} from '../../source/core/catalogue.ts';
import {defaultRules, type Rules} from '../../source/core/rules.ts';
import {decide} from '../../source/core/decide.ts';
import {evolve} from '../../source/core/evolve.ts';
import {initialState, type State} from '../../source/core/state.ts';
import type {Action} from '../../source/core/action.ts';
import type {Event} from '../../source/core/event.ts';
import type {SessionInfo} from '../../source/core/session.ts';
import type {Target} from '../../source/core/target.ts';

/** A public target of that name; `a` has priority 1, `b` 2, and so on. */
export const target = (id: string, priority = (id.codePointAt(0) ?? 97) - 96): Target => ({id, url: `http://127.0.0.1/${id}`, priority, probe: 'http GET /health'});

/** A catalogue with these tools; `'add:2'` is a tool add of another making than `'add'`. */
export const catalogue = (...tools: string[]): Catalogue => ({
	server: 'everything 2.0.0',
	protocol: '2025-11-25',
	capabilities: ['tools'],
	tools: tools.map(text => {
		const [name = '', hash = '1'] = text.split(':');
		return {name, hash};
	}),
	prompts: [],
	resources: [],
});

/** A call of tool `add` that went well, but for what is given. */
export const mcpCall = (some: Partial<McpCall> = {}): McpCall => ({
	id: 1,
	at: 0,
	ms: 12,
	method: 'tools/call',
	subject: 'add',
	target: 'a',
	session: 'abcd1234',
	client: 'claude-code',
	verdict: 'ok',
	code: undefined,
	bytesIn: 100,
	bytesOut: 200,
	attempts: 1,
	...some,
});

/** An open session of `claude-code` on target `a`, but for what is given. */
export const session = (some: Partial<SessionInfo> = {}): SessionInfo => ({
	id: 'abcd1234',
	client: 'claude-code 2.0.1',
	protocol: '2025-11-25',
	target: 'a',
	generation: 1,
	openedAt: 0,
	isListening: true,
	calls: 3,
	inFlight: 0,
	usedAt: 0,
	...some,
});

/** The pure core driven by hand: time goes on only when told. */
export type World = Readonly<{
	state: () => State;
	events: () => readonly Event[];
	/** Do something, `after` milliseconds later. Returns the events that followed. */
	act: (action: Action, after?: number) => Event[];
	pass: (...ids: string[]) => void;
	fail: (...ids: string[]) => void;
	/** Three failed probes: down for sure. */
	kill: (id: string) => void;
	/** Two passed probes: up for sure. */
	revive: (id: string) => void;
}>;

export const createWorld = (ids: readonly string[], rules: Partial<Rules> = {}): World => {
	let state = initialState(0);
	let now = 0;
	const events: Event[] = [];

	const act: World['act'] = (action, after = 0) => {
		now += after;
		const clock = {at: now, now};
		const followed = decide(state, action, clock);
		for (const event of followed) {
			state = evolve(state, event, clock);
			events.push(event);
		}

		return followed;
	};

	const pass = (...passed: string[]): void => {
		for (const id of passed) {
			act({type: 'passed', id, ms: 5, isPassive: false});
		}
	};

	const fail = (...failed: string[]): void => {
		for (const id of failed) {
			act({type: 'failed', id, code: 'ECONNREFUSED', message: 'connection refused', isPassive: false});
		}
	};

	act({type: 'configure', targets: ids.map(id => target(id)), rules: {...defaultRules, defaultTarget: ids[0], ...rules}, changes: []});
	return {
		state: () => state,
		events: () => events,
		act,
		pass,
		fail,
		kill(id) {
			fail(id, id, id);
		},
		revive(id) {
			pass(id, id);
		},
	};
};
