import {topicNames} from './help.ts';
import {commands} from './index.ts';
import type {CliCommand} from './kit/command.ts';
import type {Flags} from './kit/flags.ts';
import {commandHelp, overview} from './kit/help.ts';
import {createOutput} from './kit/output.ts';
import {parse} from './kit/parse.ts';
import {readVersion} from './kit/version.ts';

const dashboard = async (): Promise<CliCommand> => {
	const {run} = await import('./run.ts');
	return run;
};

/** Finds the command that is meant and runs it. `learn` is told the flags as soon as they are parsed. Resolves with the exit code, or nothing for 0; throws an `AppError`. */
export const dispatch = async (argv: readonly string[], learn: (flags: Flags) => void): Promise<number | void> => {
	const {command, input, flags} = parse(argv, commands);
	learn(flags);
	const out = createOutput(flags);
	if (flags.version) {
		out.line(readVersion());
	} else if (flags.help) {
		out.line(command ? commandHelp(command) : overview(commands, topicNames));
	} else {
		const {run} = command ?? await dashboard();
		return run({input, flags, out, version: readVersion()});
	}

	return undefined;
};
