import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type {Environment} from './environment.ts';

/** A folder of the XDG base directory specification; relative values of the variable do not count there. */
const xdgFolder = (environment: Environment, variable: string, ...fallback: readonly string[]): string => {
	const value = environment[variable];
	const folder = value && path.isAbsolute(value) ? value : path.join(environment.HOME ?? os.homedir(), ...fallback);
	return path.join(folder, 'proxy-mcp');
};

/** `$XDG_STATE_HOME/proxy-mcp`: logs, lock file and daemon record when no settings file says where. */
export const stateFolder = (environment: Environment): string => xdgFolder(environment, 'XDG_STATE_HOME', '.local', 'state');

/** `$XDG_CONFIG_HOME/proxy-mcp/config.json`. */
export const userFile = (environment: Environment): string => path.join(xdgFolder(environment, 'XDG_CONFIG_HOME', '.config'), 'config.json');

/**
Which settings file counts: `--config`, `$PROXY_MCP_CONFIG`, `./config/default.json`, the user's own file; the first that
exists wins (docs/config.md). Undefined: none, the built-in settings hold. A file that was asked for by name is
returned even if it does not exist: loading it then says so.
*/
export const findSettings = ({config, env: environment = process.env, cwd = process.cwd()}: {config?: string | undefined; env?: Environment; cwd?: string} = {}): string | undefined => {
	const asked = config ?? (environment.PROXY_MCP_CONFIG || undefined); // eslint-disable-line @typescript-eslint/prefer-nullish-coalescing -- set but empty is not set
	if (asked !== undefined) {
		return path.resolve(cwd, asked);
	}

	return [path.resolve(cwd, 'config', 'default.json'), userFile(environment)].find(file => fs.existsSync(file));
};
