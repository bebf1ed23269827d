import type {FlagName, Flags} from './flags.ts';
import type {Output} from './output.ts';

/** What a command is handed. */
export type Context = Readonly<{
	/** The words behind the command. */
	input: readonly string[];
	flags: Flags;
	out: Output;
	version: string;
}>;

/** A subcommand: data for help, docs and parsing, and one function. */
export type CliCommand = Readonly<{
	name: string;
	alias?: string;
	/** What stands behind the name, such as `NAME on|off`. */
	usage?: string;
	/** One line, without a full stop. */
	summary: string;
	/** More, for its own help. */
	details?: string;
	/** The flags it takes beside the global ones. */
	flags?: readonly FlagName[];
	/** How many words it takes. */
	words?: Readonly<{min?: number; max: number}>;
	/** `[command line, what it does]`. */
	examples?: ReadonlyArray<readonly [string, string]>;
	/** Does it. Resolves with the exit code, or nothing for 0; throws an `AppError`. */
	run: (context: Context) => Promise<number | void>;
}>;
