import fs from 'node:fs';
import path from 'node:path';
import {check} from './check.ts';
import {complete} from './complete.ts';
import {substitute, type Environment} from './environment.ts';
import {explain, type Finding} from './explain.ts';
import {formatPath, SettingsError, type Fault, type KeyPath} from './fault.ts';
import {parseJson, type Document, type Json} from './json.ts';
import {leavesOf} from './leaves.ts';
import {applyOverrides, collectOverrides, type Origin, type Override, type Overrides} from './overrides.ts';
import {settingsSchema, type Settings} from './schema.ts';

/** Plain data, so that it can be sent to a worker thread. */
export type Loaded = Readonly<{
	settings: Settings;
	/** Absolute; undefined = the built-in settings. */
	file: string | undefined;
	/** By path, such as `proxy.failoverThreshold`. */
	origins: Readonly<Record<string, Origin>>;
}>;

export type LoadOptions = Readonly<{path?: string | undefined; env?: Environment; overrides?: Overrides}>;

const sizeLimit = 1024 ** 2;

/**
Read, complete and check the settings: flags stand above `PMCP_*`, those above the file, that above the defaults.
Without `path` the built-in settings hold. Throws a `SettingsError` (`SETTINGS_INVALID`) with every fault found.
*/
export const loadSettings = ({path: given, env: environment = process.env, overrides = {}}: LoadOptions = {}): Loaded => {
	const file = given === undefined ? undefined : path.resolve(given);
	const document = file === undefined ? parseJson('{}') : readDocument(file);
	const above = collectOverrides(overrides, environment);
	const demand = faultGate(document, {file, above});
	const {value: written = {}, problems} = document;
	if (document.value === undefined) {
		demand(problems);
	}

	const {value, findings} = substitute(written, environment);
	const raw = applyOverrides(value, above);
	const parsed = settingsSchema.safeParse(raw);
	const unset = new Set(findings.map(({path}) => formatPath(path)));
	const refused = parsed.success ? [] : explain(parsed.error.issues).filter(({path}) => !unset.has(formatPath(path))); // Said once: "${NAME}" is no address either.
	demand([...problems, ...findings, ...refused]);
	const places = placesOf(raw, above);
	const isWritten = (path: KeyPath): boolean => places.has(placeOf(path));
	const settings = complete(parsed.data ?? settingsSchema.parse(raw), {file, env: environment, isWritten});
	demand(check(settings, isWritten));
	const origins = leavesOf(settings).map(({path}) => [formatPath(path), places.get(placeOf(path)) ?? 'default'] as const);
	return {settings, file, origins: Object.fromEntries(origins)};
};

/** A path as a person would write it: relative when it is below the current folder. */
const shortName = (file: string): string => {
	const relative = path.relative(process.cwd(), file);
	return relative === '' || relative.startsWith('..') ? file : relative;
};

const readDocument = (file: string): Document => {
	const refuse = (message: string): never => {
		throw new SettingsError([{file: shortName(file), line: undefined, path: '', message}]);
	};

	const stats = fs.statSync(file, {throwIfNoEntry: false});
	if (!stats) {
		return refuse('does not exist');
	}

	if (stats.isDirectory() || stats.size > sizeLimit) {
		return refuse(stats.isDirectory() ? 'is a folder' : `is larger than ${sizeLimit / 1024} KB: no settings file`);
	}

	try {
		return parseJson(fs.readFileSync(file, 'utf8'));
	} catch (error) {
		return refuse(`can not be read: ${error instanceof Error ? error.message : String(error)}`);
	}
};

type Source = Readonly<{file: string | undefined; above: readonly Override[]}>;

/** A function that throws all the findings it is given, each with its file and line, or does nothing when there are none. */
const faultGate = ({locate}: Document, {file, above}: Source) => (findings: readonly Finding[]): void => {
	const faults = findings.map(({path, message, line, column}): Fault => {
		const text = formatPath(path);
		const override = above.find(({path: own}) => formatPath(own) === text);
		const name = file === undefined ? 'built-in settings' : shortName(file);
		const isInFile = file !== undefined && !override;
		return {file: override?.name ?? name, line: isInFile ? line ?? locate(path).line : undefined, ...(column === undefined ? {} : {column}), path: text, message};
	});
	if (faults.length > 0) {
		throw new SettingsError(faults.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)));
	}
};

/** Names of header fields lose their case on the way, so places are compared without it. */
const placeOf = (path: KeyPath): string => formatPath(path).toLowerCase();

const placesOf = (raw: Json, above: readonly Override[]): Map<string, Origin> => new Map([
	...leavesOf(raw).map(({path}) => [placeOf(path), 'file'] as const),
	...above.map(({path, origin}) => [placeOf(path), origin] as const),
]);
