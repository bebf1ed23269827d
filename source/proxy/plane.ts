import type {State} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import type {AccessRecord} from '../http/access.ts';
import type {Dress} from '../http/dress.ts';
import type {Endpoint, Limits} from '../http/endpoint.ts';
import type {Forwarder} from '../upstream/forward.ts';
import type {Budget} from './budget.ts';
import type {Meter} from './meter.ts';
import type {Passive} from './passive.ts';

/** A target as the data plane holds it. */
export type Upstream = Readonly<{endpoint: Endpoint; dress: Dress; forwarder: Forwarder}>;

/** What every request on its way through has at hand. */
export type Plane = Readonly<{
	getState: () => State;
	getLimits: () => Limits;
	/** Undefined for a target that a reload took away. */
	upstream: (id: TargetId) => Upstream | undefined;
	meter: Meter;
	budget: Budget;
	passive: Passive;
	onAccess: (record: AccessRecord) => void;
}>;
