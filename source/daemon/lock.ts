import type {ReportAction} from '../core/action.ts';
import type {Stamped} from '../core/event.ts';
import {findTarget} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import {cleanLock, followLock, readLock, writeLock} from '../store/lock.ts';
import type {Store} from '../store/store.ts';

/** The lock file's keeper: what the store says goes in, what another program writes comes back as an action. */
export type LockKeeper = Readonly<{
	/** For the store: write the active target down before anyone hears of it. Does nothing before `begin`. */
	persist: (stamped: Stamped) => void;
	/** Who was active when the proxy last ran. From here on switches are written to `path`. */
	begin: (path: string) => TargetId | undefined;
	/** Follow what other programs write, until the signal. */
	follow: (store: Store, signal: AbortSignal) => void;
}>;

/** `report` is called later, never from within `persist`. */
export const createLockKeeper = (report: (action: ReportAction) => void): LockKeeper => {
	let path: string | undefined;
	const tell = (message: string): void => {
		report({type: 'notice', room: 'lock', message});
	};

	const write = (id: TargetId): void => {
		const fault = path === undefined ? undefined : writeLock(path, id);
		if (fault !== undefined) {
			tell(`the lock file still names another target: ${fault.message}`);
		}
	};

	return {
		persist({event}) {
			if (event.type === 'active.switched' && event.to !== undefined) {
				write(event.to);
			}
		},
		begin(file) {
			path = file;
			cleanLock(file);
			const found = readLock(file);
			if (found.kind === 'invalid') {
				tell(`the lock file was no target's name and is replaced: it ${found.reason}`);
			}

			return found.kind === 'name' ? found.id : undefined;
		},
		follow(store, signal) {
			if (path === undefined) {
				return;
			}

			followLock(path, {
				signal,
				onChange(found) {
					const {active} = store.getState();
					const name = found.kind === 'name' ? found.id : undefined;
					if (findTarget(store.getState(), name) && name !== undefined) {
						report({type: 'follow', id: name});
					} else if (active !== undefined) {
						tell(`the lock file named ${name === undefined ? 'no target' : `"${name}", which is not configured`}; it says ${active} again`);
						write(active);
					}
				},
			});
		},
	};
};
