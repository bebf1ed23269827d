import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {formatFault, SettingsError} from '../../source/settings/fault.ts';
import {loadSettings, type Loaded} from '../../source/settings/load.ts';
import {temporaryFolder} from './folder.ts';

/** Write a settings file (a text as it is, anything else as JSON) into a folder of its own. */
export const writeSettings = (t: ExecutionContext, content: unknown): string => {
	const file = path.join(temporaryFolder(t), 'config', 'default.json');
	mkdirSync(path.dirname(file));
	writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2));
	return file;
};

type Rest = Omit<NonNullable<Parameters<typeof loadSettings>[0]>, 'path'>;

/** Load such a file, with an empty environment unless one is given. */
export const load = (t: ExecutionContext, content: unknown, rest: Rest = {}): Loaded => loadSettings({path: writeSettings(t, content), env: {}, ...rest});

/** The faults of such a file as a user sees them, the file's name as FILE. */
export const faultsOf = (t: ExecutionContext, content: unknown, rest: Rest = {}): string[] => {
	const file = writeSettings(t, content);
	const error = t.throws(() => loadSettings({path: file, env: {}, ...rest}), {instanceOf: SettingsError});
	return error?.faults.map(fault => formatFault(fault).replace(file, 'FILE')) ?? [];
};

/** How a settings file names an environment variable. */
export const variable = (name: string): string => `\${${name}}`;
