import type {ExecutionContext} from 'ava';
import {startDaemonProcess, type DaemonProcess} from './daemon-process.ts';
import {settingsPlace, type Place} from './rig.ts';
import {until} from './until.ts';

type Json = Readonly<Record<string, unknown>>;

/** The daemon as users run it, in front of MCP targets. */
export type McpProxy = Readonly<{
	/** Stays the same over restarts. */
	url: string;
	place: Place;
	getPid: () => number;
	switchTo: (target: string) => Promise<void>;
	/** Resolves when as many targets are up. */
	untilHealthy: (count: number) => Promise<void>;
	/** `kill -9`, then a new one on the same port. */
	restart: () => Promise<void>;
	kill: () => Promise<void>;
}>;

/** Starts the daemon on any port with these targets, the first preferred, and waits until all are up. */
export const startMcpProxy = async (
	t: ExecutionContext,
	targets: Readonly<Record<string, string | Json>>,
	more: Readonly<Record<string, Json>> = {},
	healthy = Object.keys(targets).length,
): Promise<McpProxy> => {
	const place = settingsPlace(t, targets, more);
	let daemon: DaemonProcess = await startDaemonProcess(t, place);
	const {url} = daemon;
	place.write({server: {host: '127.0.0.1', ...more.server, port: Number(new URL(url).port)}});
	const untilHealthy = async (count: number): Promise<void> => {
		await until(`${count} targets are up`, async () => {
			const {systems} = await (await fetch(`${url}/health`)).json() as {systems: Record<string, {isHealthy: boolean}>};
			return Object.values(systems).filter(({isHealthy}) => isHealthy).length === count;
		});
	};

	await untilHealthy(healthy);
	return {
		url,
		place,
		getPid: () => daemon.pid,
		untilHealthy,
		async switchTo(system) {
			const response = await fetch(`${url}/api/proxy/switch`, {method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify({system})});
			if (!response.ok) {
				throw new Error(`${response.status} ${await response.text()}`);
			}
		},
		async restart() {
			await daemon.end('SIGKILL');
			daemon = await startDaemonProcess(t, place);
		},
		async kill() {
			await daemon.end('SIGKILL');
		},
	};
};
