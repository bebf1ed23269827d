import path from 'node:path';
import type {Environment} from './environment.ts';
import type {KeyPath} from './fault.ts';
import {stateFolder, userFile} from './find.ts';
import {pemFiles, type PemPaths} from './certificates.ts';
import type {Settings} from './schema.ts';

type Context = Readonly<{
	file: string | undefined;
	env: Environment;
	/** Whether a value is set, not a default. */
	isWritten: (path: KeyPath) => boolean;
}>;

/** Fill in the defaults that hang on other values, and make every path absolute: relative ones start at the folder of the file. */
export const complete = ({$schema, ...settings}: Settings, context: Context): Settings => ({
	...settings,
	server: {...settings.server, ...(settings.server.tls && {tls: resolvePems(settings.server.tls, context)})},
	proxy: completeProxy(settings.proxy, context),
	logging: {...settings.logging, directory: resolvePath(['logging', 'directory'], settings.logging.directory, 'logs', context)},
	lockFile: resolvePath(['lockFile'], settings.lockFile, 'active_system.lock', context),
});

const completeProxy = (proxy: Settings['proxy'], context: Context): Settings['proxy'] => {
	const [preferred] = Object.entries(proxy.targets).toSorted(([, a], [, b]) => a.priority - b.priority);
	const probe = {...proxy.probe};
	for (const key of ['timeout', 'fastInterval', 'downInterval'] as const) { // By default no longer than the interval.
		probe[key] = context.isWritten(['proxy', 'probe', key]) ? probe[key] : Math.min(probe[key], proxy.healthCheckInterval);
	}

	const targets = Object.entries(proxy.targets).map(([id, target]) => [id, {
		...target,
		tls: resolvePems(target.tls, context),
		...(target.cwd !== undefined && {cwd: path.resolve(folderOf(context), target.cwd)}),
	}] as const);
	const {defaultTarget = preferred?.[0], ...rest} = proxy;
	return {defaultTarget, ...rest, probe, targets: Object.fromEntries(targets)};
};

const resolvePems = <Tls extends PemPaths>(tls: Tls, context: Context): Tls => {
	const files = pemFiles.flatMap(key => tls[key] === undefined ? [] : [[key, path.resolve(folderOf(context), tls[key])] as const]);
	return {...tls, ...Object.fromEntries(files)};
};

const folderOf = ({file, env}: Context): string => file === undefined ? stateFolder(env) : path.dirname(file);

/** A default path of the built-in settings, or of the user's own file, is in the state folder: nothing is put beside that file unasked. */
const resolvePath = (keys: KeyPath, value: string, name: string, context: Context): string => {
	const isPrivate = context.file === undefined || context.file === userFile(context.env);
	return isPrivate && !context.isWritten(keys) ? path.join(stateFolder(context.env), name) : path.resolve(folderOf(context), value);
};
