import process from 'node:process';
import type {Flags} from './kit/flags.ts';
import {readVersion} from './kit/version.ts';

/** A reader that has seen enough (`pmcp list | head -1`) is no error. */
const allowClosedPipes = (): void => {
	for (const stream of [process.stdout, process.stderr]) {
		stream.on('error', (error: NodeJS.ErrnoException) => {
			if (error.code !== 'EPIPE') {
				throw error;
			}

			if (stream === process.stdout) {
				process.exit(0); // eslint-disable-line unicorn/no-process-exit -- nobody reads any more
			}
		});
	}
};

/** The command line's words → what they ask for, done. Resolves with the exit code; never rejects. */
export const main = async (argv: readonly string[]): Promise<number> => {
	allowClosedPipes();
	let flags: Flags = {json: argv.includes('--json'), verbose: argv.includes('-v') || argv.includes('--verbose')}; // Until they are parsed.
	if (argv.length === 1 && argv[0] === '--version') {
		process.stdout.write(`${readVersion()}\n`); // Asked by scripts and editors: nothing else is loaded for it.
		return 0;
	}

	try {
		const {dispatch} = await import('./dispatch.ts');
		const code = await dispatch(argv, parsed => {
			flags = parsed;
		});
		return code ?? Number(process.exitCode ?? 0);
	} catch (error) {
		const {tellFailure} = await import('./kit/failure.ts');
		return tellFailure(error, flags);
	}
};
