import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {root} from '../kit/process.ts';
import type {Suite} from '../suites/suite.ts';
import {noiseOf} from './figures.ts';
import {goalRows} from './goals.ts';
import {drawPicture} from './picture.ts';
import type {Result, Table} from './result.ts';
import {describeTable, markdownTable} from './table.ts';

const section = (table: Table): string => `### ${table.title}

${table.text === undefined ? '' : `${table.text}\n\n`}![${table.title}](pictures/${table.id}.svg)

${describeTable(table)}`;

const list = (entries: Readonly<Record<string, string>>, between: string): string => Object.entries(entries).map(([name, value]) => `${name}${between}${value}`).join('; ');

const chapter = ({name, summary}: Suite, result: Result): string => `## \`${name}\`: ${summary}

${result.date}, commit ${result.commit}; ${result.machine}. ${result.notes.join(' ')}${describeNoise(result)}

${Object.keys(result.versions).length > 0 ? `Peers: ${list(result.versions, ' ')}.` : ''}${Object.keys(result.missing).length > 0 ? ` **Missing**: ${list(result.missing, ': ')}.` : ''}

${result.tables.map(table => section(table)).join('\n\n')}`;

const introduction = `# Benchmark

\`npm run bench\` installs the peers (\`bench/install.sh\`), measures, and writes this page; \`npm run bench -- http mcp\` runs these
suites only and keeps the rest of the page, \`--peers haproxy,nginx\` and \`--rounds 3\` look at less and leave the page alone.

All contenders take turns within each round. **Ratios come first**: they are taken round by round, shown as median and, in
brackets, least to most, and carry over to other machines; absolute figures do not. CPU is user and system time of all
processes and threads of a contender (\`/proc\`), divided by what it did: the steadiest figure on a noisy machine. The contender
has one processor, load and target have another, and something of the lowest class keeps both awake. This proxy runs as users
run it: built, access log, metrics and traffic events on; the peers have their best settings and no log. Where
other work shares the machine, \`nice -n -15 npm run bench\` keeps it out of the figures as far as that is possible.`;

const goalHead = ['goal', 'what', 'measured', 'limit', ''];

/** How far the machine alone moves the figures. */
const describeNoise = ({tables}: Result): string => {
	const noise = noiseOf(tables);
	return noise === undefined ? '' : ` Noise: rounds of \`direct\` alone differ ${noise.toFixed(1)} times in p50 (the middle of the tables).`;
};

/** Write bench/README.md and its pictures from the last result of each suite. */
export const writePage = (chapters: ReadonlyArray<Readonly<{suite: Suite; result: Result | undefined}>>): void => {
	const results = chapters.flatMap(({result}) => result ? [result] : []);
	const pictures = path.join(root, 'bench/pictures');
	mkdirSync(pictures, {recursive: true});
	for (const table of results.flatMap(({tables}) => tables)) {
		writeFileSync(path.join(pictures, `${table.id}.svg`), drawPicture(table));
	}

	const text = [
		introduction,
		`## Goals\n\n${markdownTable(goalHead, goalRows(results), 2)}`,
		...chapters.map(({suite, result}) => result ? chapter(suite, result) : `## \`${suite.name}\`: ${suite.summary}\n\nNot run yet.`),
	].join('\n\n');
	writeFileSync(path.join(root, 'bench/README.md'), `${text}\n`);
};
