import {Buffer} from 'node:buffer';
import {isDeepStrictEqual} from 'node:util';
import type {Catalogue} from '../core/catalogue.ts';
import type {Event} from '../core/event.ts';
import {downFailure, findTarget, isForsaken} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import {abandon, park, usable, wake, wantedTarget} from './binder.ts';
import {cut} from './calls.ts';
import {changedLists} from './capabilities.ts';
import type {Hub} from './hub.ts';
import {hear} from './listen.ts';
import type {Session} from './session.ts';
import {prepareStandby} from './standby.ts';

/** Where the sessions go when something happens to the targets. */
export type Moves = Readonly<{
	/** Every event, once it is in force. */
	react: (event: Event) => void;
	/** A session came to a target: its client reads its lists anew if they may be others. */
	arrived: (session: Session, target: TargetId) => void;
}>;

const listsOf = ({tools, prompts, resources}: Catalogue): unknown => [tools, prompts, resources];

/** Whether a client may find other lists in one than in the other. */
const differ = (before: Catalogue | undefined, after: Catalogue | undefined): boolean => !before || !after || !isDeepStrictEqual(listsOf(before), listsOf(after));

const announceLists = (session: Session): void => {
	if (session.isInitialized) {
		for (const data of changedLists(session)) {
			session.standalone.push(Buffer.from(data));
		}
	}
};

/** The session should stand elsewhere: streams follow at once, others when they are used next. Calls under way end where they began, or as the settings say. */
const move = (hub: Hub, session: Session): void => {
	const {binding} = session;
	const wanted = wantedTarget(hub, session);
	if (!binding || wanted === undefined || usable(hub, session)) {
		hear(hub, session);
		return;
	}

	if (hub.options.getSettings().switch === 'cut' && binding.target !== wanted) {
		for (const call of session.calls.values()) {
			cut(hub, call, {code: 'SWITCHED', message: `switched to ${wanted}`});
		}
	}

	hear(hub, session);
	if (session.binding === binding && !session.isBinding) {
		park(session, binding);
	}
};

/**
A target is down and another one serves: nobody waits for it any more. What can be replayed goes to the other one, what can not is
told so, and late answers count for nothing. While no other one serves waiting is better: it may be merely busy.
*/
const forsake = (hub: Hub, session: Session): void => {
	const state = hub.options.getState();
	if (session.scope !== undefined) {
		return; // Its client wants this target and no other.
	}

	for (const call of session.calls.values()) {
		const {binding} = call;
		if (binding && isForsaken(state, binding.target)) {
			cut(hub, call, downFailure(state, binding.target));
		}
	}

	for (const opening of session.openings) {
		if (isForsaken(state, opening.target)) {
			abandon(opening);
		}
	}
};

export const createMoves = (hub: Hub): Moves => {
	const {getState} = hub.options;
	/** As the clients know them. */
	const catalogues = new Map<TargetId, Catalogue>();
	const each = (act: (session: Session) => void): void => {
		for (const session of hub.sessions.values()) {
			act(session);
		}
	};

	const wakeAll = (): void => {
		each(session => {
			if (session.waiting.size > 0) {
				wake(hub, session);
			}
		});
	};

	const catalogued = (id: TargetId, catalogue: Catalogue | undefined): void => {
		const before = catalogues.get(id);
		if (!catalogue) {
			return;
		}

		catalogues.set(id, catalogue);
		if (!before || !differ(before, catalogue)) {
			return;
		}

		each(session => {
			if (session.binding?.target === id) {
				announceLists(session);
			}
		});
	};

	const handlers: {[Type in Event['type']]?: (event: Extract<Event, {type: Type}>) => void} = {
		'active.switched'() {
			each(session => {
				move(hub, session);
				forsake(hub, session);
				prepareStandby(hub, session);
			});
			wakeAll();
		},
		'target.down'() {
			each(session => {
				forsake(hub, session);
				prepareStandby(hub, session);
			});
		},
		'target.catalogued'({id, catalogue}) {
			catalogued(id, catalogue);
		},
		'settings.applied'() {
			each(session => {
				move(hub, session);
			});
			wakeAll();
		},
		'target.up': wakeAll,
		'admin.changed': wakeAll,
	};

	return {
		react(event) {
			(handlers[event.type] as ((event: Event) => void) | undefined)?.(event); // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- each under its own type
		},
		arrived(session, target) {
			const before = session.stoodAt;
			session.stoodAt = target;
			const state = getState();
			if (before !== undefined && before !== target && differ(findTarget(state, before)?.catalogue, findTarget(state, target)?.catalogue)) {
				announceLists(session);
			}
		},
	};
};
