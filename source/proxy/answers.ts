import {AppError} from '../core/errors.ts';
import {findTarget, stateWord, type State} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import {printable} from '../core/text.ts';
import type {Trouble} from '../upstream/forward.ts';

/** What the client is told of an attempt that came to nothing. */
export const troubleError = (id: TargetId, {kind, failure, error}: Trouble): AppError => {
	switch (kind) {
		case 'refused': {
			return new AppError('TARGET_REFUSED', `"${id}" could not be reached: ${failure.message}.`);
		}

		case 'timeout': {
			return new AppError('TARGET_TIMEOUT', `"${id}" did not answer in time: ${failure.message}.`);
		}

		case 'broke': {
			return new AppError('TARGET_BROKE', `"${id}" broke off: ${failure.message}.`);
		}

		case 'forsaken': {
			return new AppError(failure.code === 'TARGET_SILENT' ? 'TARGET_TIMEOUT' : 'TARGET_BROKE', `"${id}" did not answer, and was given up: ${failure.message}.`);
		}

		case 'invalid': {
			return new AppError('BAD_REQUEST', `The request can not be sent on: ${failure.message}.`);
		}

		case 'client': {
			return error instanceof AppError ? error : new AppError('BAD_REQUEST', 'The body of the request could not be read.');
		}
	}
};

/** No target can take a request. */
export const noTarget = (state: State): AppError => {
	const active = findTarget(state, state.active);
	if (!active) {
		return new AppError('NO_TARGET', 'No target is active.');
	}

	const why = active.failure ? `: ${active.failure.message}` : '';
	const others = Object.keys(state.targets).length > 1 ? ', and nothing else may take over' : '';
	return new AppError('NO_TARGET', `"${active.target.id}" is ${stateWord(active)}${why}${others}.`);
};

/** `/targets/NAME` of a name nobody has. */
export const unknownTarget = (state: State, id: TargetId): AppError => {
	const names = Object.keys(state.targets).join(', ');
	return new AppError('TARGET_UNKNOWN', `No target is called "${printable(id, 100)}". Known: ${names === '' ? 'none' : names}.`);
};

/** A target that is a program: there is no HTTP to pass on. */
export const noHttp = (id: TargetId): AppError => new AppError('NO_TARGET', `"${printable(id, 100)}" is a program that speaks MCP only: use /mcp or /sse.`, {hint: 'Switch to a target with a `url` for other paths.'});

/** A target with its hands full. */
export const overloaded = (id: TargetId): AppError => new AppError('OVERLOADED', `"${id}" has as many requests in flight as it may have.`);
