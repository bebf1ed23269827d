import type {Refusal} from './act.ts';
import {element} from './element.ts';
import {patch} from './patch.ts';
import type {Question} from './questions.ts';

type Options = Readonly<{
	/** Made from the state as it is now, and from the target chosen in the dialog; undefined when there is nothing to ask any more, and the dialog closes. */
	make: (chosen: string | undefined) => Question | undefined;
	/** Whether anything can be done now. */
	isReady: () => boolean;
	confirm: (question: Question) => Promise<Refusal>;
}>;

export type Asker = Readonly<{
	ask: (options: Options) => void;
	/** Show what has changed meanwhile. */
	refresh: () => void;
	isOpen: () => boolean;
}>;

/** The one dialog before changes. Focus begins on Cancel, stays inside, and goes back where it was (the browser's `<dialog>` sees to the latter two). */
export const createAsker = (): Asker => {
	const dialog = element<HTMLDialogElement>('ask');
	const title = element('ask-title');
	const body = element('ask-body');
	const typed = element('ask-typed');
	const name = element('ask-name');
	const input = element<HTMLInputElement>('ask-input');
	const error = element('ask-error');
	const confirm = element<HTMLButtonElement>('ask-confirm');
	let current: Options | undefined;
	let chosen: string | undefined;
	let isBusy = false;

	const mayConfirm = ({typed: wanted}: Question): boolean => !isBusy && current?.isReady() === true && (wanted === undefined || input.value === wanted);

	const refresh = (): void => {
		if (!current) {
			return;
		}

		const question = current.make(chosen);
		if (!question) {
			dialog.close();
			return;
		}

		title.textContent = question.title;
		patch(body, {tag: 'div', attributes: {id: 'ask-body'}, children: [question.body]});
		confirm.textContent = question.confirm;
		name.textContent = question.typed ?? '';
		typed.hidden = question.typed === undefined;
		confirm.classList.toggle('danger', question.typed !== undefined);
		confirm.disabled = !mayConfirm(question);
	};

	const submit = async (): Promise<void> => {
		const question = current?.make(chosen);
		if (!current || !question || !mayConfirm(question)) {
			return;
		}

		isBusy = true;
		refresh();
		const refusal = await current.confirm(question);
		isBusy = false;
		if (refusal) {
			error.textContent = `${refusal.error} ${refusal.hint}`;
			refresh();
		} else {
			dialog.close();
		}
	};

	dialog.addEventListener('close', () => {
		current = undefined;
	});
	input.addEventListener('input', refresh);
	body.addEventListener('change', ({target}) => {
		if (target instanceof HTMLSelectElement) {
			chosen = target.value;
			refresh();
		}
	});
	element<HTMLFormElement>('ask-form').addEventListener('submit', event => {
		event.preventDefault();
		void submit();
	});

	return {
		ask(options) {
			chosen = undefined;
			if (!options.make(chosen)) {
				return;
			}

			current = options;
			body.replaceChildren();
			input.value = '';
			error.textContent = '';
			refresh();
			dialog.showModal();
			element<HTMLButtonElement>('ask-cancel').focus();
		},
		refresh,
		isOpen: () => current !== undefined,
	};
};
