import meow from 'meow';
import {AppError} from '../../core/errors.ts';
import {printable} from '../../core/text.ts';
import {nearest} from '../../settings/suggest.ts';
import type {CliCommand} from './command.ts';
import {flagTable, globalFlags, kebab, rowOf, type FlagName, type Flags} from './flags.ts';

export type Parsed = Readonly<{
	/** Undefined: none was named. */
	command: CliCommand | undefined;
	input: readonly string[];
	flags: Flags;
}>;

type Given = Record<string, unknown>;

/** Meow's `flags` option for these flags. It does the splitting, the rest is ours: it would print and exit by itself. */
const meowFlags = (names: readonly FlagName[]): Record<string, {type: 'string'} | {type: 'boolean'} | {type: 'number'}> => Object.fromEntries(names.map(name => {
	const {type, shortFlag} = rowOf(name);
	return [name, {type, ...(shortFlag !== undefined && {shortFlag})}];
}));

const split = (argv: readonly string[], names: readonly FlagName[], commands?: readonly string[]): {command?: string; input: string[]; flags: Given} => {
	try {
		const {command, input, flags} = meow({
			importMeta: import.meta,
			pkg: {name: 'proxy-mcp'},
			argv,
			flags: meowFlags(names),
			booleanDefault: undefined,
			autoHelp: false,
			autoVersion: false,
			...(commands && commands.length > 0 && {commands}),
		});
		return {...(command !== undefined && {command}), input, flags};
	} catch (error) {
		throw new AppError('USAGE', error instanceof Error ? error.message : String(error));
	}
};

const dashed = (name: string): string => name.length === 1 ? `-${name}` : `--${kebab(name)}`;

const suggestion = (word: string, known: readonly string[], spelt = (text: string): string => text): string => {
	const near = nearest(word, known);
	return near === undefined ? '' : ` Did you mean "${spelt(near)}"?`;
};

const refuseFlag = (name: string, allowed: readonly FlagName[], commandName: string | undefined): never => {
	const isKnown = Object.hasOwn(flagTable, name);
	if (isKnown && commandName === undefined) {
		throw new AppError('USAGE', `"${dashed(name)}" belongs behind a command.`);
	}

	const owner = commandName === undefined ? '' : ` of "${commandName}"`;
	const hint = `See \`pmcp ${commandName === undefined ? 'help' : `help ${commandName}`}\`.`;
	throw new AppError('USAGE', `unknown flag "${printable(dashed(name), 60)}"${owner}.${suggestion(name, allowed, dashed)}`, {hint});
};

/** The flags as the table types them; refuses unknown ones, missing values and words that are no choice. */
const checkFlags = (given: Given, allowed: readonly FlagName[], commandName?: string): Flags => {
	const known = new Set<string>(allowed);
	for (const [name, value] of Object.entries(given)) {
		if (!known.has(name)) {
			refuseFlag(name, allowed, commandName);
		}

		const {type, choices = [], value: placeholder = ''} = rowOf(name as FlagName); // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- found in the table just now
		if (value === '' || Number.isNaN(value) || (type !== 'boolean' && value === false)) {
			throw new AppError('USAGE', `"${dashed(name)}" needs a ${placeholder}.`);
		}

		if (choices.length > 0 && !choices.includes(String(value))) {
			throw new AppError('USAGE', `"${printable(String(value), 60)}" is no ${placeholder} for "${dashed(name)}": ${choices.join(', ')}.`);
		}
	}

	return given;
};

/** A command by its name or alias; refuses an unknown one. */
export const findCommand = (commands: readonly CliCommand[], word: string): CliCommand => {
	const found = commands.find(({name, alias}) => name === word || alias === word);
	if (!found) {
		throw new AppError('USAGE', `unknown command "${printable(word, 60)}".${suggestion(word, commands.map(({name}) => name))}`);
	}

	return found;
};

const checkWords = ({name, words: {min = 0, max} = {max: 0}, usage = ''}: CliCommand, input: readonly string[]): void => {
	const hint = `Usage: \`pmcp ${[name, usage].filter(Boolean).join(' ')}\`.`;
	if (input.length < min) {
		throw new AppError('USAGE', `"${name}" needs more: ${usage}.`, {hint});
	}

	if (input.length > max) {
		throw new AppError('USAGE', `"${name}" takes no "${printable(input[max] ?? '', 60)}".`, {hint});
	}
};

/**
The words of a command line → command, input and flags. Global flags may stand before and after the command. One meow splits
off the command, a second one parses what belongs to it. Throws `USAGE`, with "did you mean".
*/
export const parse = (argv: readonly string[], commands: readonly CliCommand[]): Parsed => {
	// Every word could be the command, so that an unknown one comes back to us instead of ending the process.
	const words = argv.filter(word => /^[^\s\-]\S*$/v.test(word));
	const outer = split(argv, globalFlags, words);
	const before = checkFlags(outer.flags, globalFlags);
	if (outer.command === undefined) {
		return {command: undefined, input: outer.input, flags: before};
	}

	const command = findCommand(commands, outer.command);
	const allowed = [...globalFlags, ...command.flags ?? []];
	const inner = split(outer.input, allowed);
	const flags = {...before, ...checkFlags(inner.flags, allowed, command.name)};
	if (!flags.help) {
		checkWords(command, inner.input);
	}

	return {command, input: inner.input, flags};
};
