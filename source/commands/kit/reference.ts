import type {CliCommand} from './command.ts';
import {globalFlags} from './flags.ts';
import {flagRows, usageOf} from './help.ts';
import {topics} from './topics.ts';

const table = (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string => [head, head.map(() => '---'), ...rows]
	.map(cells => `| ${cells.map(text => text.replaceAll('|', String.raw`\|`)).join(' | ')} |`)
	.join('\n');

const flagTableOf = (names: Parameters<typeof flagRows>[0]): string => table(['flag', 'meaning'], flagRows(names).map(([flag, meaning]) => [`\`${flag}\``, meaning]));

const section = (command: CliCommand): string => {
	const {name, alias, summary, details, flags = [], examples = []} = command;
	return [
		`## ${name}`,
		`\`${usageOf(command)}\`${alias === undefined ? '' : `, short \`pmcp ${alias}\``}`,
		`${summary}.`,
		...(details === undefined ? [] : [details]),
		...(flags.length === 0 ? [] : [flagTableOf(flags)]),
		...(examples.length === 0 ? [] : [`\`\`\`sh\n${examples.map(([line, meaning]) => `${line}  # ${meaning}`).join('\n')}\n\`\`\``]),
	].join('\n\n');
};

/** Docs/cli.md, from the table of commands. */
export const renderCliReference = (commands: readonly CliCommand[]): string => `${[
	'# Command line',
	'Written by `npm run docs` from the commands themselves (source/commands/). `pmcp` is short for `proxy-mcp`.',
	'`pmcp` alone opens the dashboard: on the proxy that runs at the settings\' port, else with one of its own. Without a terminal it is the same as `pmcp start`.',
	`The other commands talk to the proxy at the settings' port. When none is there: to one that was started from the same settings file
with another port; else, unless \`--config\`, \`--port\`, \`--host\` or their variables say where, to the only one of yours that runs.`,
	table(['command', 'does'], commands.map(command => [`[\`${usageOf(command)}\`](#${command.name})`, command.summary])),
	'## Flags of every command',
	'They may stand before and after the command. A flag stands above its environment variable, that above the settings file.',
	flagTableOf(globalFlags),
	...commands.map(command => section(command)),
	...Object.entries(topics).map(([topic, text]) => `## Topic: ${topic}\n\n\`\`\`text\n${text}\n\`\`\``),
].join('\n\n')}\n`;
