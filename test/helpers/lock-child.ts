import process from 'node:process';
import {writeLock} from '../../source/store/lock.ts';

/* Writes the lock file named on the command line without end, in turn with two names, until it is killed. */
const file = process.argv[2] ?? '';
process.stdout.write('writing\n');
for (let turn = 0; ; turn++) {
	const fault = writeLock(file, turn % 2 === 0 ? 'augment' : 'cline-the-second');
	if (fault) {
		throw fault;
	}
}
