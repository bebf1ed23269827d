import test from 'ava';
import type {Event, Tone} from '../../source/core/event.ts';
import {defaultRules} from '../../source/core/rules.ts';
import {sentenceOf, toneOf} from '../../source/core/sentence.ts';
import {catalogue, mcpCall, session} from '../helpers/core.ts';

const target = {id: 'cline', url: 'http://localhost:5000', priority: 2, probe: 'http GET /health'};
const switched = {type: 'active.switched', from: 'augment', to: 'cline', cause: 'failover', epoch: 2, isForced: false, detail: 'augment is DOWN'} as const;

const cases: ReadonlyArray<[event: Event, sentence: string, tone: Tone]> = [
	[{type: 'target.added', target}, 'cline was added: http://localhost:5000', 'plain'],
	[{type: 'target.changed', target}, 'cline was changed: http://localhost:5000', 'plain'],
	[{type: 'target.removed', id: 'cline'}, 'cline was removed', 'plain'],
	[{type: 'rules.changed', rules: defaultRules}, 'the rules are: fall 3, rise 2, failback manual, policy priority', 'plain'],
	[{type: 'settings.applied', changes: ['server.port 4000 → 4100', 'cline added']}, 'settings applied: server.port 4000 → 4100; cline added', 'plain'],
	[{type: 'settings.applied', changes: []}, 'settings applied: nothing changed', 'plain'],
	[{type: 'settings.refused', faults: ['server.port: not a number']}, 'settings refused, the old ones stay: server.port: not a number', 'warn'],
	[{type: 'probe.passed', id: 'cline', ms: 4.4, streak: 0}, 'cline answered its probe in 4 ms', 'plain'],
	[{type: 'probe.failed', id: 'cline', code: 'ECONNREFUSED', message: 'connection refused', streak: 2}, 'cline failed its probe (2 in a row): connection refused', 'warn'],
	[{type: 'probe.failed', id: 'cline', code: 'ECONNREFUSED', message: 'connection refused', streak: 0}, 'cline failed its probe: connection refused', 'warn'],
	[{type: 'passive.passed', id: 'cline', streak: 0}, 'cline served a request', 'plain'],
	[{type: 'passive.failed', id: 'cline', code: 'E', message: 'cut off', streak: 1}, 'cline failed a request: cut off', 'warn'],
	[{type: 'target.up', id: 'cline'}, 'cline is up', 'good'],
	[{type: 'target.down', id: 'cline', code: 'E', message: 'cut off'}, 'cline is down: cut off', 'bad'],
	[{type: 'admin.changed', id: 'cline', admin: 'ready'}, 'cline was put back to ready', 'plain'],
	[{type: 'admin.changed', id: 'cline', admin: 'drain'}, 'cline is draining', 'plain'],
	[{type: 'admin.changed', id: 'cline', admin: 'maintenance'}, 'cline was put into maintenance', 'plain'],
	[switched, 'augment → cline: augment is DOWN', 'warn'],
	[{...switched, cause: 'manual', isForced: true, detail: 'switched by hand'}, 'augment → cline: switched by hand, by force', 'good'],
	[{...switched, cause: 'manual', isForced: true, detail: 'switched by hand, by force'}, 'augment → cline: switched by hand, by force', 'good'],
	[{...switched, from: undefined, cause: 'startup', detail: 'started'}, 'cline is active: started', 'good'],
	[{...switched, to: undefined, detail: 'augment was removed'}, 'augment → no target: augment was removed', 'bad'],
	[{type: 'automatic.changed', isAutomatic: true}, 'automatic failover is on', 'plain'],
	[{type: 'automatic.changed', isAutomatic: false}, 'automatic failover is off', 'plain'],
	[{type: 'pin.changed', pin: {id: 'cline', mode: 'soft'}}, 'cline is pinned (soft)', 'plain'],
	[{type: 'pin.changed', pin: undefined}, 'the pin was taken away', 'plain'],
	[{type: 'traffic.sampled', targets: {}}, 'traffic was sampled', 'plain'],
	[{type: 'probe.passed', id: 'cline', ms: 4.4, streak: 0, note: 'needs a login (401)'}, 'cline answered its probe in 4 ms, but needs a login (401)', 'plain'],
	[{type: 'target.catalogued', id: 'cline', catalogue: catalogue('add')}, 'cline offers everything 2.0.0: 1 tool, 0 prompts, 0 resources', 'plain'],
	[{type: 'target.catalogued', id: 'cline', catalogue: {...catalogue(), server: '\u001B]0;x\u0007'}}, String.raw`cline offers \x1b]0;x\x07: 0 tools, 0 prompts, 0 resources`, 'plain'],
	[{type: 'target.catalogued', id: 'cline', catalogue: undefined}, 'cline offers nothing of MCP', 'plain'],
	[{type: 'target.skipped', id: 'cline', detail: 'lacks tool add'}, 'cline was passed over: lacks tool add', 'warn'],
	[{type: 'mcp.called', calls: [mcpCall()], dropped: 2}, '3 MCP requests went through', 'plain'],
	[{type: 'sessions.changed', changed: [session()], closed: ['x', 'y']}, '1 session changed, 2 closed', 'plain'],
	[{type: 'session.ended', id: 'abcd1234'}, 'session abcd1234 is ended', 'plain'],
	[{type: 'check.requested', ids: ['cline']}, 'cline is checked now', 'plain'],
	[{type: 'check.requested', ids: ['augment', 'cline']}, '2 targets are checked now', 'plain'],
	[{type: 'reload.requested'}, 'the settings are read again', 'plain'],
	[{type: 'stop.requested', cause: 'SIGTERM'}, 'stopping: SIGTERM', 'plain'],
	[{type: 'fault.noticed', room: 'log', message: 'the disk is full'}, 'log: the disk is full', 'warn'],
];

for (const [event, sentence, tone] of cases) {
	test(`says "${sentence}" of ${event.type}, ${tone}${'isForced' in event && event.isForced ? `, ${event.detail}` : ''}`, t => {
		t.is(sentenceOf(event), sentence);
		t.is(toneOf(event), tone);
	});
}
