import {isResponse, type Notification, type Response} from '../mcp/message.ts';
import type {Binding} from './binding.ts';
import {cancelCall} from './calls.ts';
import {learnHints} from './hints.ts';
import type {Hub} from './hub.ts';
import {answerFor, wordFor} from './remap.ts';
import type {Session} from './session.ts';
import {prepareStandbySoon} from './standby.ts';

const pass = async (binding: Binding | undefined, message: Notification | Response): Promise<void> => {
	try {
		await binding?.channel.notify(message);
	} catch {
		// Whoever should have heard it is gone, and what the next target must know it is told anew.
	}
};

/** Takes what the client tells without asking: notifications, and answers to the target's requests. Resolves when the target took it or never will. */
export const tell = async (hub: Hub, session: Session, message: Notification | Response): Promise<void> => {
	const {binding} = session;
	if (isResponse(message)) {
		const found = answerFor(session, message);
		return found && pass(found.binding, found.response);
	}

	switch (message.method) {
		case 'notifications/initialized': {
			const isFirst = !session.isInitialized;
			session.isInitialized = true;
			if (isFirst) {
				hub.save(session);
			}

			if (binding && !binding.isTold) {
				binding.isTold = true;
				await pass(binding, message);
				void learnHints(hub, session, binding);
			}

			hub.hear(session);
			prepareStandbySoon(hub, session);
			return;
		}

		case 'notifications/cancelled': {
			const id = message.params?.requestId;
			const call = typeof id === 'string' || typeof id === 'number' ? session.calls.get(id) : undefined;
			const at = call?.upstream && call.binding;
			if (call) {
				cancelCall(hub, call);
			}

			return pass(at, message);
		}

		case 'notifications/progress': {
			const found = wordFor(session, message, 'progressToken');
			return pass(found?.binding ?? binding, found?.notification ?? message);
		}

		default: {
			return pass(binding, message);
		}
	}
};
