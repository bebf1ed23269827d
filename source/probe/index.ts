import type {ProbePlan} from '../http/probe-plan.ts';
import {http} from './http.ts';
import {mcp} from './mcp.ts';
import type {Probe} from './probe.ts';
import {tcp} from './tcp.ts';

/** Every kind of probe. A new one is a file here and a line there. */
export const probes: Readonly<Record<ProbePlan['kind'], Probe>> = {http, tcp, mcp};
