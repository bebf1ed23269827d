import type {Environment} from './environment.ts';
import type {KeyPath} from './fault.ts';
import type {Json} from './json.ts';

/** Where a value comes from. */
export type Origin = 'default' | 'file' | `env ${string}` | `flag ${string}`;

/** Values of flags, which stand above everything else; numbers may come as text. */
export type Overrides = Readonly<{port?: number | string | undefined; host?: string | undefined; token?: string | undefined; logLevel?: string | undefined; workers?: number | string | undefined}>;

/** A value that stands above the file, and the flag or variable (`name`) it was given with. */
export type Override = Readonly<{path: KeyPath; value: Json; origin: Origin; name: string}>;

const overridable = [
	{key: 'port', path: ['server', 'port'], flag: '--port', variable: 'PMCP_PORT'},
	{key: 'host', path: ['server', 'host'], flag: '--host', variable: 'PMCP_HOST'},
	{key: 'workers', path: ['server', 'workers'], flag: '--workers', variable: 'PMCP_WORKERS'},
	{key: 'token', path: ['server', 'token'], flag: '--token', variable: 'PMCP_TOKEN'},
	{key: 'logLevel', path: ['logging', 'level'], flag: '--log-level', variable: 'PMCP_LOG_LEVEL'},
] as const;

/** The flags that were given, and the `PMCP_*` variables where they were not. */
export const collectOverrides = (flags: Overrides, environment: Environment): Override[] => overridable.flatMap(({key, path, flag, variable}): Override[] => {
	const value = flags[key];
	if (value !== undefined) {
		return [{path, value, origin: `flag ${flag}`, name: flag}];
	}

	const text = environment[variable];
	return text ? [{path, value: text, origin: `env ${variable}`, name: variable}] : [];
});

/** A copy of the document with the overrides in it. */
export const applyOverrides = (document: Json, overrides: readonly Override[]): Json => {
	let result = document;
	for (const {path, value} of overrides) {
		result = withValue(result, path, value);
	}

	return result;
};

/** What is no object on the way stays, for the schema to refuse. */
const withValue = (document: Json, [key, ...rest]: KeyPath, value: Json): Json => {
	if (key === undefined) {
		return value;
	}

	if (document === null || typeof document !== 'object' || Array.isArray(document)) {
		return document;
	}

	return {...document, [key]: withValue(document[key] ?? {}, rest, value)};
};
