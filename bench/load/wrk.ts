import {execFile, spawnSync} from 'node:child_process';
import path from 'node:path';
import {promisify} from 'node:util';
import {pinned} from '../kit/machine.ts';
import {root} from '../kit/process.ts';
import {closedLoop, type Load, type LoadResult} from './closed.ts';

const [, wrkVersion] = /wrk (\S+)/v.exec(String(spawnSync('wrk', ['-v']).stdout)) ?? [];

/** Who makes the closed loop, for the page. */
export const generator = wrkVersion === undefined ? 'this benchmark\'s own generator, since wrk is missing' : `wrk ${wrkVersion}`;

type Findings = Readonly<{requests: number; duration: number; errors: number; p50: number; p99: number}>;

/** Closed loop by Debian's wrk, which costs the load's side least; whole seconds only. Without it, or for less than a second, our own. */
export const heavyLoad = async (load: Load): Promise<LoadResult> => {
	if (wrkVersion === undefined || load.duration < 1000) {
		return closedLoop(load);
	}

	const {port, kind, connections, duration} = load;
	const [file = '', ...rest] = pinned([
		'wrk', '-t1', `-c${connections}`, `-d${Math.round(duration / 1000)}s`, '--timeout', '10s', '-s', path.join(root, 'bench/load/wrk.lua'), `http://127.0.0.1:${port}/bench`, '--', kind,
	], 1);
	const {stdout} = await promisify(execFile)(file, rest);
	const found = JSON.parse(stdout.slice(stdout.lastIndexOf('{'))) as Findings;
	return {requests: found.requests, errors: found.errors, seconds: found.duration / 1e6, p50: found.p50 / 1000, p99: found.p99 / 1000};
};
