import {existsSync, readFileSync} from 'node:fs';

/** The version of this package, read from the package.json above this file, built or not. */
export const readVersion = (): string => {
	const files = ['../../../package.json', '../../../../package.json'].map(path => new URL(path, import.meta.url));
	const file = files.find(file => existsSync(file));
	const content: unknown = file && JSON.parse(readFileSync(file, 'utf8'));
	return typeof content === 'object' && content !== null && 'version' in content ? String(content.version) : '0.0.0';
};
