import {readdirSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {commands} from '../../source/commands/index.ts';
import {failureDocument, failureText} from '../../source/commands/kit/failure.ts';
import {createFilter} from '../../source/commands/kit/filter.ts';
import {flagTable, globalFlags} from '../../source/commands/kit/flags.ts';
import {commandHelp, idleFlags, overview} from '../../source/commands/kit/help.ts';
import {columns, heightOf} from '../../source/commands/kit/columns.ts';
import {durationOf, hasColor} from '../../source/commands/kit/output.ts';
import {parse} from '../../source/commands/kit/parse.ts';
import {topicNames} from '../../source/commands/help.ts';
import type {TargetDocument} from '../../source/client/shapes.ts';
import {AppError} from '../../source/core/errors.ts';
import {SettingsError} from '../../source/settings/fault.ts';

const words = (line: string): string[] => line.split(' ').filter(word => word !== '');
const parsed = (line: string) => {
	const {command, input, flags} = parse(words(line), commands);
	return {command: command?.name, input, flags};
};

const refused = (t: ExecutionContext, line: string): AppError => {
	const error = t.throws(() => parse(words(line), commands), {instanceOf: AppError}, line);
	t.is(error.exit, 2, line);
	return error;
};

const accepted: ReadonlyArray<[line: string, command: string | undefined, input: string[], flags: Record<string, unknown>]> = [
	['', undefined, [], {}],
	['status', 'status', [], {}],
	['ls', 'list', [], {}],
	['--json status', 'status', [], {json: true}],
	['status --json', 'status', [], {json: true}],
	['--json status --check', 'status', [], {json: true, check: true}],
	['--port 4001 list -o name --filter state:up', 'list', [], {port: '4001', output: 'name', filter: 'state:up'}],
	['-o json list -o name', 'list', [], {output: 'name'}],
	['--port=4001 switch b --timeout=2s', 'switch', ['b'], {port: '4001', timeout: '2s'}],
	['-qv status', 'status', [], {quiet: true, verbose: true}],
	['--no-tui', undefined, [], {tui: false}],
	['start --no-input -d', 'start', [], {input: false, detach: true}],
	['stop --no-wait', 'stop', [], {wait: false}],
	['logs -f -n 20 --level warn', 'logs', [], {follow: true, lines: 20, level: 'warn'}],
	['switch --dry-run -y cline', 'switch', ['cline'], {dryRun: true, yes: true}],
	['switch -- --odd', 'switch', ['--odd'], {}],
	['maint cline on', 'maint', ['cline', 'on'], {}],
	['check a b c', 'check', ['a', 'b', 'c'], {}],
	['switch --help', 'switch', [], {help: true}],
	['help exit-codes', 'help', ['exit-codes'], {}],
];

for (const [line, command, input, flags] of accepted) {
	test(`understands "pmcp ${line}"`, t => {
		t.deepEqual(parsed(line), {command, input, flags});
	});
}

const wrong: ReadonlyArray<[line: string, message: RegExp]> = [
	['swich prod', /^unknown command "swich"\. Did you mean "switch"\?$/v],
	['xyzzy', /^unknown command "xyzzy"\.$/v],
	['status --chek', /unknown flag "--chek" of "status"\. Did you mean "--check"\?/v],
	['--jsno status', /unknown flag "--jsno"\. Did you mean "--json"\?/v],
	['status --dryrun', /unknown flag "--dryrun" of "status"/v],
	['status --force', /unknown flag "--force" of "status"/v],
	['status -x', /unknown flag "-x" of "status"/v],
	['--follow logs', /"--follow" belongs behind a command/v],
	['switch', /"switch" needs more: NAME/v],
	['switch a b', /"switch" takes no "b"/v],
	['status now', /"status" takes no "now"/v],
	['list -o xml', /"xml" is no FORMAT for "--output": table, wide, json, jsonl, name/v],
	['logs --level loud', /"loud" is no LEVEL/v],
	['logs -n many', /"--lines" needs a COUNT/v],
	['status --port', /"--port" needs a PORT/v],
	['status --no-port', /"--port" needs a PORT/v],
	['status --port 1 --port 2', /can only be set once/v],
];

for (const [line, message] of wrong) {
	test(`refuses "pmcp ${line}" with words that help`, t => {
		const error = refused(t, line);
		t.regex(error.message, message);
	});
}

test('every flag belongs to a command, and every command is in the help', t => {
	t.deepEqual(idleFlags(commands), []);
	const text = overview(commands, topicNames);
	for (const {name, summary} of commands) {
		t.true(text.includes(name) && text.includes(summary));
	}

	for (const name of globalFlags) {
		t.true(text.includes(flagTable[name].summary));
	}
});

test('every file of commands is in the table', t => {
	const files = readdirSync('source/commands').filter(file => file.endsWith('.ts')).map(file => file.replace('.ts', ''));
	const others = new Set(['index', 'main', 'dispatch', 'run']); // The table, the way in (two files), and `pmcp` alone.
	t.deepEqual(files.filter(file => !others.has(file)).toSorted(), commands.map(({name}) => name).toSorted());
});

test('each command\'s help shows its usage, its flags and its examples', t => {
	for (const command of commands) {
		const text = commandHelp(command);
		t.regex(text, new RegExp(String.raw`pmcp ${command.name}`, 'v'));
		for (const name of command.flags ?? []) {
			t.true(text.includes(flagTable[name].summary));
		}

		for (const [line] of command.examples ?? []) {
			t.true(text.includes(line));
		}
	}
});

test('an example is a line that parses', t => {
	for (const {examples = []} of commands) {
		for (const [line] of examples) {
			const [, ...rest] = words((line.split(/&&|\|/v)[0] ?? '').trim());
			t.notThrows(() => parse(rest, commands), line);
		}
	}
});

const target = (name: string, state: TargetDocument['state'], isActive = false): TargetDocument => ({
	name,
	url: `http://${name}.test`,
	priority: 1,
	isActive,
	state,
	health: state === 'up' ? 'up' : 'down',
	admin: state === 'maint' ? 'maintenance' : 'ready',
	isCandidate: state === 'up',
	isFlapping: false,
	since: '2026-11-22T00:00:00.000Z',
	streak: 0,
	failure: null,
	probe: 'http GET /health',
	lastCheck: null,
	latencyMs: null,
	probesMs: [],
	traffic: {requests: 0, errors: 0, inBytes: 0, outBytes: 0, inFlight: 0, perSecond: 0, errorRatio: null, p50Ms: null, p95Ms: null, p99Ms: null},
	note: null,
	sessions: 0,
	catalogue: null,
	lacks: [],
	changes: [],
});

const three = [target('alpha', 'up', true), target('beta', 'down'), target('gamma', 'maint')];

for (const [filter, names] of [
	['', ['alpha', 'beta', 'gamma']],
	['state:up', ['alpha']],
	['!state:up', ['beta', 'gamma']],
	['state:!up', ['beta', 'gamma']],
	['state:UP', ['alpha']],
	['active:yes', ['alpha']],
	['health:down admin:ready', ['beta']],
	['am', ['gamma']],
	['!test', []],
	['name:a url:beta', ['beta']],
] as const) {
	test(`the filter "${filter}" leaves ${names.join(', ') || 'none'}`, t => {
		const matches = createFilter(filter);
		t.deepEqual(three.filter(item => matches(item)).map(({name}) => name), [...names]);
	});
}

test('an unknown key of a filter is a usage error that helps', t => {
	t.like(t.throws(() => createFilter('sate:up'), {instanceOf: AppError}), {exit: 2, message: '"sate" is no key of a filter. Did you mean "state"?'});
});

test('columns line up by what is seen, not by what is written', t => {
	t.is(columns([['\u001B[31mred\u001B[39m', 'x'], ['日本', 'y'], ['a', '']]), '\u001B[31mred\u001B[39m   x\n日本  y\na');
});

test('a text takes the rows that it fills', t => {
	t.is(heightOf('four\n\u001B[31mfives\u001B[39m\n\n日本語', 4), 1 + 2 + 1 + 2);
});

test('colour: flag, then NO_COLOR, FORCE_COLOR, TERM, then the stream itself', t => {
	const tty = {isTTY: true};
	t.true(hasColor({color: 'always'}, {}, {NO_COLOR: '1'}));
	t.false(hasColor({color: 'never'}, tty, {FORCE_COLOR: '1'}));
	t.false(hasColor({}, tty, {NO_COLOR: '1', FORCE_COLOR: '1'}));
	t.true(hasColor({}, {}, {FORCE_COLOR: '1'}));
	t.false(hasColor({}, tty, {FORCE_COLOR: '0'}));
	t.false(hasColor({}, tty, {TERM: 'dumb'}));
	t.true(hasColor({}, tty, {NO_COLOR: ''}));
	t.false(hasColor({}, {}, {}));
});

test('a time on the command line has a unit, or the usage error says so', t => {
	t.is(durationOf('--timeout', '1.5s'), 1500);
	t.like(t.throws(() => durationOf('--timeout', 'soon'), {instanceOf: AppError}), {exit: 2});
});

test('an error is told in words, then why, then what to do; never with what could command a terminal', t => {
	const text = failureText(new AppError('TARGET_UNKNOWN', 'no target is called "\u001B[2J".'));
	t.is(text, String.raw`pmcp: no target is called "\x1b[2J".` + '\n  Run `pmcp list` to see the names.');
	t.deepEqual(failureDocument(new AppError('TARGET_UNKNOWN', 'no.')), {
		error: {code: 'target_unknown', exit: 5, message: 'no.', hint: 'Run `pmcp list` to see the names.', command: 'pmcp list', docs: 'docs/cli.md'},
	});
});

test('invalid settings are told with one line for each fault', t => {
	const faults = [{file: 'a.json', line: 3, path: 'server.port', message: 'is not a port'}, {file: 'a.json', line: undefined, path: '', message: 'is odd'}];
	t.is(failureText(new SettingsError(faults)), [
		'pmcp: a.json is not valid: 2 problems',
		'  a.json line 3  server.port  is not a port',
		'  a.json  is odd',
		'  Check without starting: `pmcp config check FILE`.',
	].join('\n'));
	t.like(failureDocument(new SettingsError(faults)), {error: {exit: 3, code: 'settings_invalid', faults: [{line: 3}, {line: null}]}});
});
