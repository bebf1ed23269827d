import type {Trouble} from '../transport/channel.ts';
import {blame, drop, pumpLater, usable, whenBound} from './binder.ts';
import type {Binding} from './binding.ts';
import {learnHints} from './hints.ts';
import type {Hub} from './hub.ts';
import {toClient} from './remap.ts';
import type {Session} from './session.ts';

/** How long a target is still heard for a client whose stream ended, in ms: it may come back and ask for what it missed. */
export const lingerTime = 30_000;

/** Between attempts to listen, in ms. */
const pauses = [0, 50, 100, 250, 1000, 5000];

const wantsToHear = ({standalone, unheardAt}: Session): boolean => standalone.isAttached() || (unheardAt !== undefined && performance.now() - unheardAt < lingerTime);

const again = (hub: Hub, session: Session, binding: Binding, pause: number, tries: number): void => {
	setTimeout(() => {
		if (session.binding === binding && !binding.listening) {
			listen(hub, session, binding, tries);
		}
	}, pause).unref();
};

const listen = (hub: Hub, session: Session, binding: Binding, tries: number): void => {
	let failures = tries;
	const onTrouble = (trouble: Trouble): void => {
		const {kind, failure, status, eventId, retry} = trouble;
		binding.listening = undefined;
		if (session.isEnded || session.binding !== binding) {
			return;
		}

		binding.lastEventId = eventId ?? binding.lastEventId;
		if (kind === 'lost') {
			drop(hub, session, binding);
			return;
		}

		if (kind === 'refused') {
			binding.isMute = status !== undefined && status >= 400 && status < 500 && status !== 429;
		}

		if (kind === 'unsent') {
			blame(hub, binding.target, failure);
		}

		if (binding.isMute || !wantsToHear(session)) {
			return;
		}

		if (binding.transport.plan.kind !== 'streamable-http') {
			drop(hub, session, binding);
			pumpLater(hub, session);
			return;
		}

		const pause = kind === 'paused' ? retry ?? 0 : pauses[Math.min(failures, pauses.length - 1)] ?? 0;
		again(hub, session, binding, pause, failures + 1);
	};

	binding.listening = binding.channel.listen({
		onOpen() {
			failures = 0;
		},
		onMessage(message, bytes) {
			failures = 0;
			if ('method' in message && message.method === 'notifications/tools/list_changed') {
				hub.hints.forget(binding.transport);
				void learnHints(hub, session, binding);
			}

			const data = toClient(binding, message, bytes, {session});
			if (data === undefined || session.standalone.push(data)) {
				return true;
			}

			void session.standalone.drained().then(() => {
				binding.listening?.resume();
			});
			return false;
		},
		onTrouble,
	}, binding.lastEventId);
};

/** Streams of stdio and sse begin with their session, whoever listens. */
const isBuiltIn = ({transport}: Binding): boolean => transport.plan.kind !== 'streamable-http';

/** See to it that a session whose client listens hears its target: there must be a target, and one stream from it. */
export const hear = (hub: Hub, session: Session): void => {
	if (session.isEnded) {
		return;
	}

	const {binding} = session;
	if (binding && !binding.listening && !binding.isMute && (isBuiltIn(binding) || (session.isInitialized && wantsToHear(session)))) {
		listen(hub, session, binding, 0);
	}

	if (session.isInitialized && wantsToHear(session) && !usable(hub, session)) {
		whenBound(hub, session, {go: () => undefined}); // Its arrival brings us back here.
	}
};

/** Ceases to hear a target for nobody. */
export const unhear = (session: Session): void => {
	const {binding} = session;
	if (binding?.listening && !isBuiltIn(binding) && !wantsToHear(session)) {
		binding.listening.abort();
		binding.listening = undefined;
	}
};
