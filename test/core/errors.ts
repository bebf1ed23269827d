import test from 'ava';
import {AppError, catalogue, toAppError} from '../../source/core/errors.ts';

test('an error carries its status, its exit code and what to do', t => {
	const error = new AppError('TARGET_UNKNOWN', 'No target is called "x".');
	t.is(error.status, 404);
	t.is(error.exit, 5);
	t.deepEqual(JSON.parse(JSON.stringify(error)), {error: 'No target is called "x".', code: 'TARGET_UNKNOWN', hint: 'Run `pmcp list` to see the names.'});
});

test('a hint can be said more exactly, and the cause is kept', t => {
	const cause = new Error('deep down');
	const error = new AppError('FAILED', 'It broke.', {hint: 'Mend it.', cause});
	t.is(error.hint, 'Mend it.');
	t.is(error.cause, cause);
});

test('anything thrown becomes an error a user can read', t => {
	const error = new AppError('FAILED', 'x');
	t.is(toAppError(error), error);
	t.is(toAppError(new Error('low')).message, 'low');
	t.is(toAppError('thrown text').message, 'thrown text');
	t.is(toAppError(new Error('low')).code, 'FAILED');
});

test('every error has a hint, an HTTP error status and an exit code of the contract', t => {
	const exits = new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 20, 21]);
	for (const [code, {status, exit, hint}] of Object.entries(catalogue)) {
		t.true(status >= 400 && status < 600, code);
		t.true(exits.has(exit), code);
		t.regex(hint, /\.$/v, code);
	}
});
