import {clearTimeout, setTimeout} from 'node:timers';
import {toAppError, type AppError} from '../core/errors.ts';

type Subscribe = (listener: () => void) => () => void;

/**
Resolves when `check` holds: looks at once, then whenever told of a change. Rejects with what `check` throws, and with
`late()` after `timeout` milliseconds.
*/
export const waitFor = async (subscribe: Subscribe, check: () => boolean, timeout: number, late: () => AppError): Promise<void> => {
	if (check()) {
		return;
	}

	await new Promise<void>((resolve, reject) => {
		const finish = (): void => {
			clearTimeout(timer);
			unsubscribe();
		};

		const timer = setTimeout(() => {
			finish();
			reject(late());
		}, timeout);
		const unsubscribe = subscribe(() => {
			try {
				if (check()) {
					finish();
					resolve();
				}
			} catch (error) {
				finish();
				reject(toAppError(error));
			}
		});
	});
};
