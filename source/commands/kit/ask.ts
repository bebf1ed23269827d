import process from 'node:process';
import {createInterface} from 'node:readline/promises';
import {AppError} from '../../core/errors.ts';
import type {Context} from './command.ts';

/** Asks on stderr before something that can hurt, when there is someone to ask; `--yes` answers for them. Throws when the answer is no. */
export const confirm = async ({flags, out}: Context, question: string): Promise<void> => {
	const isPerson = process.stdin.isTTY && process.stderr.isTTY;
	if (!isPerson || flags.yes === true || flags.input === false || out.isJson) {
		return;
	}

	const terminal = createInterface({input: process.stdin, output: process.stderr});
	try {
		const answer = await terminal.question(`${question} [y/N] `);
		if (!/^y(?:es)?$/iv.test(answer.trim())) {
			throw new AppError('FAILED', 'nothing was done.', {hint: ''});
		}
	} finally {
		terminal.close();
	}
};
