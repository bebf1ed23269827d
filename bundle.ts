/*
Makes the program that users run, after tsc: `dist/cli.js` and, beside the rooms, `dist/source/bundle`. Some four hundred
small modules are read one by one otherwise, which takes longer than all else at the start (docs/adr/0016). That folder is one
room: what finds a file from its own place (the page, the worker threads, the version) finds it from there too.
*/
import {globSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {build} from 'esbuild';

const root = import.meta.dirname;
const room = 'source/bundle';

/** What is started by its file name: threads and processes. */
const programs = ['daemon/thread', 'daemon/plane', 'demo/target', 'demo/traffic'];

rmSync(path.join(root, 'dist', room), {recursive: true, force: true});
const {metafile: {inputs}} = await build({
	absWorkingDir: root,
	entryPoints: {cli: 'cli.tsx', ...Object.fromEntries(programs.map(name => [`${room}/${path.basename(name)}`, `source/${name}.ts`]))},
	outdir: 'dist',
	chunkNames: `${room}/[name]-[hash]`,
	bundle: true,
	splitting: true,
	format: 'esm',
	platform: 'node',
	target: 'node22',
	minifyWhitespace: true,
	sourcemap: true,
	sourcesContent: false,
	legalComments: 'none',
	metafile: true,
	// Ink brings WebAssembly and an optional devtool, and ink-table is handed the very module that is loaded (static-table.tsx).
	external: ['ink', 'ink-table', 'react'],
	// What a CommonJS package asks for.
	banner: {js: 'import {createRequire as requireOf} from \'node:module\';const require = requireOf(import.meta.url);'},
});

/** The licences of what is in it ask to be told wherever it goes. */
const folders = new Set(Object.keys(inputs).flatMap(file => /^.*node_modules\/(?:@[^\/]+\/)?[^\/]+(?=\/)/v.exec(file) ?? []));
const notices = [...folders].toSorted().flatMap(folder => globSync(`${folder}/{LICENSE,LICENCE,license,licence}*`, {cwd: root}));
writeFileSync(path.join(root, 'dist', room, 'LICENSES.txt'), notices.map(file => `${path.dirname(file)}\n\n${readFileSync(path.join(root, file), 'utf8')}`).join('\n\n'));
