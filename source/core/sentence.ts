import type {Event, Tone} from './event.ts';
import type {Catalogue} from './catalogue.ts';
import {printable} from './text.ts';
import type {TargetId} from './target.ts';

const name = (id: TargetId | undefined): string => id ?? 'no target';

const list = (texts: readonly string[], none: string): string => texts.length > 0 ? texts.join('; ') : none;

const moved = ({from, to, detail, isForced}: Extract<Event, {type: 'active.switched'}>): string => {
	const move = from === undefined ? `${name(to)} is active` : `${from} → ${name(to)}`;
	return `${move}: ${detail}${isForced && !detail.endsWith('by force') ? ', by force' : ''}`;
};

const asked = (ids: readonly TargetId[]): string => ids.length === 1 ? `${ids[0] ?? ''} is checked now` : `${ids.length} targets are checked now`;

/** A number with its word: `1 tool`, `2 tools`. */
export const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;

/** What a target offers, in a few words: `everything 2.0.0: 13 tools, 4 prompts, 10 resources`. */
export const offerOf = ({server, tools, prompts, resources}: Catalogue): string => {
	const offers = [count(tools.length, 'tool'), count(prompts.length, 'prompt'), count(resources.length, 'resource')];
	return `${printable(server, 60)}: ${offers.join(', ')}`;
};

/**
What happened, in one sentence without a full stop, the same in every surface. It can hold text from the network: whoever
writes it to a terminal or a log makes it `printable`.
*/
export const sentenceOf = (event: Event): string => {
	switch (event.type) {
		case 'target.added': {
			return `${event.target.id} was added: ${event.target.url}`;
		}

		case 'target.changed': {
			return `${event.target.id} was changed: ${event.target.url}`;
		}

		case 'target.removed': {
			return `${event.id} was removed`;
		}

		case 'rules.changed': {
			return `the rules are: fall ${event.rules.fall}, rise ${event.rules.rise}, failback ${event.rules.failback}, policy ${event.rules.policy}`;
		}

		case 'settings.applied': {
			return `settings applied: ${list(event.changes, 'nothing changed')}`;
		}

		case 'settings.refused': {
			return `settings refused, the old ones stay: ${list(event.faults, 'unknown fault')}`;
		}

		case 'probe.passed': {
			return `${event.id} answered its probe in ${Math.round(event.ms)} ms${event.note === undefined ? '' : `, but ${event.note}`}`;
		}

		case 'probe.failed': {
			return `${event.id} failed its probe${event.streak > 0 ? ` (${event.streak} in a row)` : ''}: ${event.message}`;
		}

		case 'passive.passed': {
			return `${event.id} served a request`;
		}

		case 'passive.failed': {
			return `${event.id} failed a request: ${event.message}`;
		}

		case 'target.up': {
			return `${event.id} is up`;
		}

		case 'target.down': {
			return `${event.id} is down: ${event.message}`;
		}

		case 'target.catalogued': {
			return event.catalogue ? `${event.id} offers ${offerOf(event.catalogue)}` : `${event.id} offers nothing of MCP`;
		}

		case 'target.skipped': {
			return `${event.id} was passed over: ${event.detail}`;
		}

		case 'admin.changed': {
			return {ready: `${event.id} was put back to ready`, drain: `${event.id} is draining`, maintenance: `${event.id} was put into maintenance`}[event.admin];
		}

		case 'active.switched': {
			return moved(event);
		}

		case 'automatic.changed': {
			return `automatic failover is ${event.isAutomatic ? 'on' : 'off'}`;
		}

		case 'pin.changed': {
			return event.pin ? `${event.pin.id} is pinned (${event.pin.mode})` : 'the pin was taken away';
		}

		case 'traffic.sampled': {
			return 'traffic was sampled';
		}

		case 'mcp.called': {
			return `${count(event.calls.length + event.dropped, 'MCP request')} went through`;
		}

		case 'sessions.changed': {
			return `${count(event.changed.length, 'session')} changed, ${event.closed.length} closed`;
		}

		case 'session.ended': {
			return `session ${event.id} is ended`;
		}

		case 'check.requested': {
			return asked(event.ids);
		}

		case 'reload.requested': {
			return 'the settings are read again';
		}

		case 'stop.requested': {
			return `stopping: ${event.cause}`;
		}

		case 'fault.noticed': {
			return `${event.room}: ${event.message}`;
		}
	}
};

const tones: Partial<Record<Event['type'], Tone>> = {
	'target.up': 'good',
	'target.down': 'bad',
	'target.skipped': 'warn',
	'probe.failed': 'warn',
	'passive.failed': 'warn',
	'settings.refused': 'warn',
	'fault.noticed': 'warn',
};

export const toneOf = (event: Event): Tone => {
	if (event.type !== 'active.switched') {
		return tones[event.type] ?? 'plain';
	}

	const isFailover = event.cause === 'failover';
	return event.to === undefined ? 'bad' : (isFailover ? 'warn' : 'good');
};
