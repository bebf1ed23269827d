import process from 'node:process';
import {styleText} from 'node:util';
import {AppError} from '../../core/errors.ts';
import {parseDuration} from '../../core/duration.ts';
import {printable} from '../../core/text.ts';
import type {Flags} from './flags.ts';

export type Format = 'table' | 'wide' | 'json' | 'jsonl' | 'name';
export type Style = 'green' | 'red' | 'yellow' | 'cyan' | 'bold' | 'dim';

/** Where answers go. stdout carries data alone; everything else goes to stderr. Text from outside must be `printable` by now. */
export type Output = Readonly<{
	format: Format;
	/** JSON is wanted, as a document or as lines. */
	isJson: boolean;
	/** The terminal on stdout can move its cursor. */
	isTerminal: boolean;
	/** Words for a person, to stdout; none with `--quiet`. */
	print: (text: string) => void;
	/** One line of data to stdout, whatever `--quiet` says. */
	line: (text: string) => void;
	/** The answer: as JSON when that is wanted, else in words. */
	show: (document: unknown, words: () => string) => void;
	/** By the way, to stderr; none with `--quiet` or JSON. */
	note: (text: string) => void;
	/** Text with a colour, when stdout has any. */
	paint: (style: Style, text: string) => string;
	/** One of two spellings: the second is ASCII. */
	glyph: (fine: string, plain: string) => string;
}>;

/** Whether a stream gets colours: flag, `NO_COLOR`, `FORCE_COLOR`, `TERM=dumb`, then whether it is a terminal. */
export const hasColor = ({color = 'auto'}: Flags, stream: Readonly<{isTTY?: boolean}>, environment = process.env): boolean => {
	if (color !== 'auto') {
		return color === 'always';
	}

	if (environment.NO_COLOR) {
		return false;
	}

	if (environment.FORCE_COLOR) {
		return environment.FORCE_COLOR !== '0';
	}

	return environment.TERM !== 'dumb' && stream.isTTY === true;
};

/** The output that the flags ask for. */
export const createOutput = (flags: Flags): Output => {
	const format = flags.json ? 'json' : (flags.output ?? 'table') as Format; // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- checked against the choices while parsing
	const isJson = format === 'json' || format === 'jsonl';
	const isPainted = hasColor(flags, process.stdout);
	const line = (text: string): void => {
		process.stdout.write(`${text}\n`);
	};

	const print = (text: string): void => {
		if (!flags.quiet) {
			line(text);
		}
	};

	return {
		format,
		isJson,
		isTerminal: process.stdout.isTTY && process.env.TERM !== 'dumb',
		print,
		line,
		show(document, words) {
			if (isJson) {
				line(JSON.stringify(document, undefined, format === 'json' ? 2 : undefined));
			} else {
				print(words());
			}
		},
		note(text) {
			if (!flags.quiet && !isJson) {
				process.stderr.write(`${text}\n`);
			}
		},
		paint: (style, text) => isPainted ? styleText(style, text, {validateStream: false}) : text,
		glyph: (fine, plain) => flags.ascii ? plain : fine,
	};
};

/** Text from the network or a file in one cell: made printable and cut. */
export const cell = (text: string | null | undefined, limit = 200): string => printable(text ?? '', limit);

/** `--timeout`, or else a default, in ms. */
export const timeoutOf = ({timeout}: Flags, otherwise: number): number => timeout === undefined ? otherwise : durationOf('--timeout', timeout);

/** A duration given with a flag, in ms; throws `USAGE`. */
export const durationOf = (flag: string, text: string): number => {
	const ms = parseDuration(text);
	if (ms === undefined) {
		throw new AppError('USAGE', `"${printable(text, 60)}" is no time for "${flag}".`, {hint: 'A time looks like 500ms, 10s or 2m.'});
	}

	return ms;
};
