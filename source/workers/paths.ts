import type {WorkerPlan} from './plan.ts';

const pattern = /^\/(?:api\/proxy\/|(?:ui|ws|metrics)(?:[\/?]|$)|(?:targets\/[^\/?]+\/)?(?:(?:mcp|sse|messages)(?:[\/?]|$)|\.well-known\/))/v;

/**
Whether a request may be one that the daemon's thread answers: the API, the page, the feed, MCP. It looks at all its handlers
again, so what is named here in vain is only slower.
*/
export const mayBeOurs = (path: string, {health, config}: WorkerPlan['paths']): boolean => {
	if (pattern.test(path)) {
		return true;
	}

	const mark = path.indexOf('?');
	const pathname = mark === -1 ? path : path.slice(0, mark);
	return pathname === health || pathname === config;
};
