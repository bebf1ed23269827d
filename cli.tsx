#!/usr/bin/env node
/*
The door. It runs on any Node, to say so when that one is too old; so nothing is imported before the check, and the line
that does it must parse there. NODE_ENV is set before React can be loaded: its development build leaks (facebook/react#35761).
*/
const least = [22, 23, 2];
const current = process.versions.node.split('.').map(Number);
const difference = least.map((number, index) => (current[index] ?? 0) - number).find(number => number !== 0) ?? 0;

if (difference < 0) {
	console.error(`pmcp: this is Node.js ${process.versions.node}, and proxy-mcp needs ${least.join('.')} or newer.`);
	process.exitCode = 1;
} else {
	process.env.NODE_ENV ??= 'production';
	const [{enableCompileCache}, {homedir}, {join}] = await Promise.all([import('node:module'), import('node:os'), import('node:path')]);
	// In the user's own folder: the default one is shared by all users of the machine.
	enableCompileCache(process.env.NODE_COMPILE_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'proxy-mcp'));
	const {main} = await import('./source/commands/main.ts');
	process.exitCode = await main(process.argv.slice(2));
}
