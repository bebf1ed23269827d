import {flagTable, globalFlags, rowOf, spell, type FlagName} from './flags.ts';
import type {CliCommand} from './command.ts';

const indent = (text: string): string => text.split('\n').map(line => line === '' ? '' : `  ${line}`).join('\n');

/** Two columns, aligned. */
export const table = (rows: ReadonlyArray<readonly [string, string]>): string => {
	const width = Math.max(...rows.map(([left]) => left.length));
	return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`).join('\n');
};

/** The flags of a list, each with its meaning. */
export const flagRows = (names: readonly FlagName[]): Array<[string, string]> => names.map(name => [spell(name), rowOf(name).summary]);

/** A command line of this command, such as `pmcp maint NAME on|off`. */
export const usageOf = ({name, usage}: CliCommand): string => ['pmcp', name, usage].filter(Boolean).join(' ');

/** `pmcp help`. */
export const overview = (commands: readonly CliCommand[], topics: readonly string[]): string => [
	'One stable address in front of your MCP servers: live health, failover that clients do not notice.',
	'Usage\n  pmcp [COMMAND] [FLAGS]\n\n  Alone it opens the dashboard: on the proxy that runs here, else with one of its own.',
	`Commands\n${indent(table(commands.map(command => [[command.name, command.usage].filter(Boolean).join(' '), command.summary])))}`,
	`Flags, before or after the command\n${indent(table(flagRows(globalFlags)))}`,
	`More\n  pmcp help COMMAND, or a topic: ${topics.join(', ')}`,
].join('\n\n');

/** `pmcp help COMMAND`, and `pmcp COMMAND --help`. */
export const commandHelp = (command: CliCommand): string => {
	const {summary, alias, details, flags = [], examples = []} = command;
	return [
		`${summary}.`,
		`Usage\n  ${usageOf(command)}${flags.length > 0 ? ' [FLAGS]' : ''}${alias === undefined ? '' : `\n  (short: pmcp ${alias})`}`,
		...(details === undefined ? [] : [details]),
		...(flags.length > 0 ? [`Flags\n${indent(table(flagRows(flags)))}`] : []),
		...(examples.length > 0 ? [`Examples\n${indent(examples.map(([line, meaning]) => `$ ${line}\n    ${meaning}`).join('\n'))}`] : []),
		'Flags of every command: pmcp help',
	].join('\n\n');
};

/** Flags that belong to no command: there should be none. */
export const idleFlags = (commands: readonly CliCommand[]): string[] => {
	const taken = new Set<string>([...globalFlags, ...commands.flatMap(({flags = []}) => flags)]);
	return Object.keys(flagTable).filter(name => !taken.has(name));
};
