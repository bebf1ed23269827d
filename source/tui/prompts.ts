import type {Context} from './context.ts';
import {isTextKey} from './keys.ts';
import {complete, runLine, type Completion} from './palette.ts';
import {graphemes} from './text.ts';
import type {Prompt, Ui} from './ui.ts';

const limit = 200;
const historyKept = 50;

/** The completions of the palette as it stands. */
export const completionsOf = ({client}: Context, {kind, text}: Prompt): Completion[] => kind === 'command' ? complete(text, client.getState()) : [];

/** A filter works while it is typed. */
const filterPatch = (kind: Prompt['kind'], text: string): Partial<Ui> => kind === 'filter' ? {filter: text} : (kind === 'calls' ? {callFilter: text} : {});

const write = ({ui}: Context, prompt: Prompt, text: string): void => {
	const cut = text.slice(0, limit);
	ui.patch({prompt: {...prompt, text: cut, choice: 0}, ...filterPatch(prompt.kind, cut)});
};

/** Text pasted or typed into the prompt. */
export const writePrompt = (context: Context, text: string): void => {
	const {prompt} = context.ui.get();
	if (prompt) {
		write(context, prompt, prompt.text + text);
	}
};

const submit = (context: Context, prompt: Prompt): void => {
	const {ui} = context;
	ui.patch({prompt: undefined});
	if (prompt.kind !== 'command') {
		return;
	}

	const completions = completionsOf(context, prompt);
	const isWhole = completions.some(({text}) => text === prompt.text.trim());
	const text = prompt.choice > 0 || !isWhole ? completions[prompt.choice]?.text ?? prompt.text : prompt.text;
	if (prompt.text.trim() !== '' || prompt.choice > 0) {
		ui.patch({history: [...ui.get().history.filter(line => line !== text), text].slice(-historyKept)});
		runLine(context, text);
	}
};

const recall = ({ui}: Context, prompt: Prompt, step: number): void => {
	const {history} = ui.get();
	const place = Math.max(0, Math.min(history.length, prompt.recall + step));
	ui.patch({prompt: {...prompt, recall: place, choice: 0, text: history.at(-place) ?? ''}});
};

const upOrDown = (context: Context, prompt: Prompt, step: number): void => {
	const isRecalling = step < 0 ? prompt.choice === 0 : prompt.recall > 0;
	if (isRecalling) {
		recall(context, prompt, -step);
		return;
	}

	const {length} = completionsOf(context, prompt);
	context.ui.patch({prompt: {...prompt, choice: Math.max(0, Math.min(length - 1, prompt.choice + step))}});
};

/** What the keys of a text field do. */
const keys: Readonly<Record<string, (context: Context, prompt: Prompt) => void>> = {
	esc(context, {kind, before}) {
		context.ui.patch({prompt: undefined, ...filterPatch(kind, before)});
	},
	enter: submit,
	backspace(context, prompt) {
		write(context, prompt, graphemes(prompt.text).slice(0, -1).join(''));
	},
	'ctrl-u'(context, prompt) {
		write(context, prompt, '');
	},
	'ctrl-w'(context, prompt) {
		write(context, prompt, prompt.text.trimEnd().replace(/\S+$/v, ''));
	},
	tab(context, prompt) {
		write(context, prompt, completionsOf(context, prompt)[prompt.choice]?.text ?? prompt.text);
	},
	up(context, prompt) {
		upOrDown(context, prompt, -1);
	},
	down(context, prompt) {
		upOrDown(context, prompt, 1);
	},
};

/** One key in a text field: it takes all printable ones, and Esc always leaves it. Whatever a line changes is asked in a dialog. */
export const promptKey = (context: Context, key: string): void => {
	const {prompt} = context.ui.get();
	const press = Object.hasOwn(keys, key) ? keys[key] : undefined;
	if (prompt && press) {
		press(context, prompt);
	} else if (prompt && isTextKey(key)) {
		write(context, prompt, prompt.text + key);
	}
};
