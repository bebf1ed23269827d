import {callRest} from '../client/rest.ts';
import {AppError} from '../core/errors.ts';
import {formatPath} from '../settings/fault.ts';
import {findSettings} from '../settings/find.ts';
import {leavesOf} from '../settings/leaves.ts';
import {loadSettings} from '../settings/load.ts';
import {redact} from '../settings/redact.ts';
import {jsonSchema} from '../settings/schema.ts';
import {nearest} from '../settings/suggest.ts';
import type {CliCommand, Context} from './kit/command.ts';
import {columns} from './kit/columns.ts';
import {cell, timeoutOf} from './kit/output.ts';
import {demandRunning, loadOptionsOf, settingsOf} from './kit/place.ts';

const head = (schema: string): {schema: string; generatedAt: string} => ({schema, generatedAt: new Date().toISOString()});

const showPath = ({flags, out}: Context): void => {
	const file = findSettings({config: flags.config});
	if (file === undefined) {
		out.note('There is no settings file: the built-in settings hold.');
	}

	if (out.isJson) {
		out.show({...head('pmcp.config-path/v1'), file: file ?? null}, () => '');
	} else if (file !== undefined) {
		out.line(file);
	}
};

/** The settings a proxy started here would have; with `--daemon`, those of that one. */
const show = async ({flags, out}: Context): Promise<void> => {
	if (flags.daemon !== undefined) {
		const document = await callRest(await demandRunning(flags), 'GET', '/config', {timeout: timeoutOf(flags, 10_000)});
		out.show(document, () => JSON.stringify(document, undefined, 2));
		return;
	}

	const {settings, file, origins} = settingsOf(flags);
	const shown = redact(settings);
	const document = {...head('pmcp.config/v1'), file: file ?? null, settings: shown, ...(flags.origin && {origins})};
	out.show(document, () => columns(leavesOf(shown).map(({path, value}) => {
		const name = formatPath(path);
		return [name, cell(JSON.stringify(value)), ...(flags.origin ? [origins[name] ?? 'default'] : [])];
	})));
};

const check = ({flags, out, input: [, given]}: Context): void => {
	const {path, overrides} = loadOptionsOf({...flags, ...(given !== undefined && {config: given})});
	const {file, settings} = loadSettings({path, overrides});
	const count = Object.keys(settings.proxy.targets).length;
	out.show({...head('pmcp.config-check/v1'), file: file ?? null, isValid: true, faults: []}, () => `${file ?? 'The built-in settings'}: valid, ${count} ${count === 1 ? 'target' : 'targets'}.`);
};

const schema = ({out}: Context): void => {
	out.line(JSON.stringify(jsonSchema(), undefined, 2));
};

const hint = 'See `pmcp help config`.';

const parts: Record<string, (context: Context) => void | Promise<void>> = {path: showPath, show, check, schema};

export const config: CliCommand = {
	name: 'config',
	usage: 'path|show|check [FILE]|schema',
	summary: 'The settings: where they are, what holds, whether they are valid',
	details: '`show --origin` says where each value comes from; secrets are never shown. `check` exits 3 with one line per fault.',
	flags: ['origin', 'logLevel', 'workers'],
	words: {min: 1, max: 2},
	examples: [
		['pmcp config check ./proxy.json', 'before it is put in place'],
		['pmcp config show --origin', 'what holds, and why'],
	],
	async run(context) {
		const {input: [word = '', extra]} = context;
		const part = Object.hasOwn(parts, word) ? parts[word] : undefined;
		if (!part) {
			const near = nearest(word, Object.keys(parts));
			throw new AppError('USAGE', `"config" takes path, show, check or schema, not "${cell(word)}".${near === undefined ? '' : ` Did you mean "${near}"?`}`, {hint});
		}

		if (extra !== undefined && word !== 'check') {
			throw new AppError('USAGE', `"config ${word}" takes no "${cell(extra)}".`, {hint});
		}

		await part(context);
	},
};
