import {AppError} from '../core/errors.ts';
import {printable} from '../core/text.ts';
import {nearest} from '../settings/suggest.ts';
import type {CliCommand} from './kit/command.ts';
import {commandHelp, overview, table} from './kit/help.ts';
import {topics} from './kit/topics.ts';

/** Every topic's name. */
export const topicNames: readonly string[] = [...Object.keys(topics), 'keys'];

/** What is said on a topic; undefined for an unknown one. The dashboard's keys are loaded only when asked for. */
const topicText = async (word: string): Promise<string | undefined> => {
	if (word !== 'keys') {
		return Object.hasOwn(topics, word) ? topics[word] : undefined;
	}

	const {keymap} = await import('../tui/keymap.ts');
	return table(keymap.map(({shown, does}) => [shown, does]));
};

/** The help command of a table of commands, itself among them. */
export const createHelp = (getCommands: () => readonly CliCommand[]): CliCommand => ({
	name: 'help',
	usage: '[COMMAND|TOPIC]',
	summary: 'How to use it',
	details: `Topics: ${topicNames.join(', ')}.`,
	words: {max: 1},
	async run({input: [word], out}) {
		const commands = getCommands();
		if (word === undefined) {
			out.line(overview(commands, topicNames));
			return;
		}

		const command = commands.find(({name, alias}) => name === word || alias === word);
		const text = command ? commandHelp(command) : await topicText(word);
		if (text === undefined) {
			const near = nearest(word, [...commands.map(({name}) => name), ...topicNames]);
			throw new AppError('USAGE', `there is no help on "${printable(word, 60)}".${near === undefined ? '' : ` Did you mean "${near}"?`}`);
		}

		out.line(text);
	},
});
