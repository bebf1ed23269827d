import type {Event, Stamped} from '../../core/event.ts';
import {offerOf} from '../../core/sentence.ts';
import type {Glyphs, Look, Piece, Style} from '../theme.ts';
import {fit, formatTime} from '../text.ts';
import type {Notice} from '../ui.ts';

/** One line of the events pane, before it is drawn. `id`: the target it is about. */
export type Entry = Readonly<{at: number; glyph: keyof Glyphs; style: Style; word: string; subject: string; text: string; id: string | undefined; count: number}>;

type Fact = Omit<Entry, 'at' | 'count'>;

const fact = (glyph: keyof Glyphs, word: string, subject: string, {text = '', id}: {text?: string; id?: string | undefined} = {}): Fact => {
	const styles: Partial<Record<keyof Glyphs, Style>> = {up: 'green', down: 'red', warning: 'yellow', maintenance: 'blue', drain: 'blue'};
	return {glyph, style: styles[glyph] ?? 'dim', word, subject, text, id};
};

const causes = {failover: 'failover', manual: 'switch', failback: 'failback', lockfile: 'lock file', startup: 'start'} as const;

const switchFact = ({from, to, cause, detail}: Extract<Event, {type: 'active.switched'}>, arrow: string): Fact => {
	const glyph = to === undefined || cause === 'failover' ? 'down' : 'up';
	return fact(glyph, causes[cause], `${from === undefined ? '' : `${from} `}${arrow} ${to ?? 'none'}`, {text: detail, id: to ?? from});
};

const admins = {ready: ['up', 'ready'], drain: ['drain', 'drain'], maintenance: ['maintenance', 'maint']} as const;

/** What an event says to a person. */
const factOf = (event: Event, {glyphs}: Look): Fact | undefined => {
	switch (event.type) {
		case 'active.switched': {
			return switchFact(event, glyphs.arrow);
		}

		case 'target.up': {
			return fact('up', 'up', event.id, {id: event.id, text: 'answers its probes'});
		}

		case 'target.down': {
			return fact('down', 'down', event.id, {id: event.id, text: event.message});
		}

		case 'probe.failed':
		case 'passive.failed': {
			return fact('warning', event.type === 'probe.failed' ? 'probe' : 'request', event.id, {id: event.id, text: event.message});
		}

		case 'target.catalogued': {
			return fact('note', 'offers', event.id, {id: event.id, text: event.catalogue ? offerOf(event.catalogue) : 'nothing of MCP'});
		}

		case 'target.skipped': {
			return fact('warning', 'skipped', event.id, {id: event.id, text: event.detail});
		}

		case 'session.ended': {
			return fact('note', 'session', event.id, {text: 'ended by hand'});
		}

		case 'admin.changed': {
			const [glyph, word] = admins[event.admin];
			return fact(glyph, word, event.id, {id: event.id, text: 'by hand'});
		}

		case 'automatic.changed': {
			return fact(event.isAutomatic ? 'up' : 'warning', 'auto', `failover ${event.isAutomatic ? 'on' : 'off'}`);
		}

		case 'pin.changed': {
			return fact('note', 'pin', event.pin ? `${event.pin.id} (${event.pin.mode})` : 'removed', {id: event.pin?.id});
		}

		case 'settings.applied': {
			return fact('note', 'settings', 'applied', {text: event.changes.join(', ')});
		}

		case 'settings.refused': {
			return fact('down', 'settings', `refused, ${event.faults.length} ${event.faults.length === 1 ? 'fault' : 'faults'}`, {text: event.faults[0] ?? ''});
		}

		case 'target.added':
		case 'target.changed': {
			return fact('note', event.type === 'target.added' ? 'added' : 'changed', event.target.id, {id: event.target.id, text: event.target.url});
		}

		case 'target.removed': {
			return fact('note', 'removed', event.id, {id: event.id});
		}

		case 'fault.noticed': {
			return fact('warning', event.room, '', {text: event.message});
		}

		case 'stop.requested': {
			return fact('note', 'stop', event.cause);
		}

		case 'reload.requested': {
			return fact('note', 'settings', 'reload asked for');
		}

		case 'check.requested': {
			return fact('note', 'check', event.ids.join(' '), {id: event.ids.length === 1 ? event.ids[0] : undefined});
		}

		case 'rules.changed':
		case 'probe.passed':
		case 'passive.passed':
		case 'mcp.called':
		case 'sessions.changed':
		case 'traffic.sampled': {
			return undefined;
		}
	}
};

type Draft = {-readonly [Field in keyof Entry]: Entry[Field]} & {event: Event};

type Failure = Extract<Event, {type: 'probe.failed' | 'passive.failed'}>;

const isFailure = (event: Event): event is Failure => event.type === 'probe.failed' || event.type === 'passive.failed';

/** Takes an event into an earlier line, when that says it all: a failure like the last one, a failure that becomes a `down`, one more target added. */
const absorb = (event: Event, {found, at, last, newest}: {found: Fact; at: number; last: Draft | undefined; newest: Draft | undefined}): boolean => {
	const lastFailure = last && isFailure(last.event) ? last.event : undefined;
	if (isFailure(event) && last && lastFailure) {
		Object.assign(last, {at, text: found.text, count: last.count + 1});
		return true;
	}

	if (event.type === 'target.down' && last?.count === 1 && lastFailure?.message === event.message) {
		Object.assign(last, found, {at, event});
		return true;
	}

	if (event.type === 'target.added' && newest?.event.type === 'target.added') {
		Object.assign(newest, {text: '', id: undefined, subject: `${newest.subject}, ${found.subject}`});
		return true;
	}

	return false;
};

/** Folds the news, oldest first, into few lines; a failure that only confirms a `down` is not news to a person. */
const fold = (news: readonly Stamped[], look: Look): Draft[] => {
	const drafts: Draft[] = [];
	const latest = new Map<string, Draft>();
	const downs = new Map<string, string>();
	for (const {event, at} of news) {
		const found = factOf(event, look);
		if (!found || (isFailure(event) && downs.get(event.id) === event.message)) {
			continue;
		}

		const id = found.id ?? '';
		if (!absorb(event, {found, at, last: latest.get(id), newest: drafts.at(-1)})) {
			const draft = {at, count: 1, event, ...found};
			drafts.push(draft);
			latest.set(id, draft);
		}

		if (event.type === 'target.down') {
			downs.set(id, event.message);
		} else if (event.type === 'target.up' || event.type === 'target.removed') {
			downs.delete(id);
		}
	}

	return drafts;
};

/** The news and this program's own notices as lines, newest first. */
export const eventEntries = (news: readonly Stamped[], notices: readonly Notice[], look: Look): Entry[] => {
	const entries: Entry[] = fold(news, look);
	for (const {at, text, count} of notices) {
		entries.push({at, count, ...fact('note', 'notice', '', {text})});
	}

	return entries.toReversed().toSorted((a, b) => b.at - a.at);
};

/** One line of the events pane, as pieces; the clock time is local. */
export const entryPieces = ({at, glyph, style, word, subject, text, count}: Entry, {glyphs}: Look, subjectWidth: number): Piece[] => {
	const mark = glyphs.cut;
	const times = count > 1 ? ` (${glyphs.noAnswer}${count})` : '';
	return [
		['dim', ` ${formatTime(at)}  `],
		[style, glyphs[glyph].padEnd(1)],
		` ${fit(word, 9, {mark})} `,
		subject === '' ? '' : `${fit(subject, subjectWidth, {mark})}  `,
		text,
		['dim', times],
	];
};
