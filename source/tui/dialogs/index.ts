import type {Context} from '../context.ts';
import type {Look} from '../theme.ts';
import type {Dialog} from '../ui.ts';
import {adminView, automaticView} from './admin.ts';
import {copyView, quitView, sortView, suspendView} from './lists.ts';
import {endSessionView} from './session.ts';
import {switchView} from './switch.ts';
import type {DialogView} from './view.ts';

/** What a dialog shows and offers now. */
export const viewOf = (context: Context, look: Look, dialog: Dialog): DialogView => {
	switch (dialog.kind) {
		case 'switch':
		case 'failback':
		case 'undo': {
			return switchView(context, look, dialog);
		}

		case 'admin': {
			return adminView(context, look, dialog);
		}

		case 'automatic': {
			return automaticView(context, look, dialog);
		}

		case 'end-session': {
			return endSessionView(context, dialog);
		}

		case 'sort': {
			return sortView(context, look);
		}

		case 'copy': {
			return copyView(context, look, dialog);
		}

		case 'quit': {
			return quitView(context);
		}

		case 'suspend': {
			return suspendView(context);
		}
	}
};
