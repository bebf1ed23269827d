/*
A process of its own that logs, for tests that end it in the middle: `node log-child.js '{"directory":…,"ending":…}'`.
It writes 300 notices and 300 access lines, says `written` on stdout, and ends as it was told.
*/
import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {createLog, type Log} from '../../source/observe/log.ts';
import {accessRecord, logSettings} from './log-values.ts';

type Orders = Readonly<{directory: string; ending: 'exit' | 'nothing' | 'throw' | 'wait' | 'close on SIGTERM' | 'full disk'}>;

const write = (log: Log, count: number): void => {
	for (let number = 0; number < count; number++) {
		log.notice(number % 10 === 0 ? 'error' : 'info', `notice ${number}`);
		log.access(accessRecord({path: `/${number}`}));
	}
};

/** The folder is on a tiny file system: fill it, write, make room, write again; then say what happened. */
const fillDisk = async (log: Log, directory: string, faults: readonly string[]): Promise<void> => {
	const filler = path.join(directory, 'filler');
	try {
		writeFileSync(filler, Buffer.alloc(1_000_000));
	} catch {
		// It holds what there was room for; that was the purpose.
	}

	write(log, 300);
	log.flush();
	const droppedWhileFull = log.getDropped();
	rmSync(filler);
	log.notice('error', 'room again');
	write(log, 5);
	await log.close();
	const read = (name: string): string[] => readFileSync(path.join(directory, name), 'utf8').split('\n');
	process.stdout.write(JSON.stringify({droppedWhileFull, dropped: log.getDropped(), faults, combined: read('combined.log'), errors: read('error.log')}));
};

const {directory, ending} = JSON.parse(process.argv[2] ?? '') as Orders;
const faults: string[] = [];
const log = createLog({
	directory,
	getSettings: () => logSettings,
	onFault(sentence) {
		faults.push(sentence);
	},
});

if (ending === 'full disk') {
	await fillDisk(log, directory, faults);
} else {
	if (ending === 'close on SIGTERM') {
		process.on('SIGTERM', async () => {
			await log.close();
			process.exit(0);
		});
	}

	write(log, 300);
	if (ending === 'wait') {
		log.flush();
	}

	process.stdout.write('written\n');
	if (ending === 'exit') {
		process.exit(0); // eslint-disable-line unicorn/no-process-exit -- the case under test
	}

	if (ending === 'throw') {
		throw new Error('the end');
	}

	if (ending !== 'nothing') {
		setInterval(() => undefined, 1000);
	}
}
