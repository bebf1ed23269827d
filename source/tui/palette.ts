import type {State} from '../core/state.ts';
import {isSortKey} from '../core/listing.ts';
import {commands} from './commands.ts';
import {begin, type Context} from './context.ts';
import {checkNow, proposeAdmin, proposeAutomatic, proposeFailback, proposeSwitch, proposeUndo} from './propose.ts';
import {sorts} from './sort.ts';

/** One verb of the palette: the same words as the subcommands in the shell. */
type Verb = Readonly<{
	name: string;
	does: string;
	/** Every way to write what may follow; none when nothing does. */
	options: (state: State) => readonly string[];
	run: (context: Context, words: readonly string[]) => void;
}>;

const nothing = (): readonly string[] => [];
const names = ({targets}: State): readonly string[] => Object.keys(targets);
const onOrOff = (word: string | undefined): boolean | undefined => word === undefined ? undefined : (new Map([['on', true], ['off', false]])).get(word);
const verbs: readonly Verb[] = [
	{name: 'switch', does: 'make a target active (asks)', options: names, run(context, [id]) {
		proposeSwitch(context, id);
	}},
	{name: 'failback', does: 'return to the preferred target (asks)', options: nothing, run(context) {
		proposeFailback(context);
	}},
	{name: 'undo', does: 'undo the last switch (asks)', options: nothing, run(context) {
		proposeUndo(context);
	}},
	{name: 'auto', does: 'automatic failover (asks)', options: () => ['on', 'off'], run(context, [word]) {
		proposeAutomatic(context, onOrOff(word));
	}},
	{
		name: 'maint',
		does: 'maintenance of a target (asks)',
		options: state => names(state).flatMap(name => [`${name} on`, `${name} off`]),
		run(context, [id, word]) {
			proposeAdmin(context, id, word === 'off' ? 'ready' : 'maintenance');
		},
	},
	{name: 'drain', does: 'drain a target (asks)', options: names, run(context, [id]) {
		proposeAdmin(context, id, 'drain');
	}},
	{name: 'check', does: 'check health now, of one target or all', options: state => ['', ...names(state)], run(context, [id]) {
		begin(context, async () => checkNow(context, id));
	}},
	{
		name: 'sort',
		does: 'sort the list',
		options: () => Object.keys(sorts),
		run({ui, say}, [word]) {
			if (isSortKey(word)) {
				ui.patch({sort: word, isReversed: false});
			} else {
				say('bad', `Sort by ${Object.keys(sorts).join(', ')}`);
			}
		},
	},
	{name: 'traffic', does: 'the requests', options: nothing, run(context) {
		commands['view-traffic'](context);
	}},
	{name: 'sessions', does: 'the clients', options: nothing, run(context) {
		commands['view-sessions'](context);
	}},
	{name: 'help', does: 'all keys', options: nothing, run(context) {
		commands.help(context);
	}},
	{name: 'quit', does: 'leave', options: nothing, run(context) {
		commands.interrupt(context);
	}},
];

export type Completion = Readonly<{text: string; does: string}>;

/** How well `typed` fits: its letters in order; the lower the better, undefined when they are not there. */
const fitness = (typed: string, text: string): number | undefined => {
	const [short, long] = [typed.toLowerCase(), text.toLowerCase()];
	if (long.includes(short)) {
		return long.indexOf(short);
	}

	let place = -1;
	for (const letter of short) {
		if (letter === ' ') {
			continue;
		}

		place = long.indexOf(letter, place + 1);
		if (place === -1) {
			return undefined;
		}
	}

	return 100 + place;
};

/** What could be meant, best first: words, or their letters in order (`swus` finds `switch prod-us`). */
export const complete = (typed: string, state: State): Completion[] => {
	const isBare = !typed.trim().includes(' ') && typed.trim().length < 2;
	const all = verbs.flatMap(({name, does, options}) => {
		const followers = options(state);
		return isBare || followers.length === 0 ? [{text: name, does}] : followers.map(follower => ({text: `${name} ${follower}`.trim(), does}));
	});
	return all
		.map(completion => ({completion, score: fitness(typed.trim(), completion.text)}))
		.filter((found): found is {completion: Completion; score: number} => found.score !== undefined)
		.toSorted((a, b) => a.score - b.score)
		.map(({completion}) => completion);
};

/** Run a line of the palette. Changes ask first, like their keys. */
export const runLine = (context: Context, text: string): void => {
	const [word = '', ...rest] = text.trim().split(/\s+/v);
	const verb = verbs.find(({name}) => name === word);
	if (verb) {
		verb.run(context, rest);
	} else if (word !== '') {
		context.say('bad', `There is no command ${word}; ? lists them`);
	}
};
