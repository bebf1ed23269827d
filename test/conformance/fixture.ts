import test from 'ava';
import {runConformance} from '../helpers/conformance.ts';
import {startConformanceTarget} from '../helpers/conformance-target.ts';

/** The tasks extension is no part of any revision's requirements, and the fixture has none. */
const isRequired = (failure: string): boolean => !failure.startsWith('tasks-');

test('the fixture passes every check of the suite\'s stable version', async t => {
	const target = await startConformanceTarget(t, 'sessions');
	const {passed, failures} = await runConformance(t, '0.1.13', `${target.url}/mcp`);
	t.deepEqual(failures, []);
	t.is(passed, 40);
});

test('the fixture passes every check of the requirement set 2025-11-25', async t => {
	const target = await startConformanceTarget(t, 'sessions');
	const {failures} = await runConformance(t, 'next', `${target.url}/mcp`, '--requirements', '2025-11-25');
	t.deepEqual(failures, []);
});

test('the fixture passes every check of the requirement set 2026-07-28', async t => {
	const target = await startConformanceTarget(t, 'stateless');
	const {failures} = await runConformance(t, 'next', `${target.url}/mcp`, '--requirements', '2026-07-28');
	t.deepEqual(failures.filter(failure => isRequired(failure)), []);
});
