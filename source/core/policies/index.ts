import type {PolicyName} from '../rules.ts';
import {latency} from './latency.ts';
import {next} from './next.ts';
import type {Policy} from './policy.ts';
import {priority} from './priority.ts';

/** Every failover policy. A new one is a file here and a line there. */
export const policies: Readonly<Record<PolicyName, Policy>> = {priority, latency, next};
