/** How a flag is given and what it means. `value` names what follows it; a `no` flag is given as `--no-NAME`. */
type Row = Readonly<{
	type: 'string' | 'boolean' | 'number';
	shortFlag?: string;
	value?: string;
	choices?: readonly string[];
	isNegative?: true;
	summary: string;
}>;

/** Every flag of every command: a flag means the same wherever it is taken. */
export const flagTable = {
	// Everywhere.
	daemon: {type: 'string', value: 'URL', summary: 'the proxy to talk to, such as http://localhost:4000'},
	config: {type: 'string', value: 'FILE', summary: 'the settings file'},
	port: {type: 'string', value: 'PORT', summary: 'the port, in place of the settings\''},
	host: {type: 'string', value: 'HOST', summary: 'the address to listen on, in place of the settings\''},
	tokenFile: {type: 'string', value: 'FILE', summary: 'a file that holds the token'},
	json: {type: 'boolean', summary: 'one JSON document, the same as the API\'s'},
	output: {type: 'string', shortFlag: 'o', value: 'FORMAT', choices: ['table', 'wide', 'json', 'jsonl', 'name'], summary: 'table, wide, json, jsonl or name'},
	quiet: {type: 'boolean', shortFlag: 'q', summary: 'no words, only the exit code'},
	verbose: {type: 'boolean', shortFlag: 'v', summary: 'more about an error'},
	color: {type: 'string', value: 'WHEN', choices: ['auto', 'always', 'never'], summary: 'auto, always or never'},
	ascii: {type: 'boolean', summary: 'no characters beyond ASCII'},
	input: {type: 'boolean', isNegative: true, summary: 'never ask'},
	yes: {type: 'boolean', shortFlag: 'y', summary: 'do not ask'},
	timeout: {type: 'string', value: 'TIME', summary: 'how long to wait, such as 10s'},
	tui: {type: 'boolean', isNegative: true, summary: 'no terminal dashboard'},
	help: {type: 'boolean', shortFlag: 'h', summary: 'how to use it'},
	version: {type: 'boolean', summary: 'which version this is'},
	// Of some commands.
	detach: {type: 'boolean', shortFlag: 'd', summary: 'run in the background; returns when it listens'},
	logLevel: {type: 'string', value: 'LEVEL', summary: 'write records of this level and above'},
	workers: {type: 'string', value: 'COUNT', summary: 'threads that carry traffic, or auto; in place of the settings\''},
	drain: {type: 'string', value: 'TIME', summary: 'how long requests in flight may go on'},
	wait: {type: 'boolean', summary: 'wait until it is through'},
	check: {type: 'boolean', summary: 'exit 20 when something is down, 21 when nothing can serve'},
	watch: {type: 'boolean', summary: 'go on, and show each change'},
	filter: {type: 'string', value: 'WORDS', summary: 'only those that match, such as state:up'},
	force: {type: 'boolean', summary: 'even if requests fail for it'},
	dryRun: {type: 'boolean', summary: 'say what would happen, and do nothing'},
	origin: {type: 'boolean', summary: 'say where each value comes from'},
	follow: {type: 'boolean', shortFlag: 'f', summary: 'go on with what comes'},
	level: {type: 'string', value: 'LEVEL', choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'], summary: 'only this level and above'},
	since: {type: 'string', value: 'TIME', summary: 'only what began within this time, such as 10m'},
	limit: {type: 'number', value: 'COUNT', summary: 'at most so many, the newest'},
	target: {type: 'string', value: 'NAME', summary: 'this target, whatever is active'},
	lines: {type: 'number', shortFlag: 'n', value: 'COUNT', summary: 'how many of the last ones to show'},
} as const satisfies Record<string, Row>;

export type FlagName = keyof typeof flagTable;

type Values = {string: string; boolean: boolean; number: number};

/** What was given; a flag that was not is undefined. */
export type Flags = {readonly [Name in FlagName]?: Values[(typeof flagTable)[Name]['type']]};

/** Taken by every command, before it and after it. */
export const globalFlags: readonly FlagName[] = [
	'daemon', 'config', 'port', 'host', 'tokenFile', 'json', 'output', 'quiet', 'verbose', 'color', 'ascii', 'input', 'yes', 'timeout', 'tui', 'help', 'version',
];

/** `tokenFile` → `token-file`. */
export const kebab = (name: string): string => name.replaceAll(/[A-Z]/gv, letter => `-${letter.toLowerCase()}`);

/** A flag's row, with every field. */
export const rowOf = (name: FlagName): Row => flagTable[name];

/** A flag as it is typed, such as `-o, --output FORMAT`. */
export const spell = (name: FlagName): string => {
	const {shortFlag, value, isNegative} = rowOf(name);
	return `${shortFlag === undefined ? '' : `-${shortFlag}, `}--${isNegative ? 'no-' : ''}${kebab(name)}${value === undefined ? '' : ` ${value}`}`;
};
