import type {Trouble} from '../transport/channel.ts';
import type {Binding} from './binding.ts';

/** Gateways before a target say so when it is gone. */
const gone = new Set([502, 503, 504]);

/** Whether trouble speaks against the target, and not only against this request. A program may end for one session; that it can not be started is seen when one is opened. */
export const isItsFault = ({transport: {plan}}: Binding, {kind, status = 0}: Trouble): boolean =>
	kind === 'timeout' || gone.has(status) || (plan.kind !== 'stdio' && (kind === 'unsent' || kind === 'cut'));

/** Whether the session at the target is over. One that is its connection ends with it. */
export const isSessionOver = ({transport: {plan}}: Binding, {kind}: Trouble): boolean => kind === 'lost' || (plan.kind !== 'streamable-http' && (kind === 'unsent' || kind === 'cut'));
