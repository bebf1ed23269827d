import process from 'node:process';
import type {Flags} from './kit/flags.ts';
import {commandHelp, overview} from './kit/help.ts';
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

const dispatch = async (argv: readonly string[], learn: (flags: Flags) => void): Promise<number | void> => {
	const [{commands}, {topicNames}, {parse}, {createOutput}] = await Promise.all([
		import('./index.ts'),
		import('./help.ts'),
		import('./kit/parse.ts'),
		import('./kit/output.ts'),
	]);
	const {command, input, flags} = parse(argv, commands);
	learn(flags);
	const out = createOutput(flags);
	if (flags.version) {
		out.line(readVersion());
	} else if (flags.help) {
		out.line(command ? commandHelp(command) : overview(commands, topicNames));
	} else {
		const {run: dashboard} = await import('./run.ts');
		return (command ?? dashboard).run({input, flags, out, version: readVersion()});
	}

	return undefined;
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
		const code = await dispatch(argv, parsed => {
			flags = parsed;
		});
		return code ?? Number(process.exitCode ?? 0);
	} catch (error) {
		const {tellFailure} = await import('./kit/failure.ts');
		return tellFailure(error, flags);
	}
};
