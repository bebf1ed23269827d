import process from 'node:process';
import {styleText} from 'node:util';
import {toAppError, type AppError} from '../../core/errors.ts';
import {printable} from '../../core/text.ts';
import {formatFault, SettingsError} from '../../settings/fault.ts';
import type {Flags} from './flags.ts';
import {hasColor} from './output.ts';

/** The `--json` form of an error: one object on stderr. `command`: what to run next, when that is known. */
export const failureDocument = (error: AppError): Record<string, unknown> => ({
	error: {
		code: error.code.toLowerCase(),
		exit: error.exit,
		message: printable(error.message),
		hint: printable(error.hint),
		command: /`(pmcp[^`]*)`/v.exec(error.hint)?.[1] ?? null,
		docs: 'docs/cli.md',
		...(error instanceof SettingsError && {faults: error.faults.map(({file, line, path, message}) => ({file, line: line ?? null, path, message}))}),
	},
});

/** `pmcp: what happened`, then indented why and what to do next. */
export const failureText = (error: AppError): string => {
	const hint = error.hint === '' ? [] : error.hint.split('\n').map(line => `  ${printable(line)}`);
	if (error instanceof SettingsError) {
		const [first] = error.faults;
		const count = error.faults.length;
		const head = `pmcp: ${printable(first?.file ?? 'the settings')} is not valid: ${count} ${count === 1 ? 'problem' : 'problems'}`;
		return [head, ...error.faults.map(fault => `  ${printable(formatFault(fault))}`), ...hint].join('\n');
	}

	return [`pmcp: ${printable(error.message)}`, ...hint].join('\n');
};

/** Tells an error on stderr and resolves its exit code. Stack only with `--verbose`. */
export const tellFailure = (cause: unknown, flags: Flags): number => {
	const error = toAppError(cause);
	if (flags.json === true || flags.output === 'json' || flags.output === 'jsonl') {
		process.stderr.write(`${JSON.stringify(failureDocument(error))}\n`);
		return error.exit;
	}

	const text = failureText(error);
	process.stderr.write(`${hasColor(flags, process.stderr) ? text.replace(/^pmcp:/v, styleText('red', 'pmcp:', {validateStream: false})) : text}\n`);
	if (flags.verbose) {
		const origin = error.cause instanceof Error ? error.cause : error;
		process.stderr.write(`${(origin.stack ?? '').split('\n').map(line => `  ${printable(line)}`).join('\n')}\n`);
	}

	return error.exit;
};
