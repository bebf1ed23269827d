import {dashboard} from './dashboard.ts';
import {failover} from './failover.ts';
import {growth} from './growth.ts';
import {http} from './http.ts';
import {mcp} from './mcp.ts';
import {scale} from './scale.ts';
import {streams} from './streams.ts';
import type {Suite} from './suite.ts';

/** All suites, in the order of the page. */
export const suites: readonly Suite[] = [http, streams, failover, mcp, dashboard, growth, scale];
