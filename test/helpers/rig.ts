import {writeFileSync} from 'node:fs';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {createDaemon, type Daemon} from '../../source/daemon/daemon.ts';
import {temporaryFolder} from './folder.ts';

type Json = Readonly<Record<string, unknown>>;

export type Place = Readonly<{folder: string; config: string; lockFile: string; logs: string; write: (settings: Json) => void}>;

/** A settings file with everything in one folder: any free port, probes in a quick rhythm, and patience with targets that a busy machine keeps waiting. `write` saves it anew, merged over the first. */
export const settingsPlace = (t: ExecutionContext, targets: Readonly<Record<string, string | Json>>, more: Readonly<{server?: Json; proxy?: Json; logging?: Json; sessions?: Json}> = {}): Place => {
	const folder = temporaryFolder(t);
	const config = path.join(folder, 'config.json');
	const entries = Object.entries(targets).map(([id, target], index) => [id, typeof target === 'string' ? {url: target, priority: index + 1} : {priority: index + 1, ...target}] as const);
	const first = {
		server: {port: 0, host: '127.0.0.1', ...more.server},
		proxy: {targets: Object.fromEntries(entries), healthCheckInterval: 2000, probe: {fastInterval: 50, downInterval: 50}, silence: {limit: 2000}, ...more.proxy},
		logging: {directory: 'logs', ...more.logging},
		...(more.sessions && {sessions: more.sessions}),
		lockFile: 'active.lock',
	};
	const write = (settings: Json): void => {
		writeFileSync(config, JSON.stringify({...first, ...settings}, undefined, 2));
	};

	write({});
	return {folder, config, lockFile: path.join(folder, 'active.lock'), logs: path.join(folder, 'logs'), write};
};

export type Rig = Daemon & Place;

/** A whole daemon in this thread, stopped with the test. */
export const startRig = async (t: ExecutionContext, ...place: Parameters<typeof settingsPlace> extends [unknown, ...infer Rest] ? Rest : never): Promise<Rig> => {
	const where = settingsPlace(t, ...place);
	const daemon = await createDaemon({load: {path: where.config}, version: '0.0.0-test', stateFolder: where.folder});
	t.teardown(async () => {
		await daemon.client.run({type: 'stop', cause: 'the test is over'});
		await daemon.done;
	});
	return {...daemon, ...where};
};
