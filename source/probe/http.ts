import {AppError} from '../core/errors.ts';
import {dressOf} from '../http/dress.ts';
import type {Endpoint} from '../http/endpoint.ts';
import {without} from '../http/headers.ts';
import type {ProbePlan} from '../http/probe-plan.ts';
import {createForwarder, type Outgoing} from '../upstream/forward.ts';
import {demandEndpoint, type Probe} from './probe.ts';

const ignore = (): void => undefined;

const requestOf = (endpoint: Endpoint, {method, path, headers}: ProbePlan): Outgoing => {
	const {prefix, fields: [host = 'Host', name = '', ...own]} = dressOf(endpoint);
	// The probe's own fields win over those of the target.
	const asked = {'User-Agent': 'proxy-mcp-probe', ...headers};
	const names = new Set(Object.keys(asked).map(name => name.toLowerCase()));
	return {method, path: prefix + path, fields: [...(names.has('host') ? [] : [host, name]), ...without(own, names), ...Object.entries(asked).flat()], lines: '', body: undefined, length: 0};
};

export const http: Probe = {
	kind: 'http',
	summary: 'asks for a path; an accepted status passes, and the body is not read',
	async run(watched, signal) {
		const endpoint = demandEndpoint(watched);
		const {path, statuses} = watched.plan;
		// On a connection of its own, as a new client's: one that is kept would tell nothing of the target's listener.
		const forwarder = createForwarder({...endpoint, timeouts: {...endpoint.timeouts, connect: 0, response: 0, idle: 0, keepAlive: 0}});
		try {
			const status = await new Promise<number>((resolve, reject) => {
				signal.addEventListener('abort', () => {
					reject(new AppError('TARGET_TIMEOUT', 'ended early'));
				});
				forwarder.send(requestOf(endpoint, watched.plan), {
					onInterim: ignore,
					onHead: resolve,
					onData: () => false,
					onLull: ignore,
					onEnd: ignore,
					onTrouble({error}) {
						reject(error instanceof Error ? error : new Error(String(error)));
					},
				});
			});
			if (!statuses.some(({from, to}) => status >= from && status <= to)) {
				throw new AppError('TARGET_BROKE', `${path} answered ${status}`);
			}
		} finally {
			forwarder.destroy();
		}

		return undefined;
	},
};
