import type {Binding} from './binding.ts';
import type {SessionOptions} from './options.ts';
import type {Session} from './session.ts';
import type {ToolHints} from './tool-hints.ts';

/** What all sessions share. */
export type Hub = Readonly<{
	options: SessionOptions;
	/** By key. */
	sessions: Map<string, Session>;
	hints: ToolHints;
	/** Handshakes at a time are few: a target that has just come up is not run over. */
	enter: <Result>(task: () => Promise<Result>) => Promise<Result>;
	/** Have the state of a session written, soon. */
	save: (session: Session) => void;
	/** Resolves when what was true at the call is on disk. */
	saved: (session: Session) => Promise<void>;
	/** See to it that a session whose client listens hears its target. */
	hear: (session: Session) => void;
	/** The session stands at a target, perhaps another one than before. */
	arrived: (session: Session, binding: Binding) => void;
}>;

/** Tasks beyond `most` wait their turn. */
export const createLimiter = (most: number): Hub['enter'] => {
	let running = 0;
	const queue: Array<() => void> = [];
	return async task => {
		if (running >= most) {
			await new Promise<void>(resolve => {
				queue.push(resolve);
			});
		}

		running++;
		try {
			return await task();
		} finally {
			running--;
			queue.shift()?.();
		}
	};
};
