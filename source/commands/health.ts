import type {HealthDocument} from '../client/shapes.ts';
import {callRest} from '../client/rest.ts';
import type {CliCommand} from './kit/command.ts';
import {columns} from './kit/columns.ts';
import {cell, timeoutOf, type Output} from './kit/output.ts';
import {demandRunning, settingsOf} from './kit/place.ts';
import type {Flags} from './kit/flags.ts';

/** The path is configurable, so the settings are asked; when they do not tell, it is the usual one. */
const healthPath = (flags: Flags): string => {
	try {
		return settingsOf(flags).settings.proxy.standardEndpoints.health;
	} catch {
		return '/health';
	}
};

const words = ({status, systems}: HealthDocument, out: Output): string => {
	const rows = Object.entries(systems).map(([name, {isActive, health, latencyMs, url, error}]) => [
		isActive ? '*' : '',
		cell(name),
		out.paint(health === 'up' ? 'green' : (health === 'down' ? 'red' : 'yellow'), health),
		latencyMs === null ? '-' : `${Math.round(latencyMs)}ms`,
		cell(url),
		cell(error),
	]);
	return [out.paint(status === 'healthy' ? 'green' : 'red', status), columns(rows)].filter(Boolean).join('\n');
};

export const health: CliCommand = {
	name: 'health',
	summary: 'What GET /health answers',
	details: 'With --check: exit 21 when it is unhealthy.',
	flags: ['check'],
	async run({flags, out}) {
		const daemon = await demandRunning(flags);
		const document = await callRest(daemon, 'GET', healthPath(flags), {timeout: timeoutOf(flags, 10_000), retries: 1, isBadNews: status => status === 503}) as HealthDocument; // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- the shape that the daemon's version promises
		out.show(document, () => words(document, out));
		return flags.check && document.status !== 'healthy' ? 21 : 0;
	},
};
