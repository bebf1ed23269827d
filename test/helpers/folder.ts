import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {ExecutionContext} from 'ava';

/** An empty folder of one test's own. */
export const temporaryFolder = (t: ExecutionContext): string => {
	const folder = mkdtempSync(path.join(tmpdir(), 'pmcp-'));
	t.teardown(() => {
		rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};
