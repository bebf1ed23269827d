#!/usr/bin/env node
/*
`npm run bench` measures and writes bench/README.md; `npm run bench -- --short` takes a few seconds a suite with the peers
that are there, and only shows that it all works; `--page` writes the page anew from the results that are kept. Ends with code 1
when an answer was wrong.
*/
import {spawnSync} from 'node:child_process';
import process from 'node:process';
import {parseArgs} from 'node:util';
import {describeMachine, keepAwake, pinMyself} from './kit/machine.ts';
import {endAll, root} from './kit/process.ts';
import {writePage} from './report/page.ts';
import {loadResult, saveResult, type Result} from './report/result.ts';
import {describeTable} from './report/table.ts';
import {suites} from './suites/index.ts';
import type {Run, Suite} from './suites/suite.ts';

const {values, positionals} = parseArgs({
	allowPositionals: true,
	options: {short: {type: 'boolean', default: false}, page: {type: 'boolean', default: false}, rounds: {type: 'string'}, peers: {type: 'string'}},
});
const run: Run = {
	isShort: values.short,
	rounds: values.rounds === undefined ? undefined : Number(values.rounds),
	only: values.peers?.toLowerCase().split(',') ?? [],
};
const isWhole = !run.isShort && run.rounds === undefined && run.only.length === 0;
const unknown = positionals.find(name => !suites.some(suite => suite.name === name));
if (unknown !== undefined) {
	console.error(`No suite is called ${unknown}; there are ${suites.map(({name}) => name).join(', ')}.`);
	process.exit(2);
}

const page = (): void => {
	writePage(suites.map(suite => ({suite, result: loadResult(suite.name)})));
};

if (values.page) {
	page();
	process.exit(0);
}

const commit = String(spawnSync('git', ['describe', '--always', '--dirty', '--exclude', '*'], {cwd: root}).stdout).trim() || 'unknown';

const measure = async (suite: Suite): Promise<number> => {
	const machine = describeMachine();
	const {wrong, ...findings} = await suite.run(run);
	const result: Result = {suite: suite.name, date: new Date().toISOString().slice(0, 10), machine, commit, ...findings};
	if (isWhole) {
		saveResult(result);
	}

	const missing = Object.entries(result.missing).map(([name, why]) => `${name}: ${why}`);
	console.log([`${suite.name}: ${result.tables.length} tables, ${wrong} wrong answers`, ...missing, ...result.notes].join('\n'));
	if (!run.isShort) {
		console.log(result.tables.map(table => `\n${table.title}\n${describeTable(table)}`).join('\n'));
	}

	return wrong;
};

process.on('exit', endAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	process.on(signal, () => {
		process.exit(130);
	});
}

if (!run.isShort) {
	spawnSync('sh', ['bench/install.sh'], {cwd: root, stdio: 'inherit'});
}

process.env.PATH += ':/usr/sbin:/usr/local/sbin'; // Where Debian has servers, and not everybody looks.
pinMyself();
const sleep = run.isShort ? undefined : keepAwake();
let wrong = 0;
for (const suite of suites.filter(({name}) => positionals.length === 0 || positionals.includes(name))) {
	wrong += await measure(suite); // eslint-disable-line no-await-in-loop -- one at a time is the point
	if (isWhole) {
		page();
	}
}

sleep?.();
process.exit(wrong > 0 ? 1 : 0);
