import type {Context} from '../context.ts';
import {isTextKey} from '../keys.ts';
import {dialogKeyOf} from '../keymap.ts';
import {graphemes} from '../text.ts';
import type {Look} from '../theme.ts';
import type {Dialog} from '../ui.ts';
import {viewOf} from './index.ts';
import type {DialogView} from './view.ts';

const move = ({ui}: Context, dialog: Dialog, {choices}: DialogView, step: number): void => {
	ui.patch({dialog: {...dialog, focus: (dialog.focus + step + choices.length) % choices.length}});
};

/** Take the marked choice; the safe one always, another only once the name is typed where it is asked for. */
const press = ({ui}: Context, dialog: Dialog, {choices, expects}: DialogView): void => {
	// Whoever has typed the name and presses Enter means it: the focus moves with the last letter.
	if (expects !== undefined && dialog.focus > 0 && dialog.typed !== expects) {
		ui.patch({dialog: {...dialog, note: `Type ${expects} first.`}});
		return;
	}

	(choices[dialog.focus] ?? choices[0])?.run();
};

const type = ({ui}: Context, dialog: Dialog, {expects}: DialogView, typed: string): void => {
	ui.patch({dialog: {...dialog, typed, note: undefined, focus: typed === expects ? 1 : 0}});
};

/**
One key in a dialog. `isBurst`: it came together with others, so it was pasted or typed ahead, and must not confirm anything.
*/
export const dialogKey = (context: Context, look: Look, key: string, isBurst: boolean): void => {
	const {dialog} = context.ui.get();
	if (!dialog) {
		return;
	}

	const view = viewOf(context, look, dialog);
	const command = dialogKeyOf(key);
	const isText = view.expects !== undefined && isTextKey(key);
	if (command === 'dialog-cancel') {
		context.ui.patch({dialog: undefined});
	} else if (isText) {
		type(context, dialog, view, dialog.typed + key);
	} else if (view.expects !== undefined && key === 'backspace') {
		type(context, dialog, view, graphemes(dialog.typed).slice(0, -1).join(''));
	} else if (command === 'dialog-press') {
		if (!isBurst) {
			press(context, dialog, view);
		}
	} else if (command !== undefined) {
		move(context, dialog, view, command === 'dialog-next' ? 1 : -1);
	} else if (!isBurst) {
		view.choices.find(choice => choice.key === key)?.run();
	}
};
