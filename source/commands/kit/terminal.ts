import process from 'node:process';
import type {Flags} from './flags.ts';
import {hasColor} from './output.ts';

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '' && value !== '0' && value !== 'false';

/** Whether the dashboard can be drawn: a person at a terminal, not a pipe, a CI job or a dumb terminal. Decided before Ink is loaded. */
export const hasTerminal = (flags: Flags, env = process.env): boolean => process.stdin.isTTY && process.stdout.isTTY
	&& flags.tui !== false && !flags.json && flags.output === undefined
	&& env.TERM !== 'dumb' && !isSet(env.CI);

/** The flags that the dashboard understands; what is left out it finds in the environment. */
export const lookOf = (flags: Flags): {isAscii?: boolean; color?: boolean} => ({
	...(flags.ascii !== undefined && {isAscii: flags.ascii}),
	...(flags.color !== undefined && {color: hasColor(flags, process.stdout)}),
});
