import type {Event} from '../core/event.ts';
import type {TargetId} from '../core/target.ts';

/** What events make the daemon do. */
export type Deeds = Readonly<{
	check: (ids: readonly TargetId[]) => void;
	syncProbes: () => void;
	syncTransports: () => void;
	reload: () => void;
	/** The certificate towards clients may be a new one. */
	renew: () => void;
	/** By its short id. */
	endSession: (id: string) => void;
	stop: (cause: string) => void;
}>;

/** The one page that answers "what happens when …?": everything else only looks at events. */
export const react = (event: Event, {check, syncProbes, syncTransports, reload, renew, endSession, stop}: Deeds): void => {
	switch (event.type) {
		// Traffic met a failure: ask the target itself, without waiting for the next interval.
		case 'passive.failed': {
			check([event.id]);
			break;
		}

		// Found between two probes: the rhythm of a target that is down begins now.
		case 'target.down': {
			if (event.code === 'SILENT') {
				check([event.id]);
			}

			break;
		}

		case 'check.requested': {
			check(event.ids);
			break;
		}

		case 'target.changed': {
			check([event.target.id]);
			break;
		}

		case 'target.added':
		case 'target.removed':
		case 'admin.changed': {
			syncProbes();
			break;
		}

		case 'session.ended': {
			endSession(event.id);
			break;
		}

		case 'reload.requested': {
			reload();
			break;
		}

		case 'stop.requested': {
			stop(event.cause);
			break;
		}

		case 'settings.applied': {
			syncTransports();
			renew();
			break;
		}

		case 'rules.changed':
		case 'settings.refused':
		case 'probe.passed':
		case 'probe.failed':
		case 'passive.passed':
		case 'target.up':
		case 'target.catalogued':
		case 'target.skipped':
		case 'active.switched':
		case 'automatic.changed':
		case 'pin.changed':
		case 'traffic.sampled':
		case 'mcp.called':
		case 'sessions.changed':
		case 'fault.noticed': {
			break;
		}
	}
};
