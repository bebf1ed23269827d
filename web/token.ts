import {setToken} from './act.ts';
import {element} from './element.ts';

/** Ask for the token that changes from another machine need; it is kept for this tab. */
export const askToken = (): void => {
	const dialog = element<HTMLDialogElement>('token');
	const input = element<HTMLInputElement>('token-input');
	input.value = '';
	dialog.returnValue = '';
	dialog.addEventListener('close', () => {
		if (dialog.returnValue === 'keep' && input.value !== '') {
			setToken(input.value);
		}
	}, {once: true});
	dialog.showModal();
};
