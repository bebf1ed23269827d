import {AppError} from '../core/errors.ts';
import {printable} from '../core/text.ts';

/** Where a value stands in the settings: keys, and indexes of arrays. */
export type KeyPath = ReadonlyArray<string | number>;

/** One thing that is wrong with the settings. `path` as in `proxy.targets.cline.url`, empty for the whole document. */
export type Fault = Readonly<{
	/** The file, or what else the value came from: `--port`, `PMCP_PORT`. */
	file: string;
	line: number | undefined;
	column?: number;
	path: string;
	/** What is wrong and what is accepted. Holds no secret and no control character. */
	message: string;
}>;

/** `['proxy', 'targets', 'a.b', 0]` → `proxy.targets["a.b"][0]`. */
export const formatPath = (path: KeyPath): string => path.map((key, index) => {
	if (typeof key === 'string' && /^[\p{L}_$][\p{L}\p{N}_$\-]*$/v.test(key)) {
		return index === 0 ? key : `.${key}`;
	}

	return `[${JSON.stringify(key)}]`;
}).join('');

/** `config/default.json line 14  proxy.targets.x.url  "htps://x" is not an http or https address`. */
export const formatFault = ({file, line, column, path, message}: Fault): string => {
	const where = [file, line === undefined ? '' : ` line ${line}`, column === undefined ? '' : ` column ${column}`].join('');
	return printable([where, path, message].filter(Boolean).join('  '));
};

/** Thrown when settings can not be used; code `SETTINGS_INVALID`. The message is the first fault and the number of the others. */
export class SettingsError extends AppError {
	readonly faults: readonly Fault[];

	constructor(faults: readonly Fault[]) {
		const [first] = faults;
		const others = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
		super('SETTINGS_INVALID', first ? `${formatFault(first)}${others}` : 'The settings are invalid.');
		this.faults = faults;
	}
}
