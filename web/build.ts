/*
Makes the one self-contained page: bundles and minifies the script and the style, and puts both into the template. What
changes with each request stays as a mark (`<!--view-->` and so on) for source/api/page.ts. Run by `node web/build.ts [FILE]`.
*/
import {mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const folder = import.meta.dirname;
const outfile = process.argv[2] ?? path.join(folder, '../dist/web/index.html');
const draft = `${outfile}.${process.pid}`;

const bundle = async (entry: URL): Promise<string> => {
	const {outputFiles: [file]} = await build({
		entryPoints: [fileURLToPath(entry)],
		bundle: true,
		minify: true,
		write: false,
		format: 'iife',
		target: 'esnext',
		charset: 'utf8',
		legalComments: 'none',
	});
	// Neither may end its own element, nor hold a mark of the template.
	return (file?.text ?? '').trim().replaceAll('</s', String.raw`<\/s`).replaceAll('<!--', String.raw`<\!--`);
};

const [script, style] = await Promise.all([bundle(new URL('app.ts', import.meta.url)), bundle(new URL('style.css', import.meta.url))]);
const template = readFileSync(path.join(folder, 'index.html'), 'utf8').replaceAll(/>\n+</gv, '><');
mkdirSync(path.dirname(outfile), {recursive: true});
writeFileSync(draft, template.replace('<!--style-->', () => style).replace('<!--script-->', () => script));
renameSync(draft, outfile); // Whoever reads it meanwhile sees the old one or the new one.
