import {jsonSchema} from './schema.ts';

type Node = Readonly<Record<string, unknown>>;
type Row = Readonly<{key: string; accepts: string; fallback: string; meaning: string}>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

const nodesOf = (value: unknown): Node[] => Array.isArray(value) ? value.filter(item => isNode(item)) : [];

const intro = `# Settings

Generated from the code's own schema (\`source/settings/schema.ts\`); \`config/schema.json\` is the same for editors, and
\`config/examples/\` holds files to start from.

**Which file.** The first that exists of: \`--config FILE\`, \`$PROXY_MCP_CONFIG\`, \`./config/default.json\`,
\`$XDG_CONFIG_HOME/proxy-mcp/config.json\` (\`~/.config\` when unset), the built-in settings. Nothing is merged from two files.

**What stands above it.** Flags (\`--port\`, \`--host\`, \`--workers\`, \`--token\`, \`--log-level\`), then the variables \`PMCP_PORT\`,
\`PMCP_HOST\`, \`PMCP_WORKERS\`, \`PMCP_TOKEN\`, \`PMCP_LOG_LEVEL\`, then the file, then the defaults below.

**Values.** JSON without comments. \`\${NAME}\` in a text is replaced from the environment; a variable that is not set is a
fault. Times are milliseconds or texts such as \`"300ms"\`, \`"2s"\`, \`"5m"\`; sizes are bytes or texts such as \`"32KB"\` (1024 bytes).
A whole number may be written as a text too (\`"\${PORT}"\`).

**Paths** are relative to the folder of the file. With the built-in settings, and for keys left out of the user's own file,
logs and lock file are in \`$XDG_STATE_HOME/proxy-mcp\` (\`~/.local/state\` when unset).

**Faults** are told all at once, one line each (\`pmcp config check FILE\`, exit code 3):

    config/default.json line 14  proxy.targets.cline.url  "htps://localhost" is not an http or https address, such as "http://localhost:3000"

**Changes** to the file, or SIGHUP, make the proxy read it again. Good settings come into force at once, as a whole; with bad
ones the old stay, and every surface says so.

**Targets** have a name of 1 to 64 letters, digits, \`.\`, \`_\` or \`-\`, the first one a letter or digit. There may be none.
`;

/** The text of docs/config.md: every key, what it accepts, its default and meaning. */
export const renderConfigReference = (): string => {
	const rows = rowsOf(jsonSchema(), '').filter(({key}) => key !== '$schema');
	const tops = [...new Set(rows.map(({key}) => key.split('.')[0] ?? ''))];
	const tables = tops.map(top => table(top, rows.filter(({key}) => key.split('.')[0] === top)));
	return `${[intro, ...tables].join('\n')}`;
};

const table = (title: string, rows: readonly Row[]): string => [
	`## ${title}`,
	'',
	'| key | accepts | default | meaning |',
	'| --- | --- | --- | --- |',
	...rows.map(({key, accepts, fallback, meaning}) => `| \`${key}\` | ${accepts} | ${fallback} | ${meaning.replaceAll('|', String.raw`\|`)} |`),
	'',
].join('\n');

const rowsOf = (node: Node, path: string): Row[] => {
	const {properties, additionalProperties, required} = node;
	const children = isNode(properties) ? Object.entries(properties) : [];
	if (children.length === 0 && !(isNode(additionalProperties) && isNode(additionalProperties.properties))) {
		return [rowOf(node, path)];
	}

	const start = path === '' ? '' : `${path}.`;
	const demanded: readonly unknown[] = Array.isArray(required) ? required : [];
	const inner = children.flatMap(([key, child]) => isNode(child)
		? rowsOf(demanded.includes(key) ? {...child, isRequired: true} : child, start + key)
		: []);
	return isNode(additionalProperties) ? [...inner, ...rowsOf(additionalProperties, `${start}NAME`)] : inner;
};

const rowOf = (node: Node, key: string): Row => {
	const {default: fallback, description, isRequired} = node;
	const accepts = acceptsOf(node);
	const shown = fallback === undefined ? '–' : withUnit(fallback, accepts);
	return {key, accepts, fallback: isRequired === true ? 'required' : shown, meaning: typeof description === 'string' ? description : ''};
};

const code = (value: unknown): string => `\`${JSON.stringify(value)}\``;

const acceptsOf = (node: Node): string => {
	const {type, enum: words, anyOf, items, additionalProperties, minimum, maximum} = node;
	if (Array.isArray(words)) {
		return words.map(word => code(word)).join(', ');
	}

	if (Array.isArray(anyOf)) {
		return acceptsOfAny(nodesOf(anyOf));
	}

	if (type === 'integer') {
		return rangeText(Number(minimum), Number(maximum));
	}

	if (isNode(items)) {
		return `list of ${acceptsOf(items)}`;
	}

	if (isNode(additionalProperties)) {
		return `object of ${acceptsOf(additionalProperties)}`;
	}

	return ({string: 'text', boolean: 'true or false'})[String(type)] ?? String(type);
};

/** What a number may be written as beside: `"2s"` makes it a time, `"32KB"` a size. */
const acceptsOfAny = (options: readonly Node[]): string => {
	const [number, text] = options;
	if (number?.type !== 'integer' || text?.type !== 'string') {
		return options.map(option => acceptsOf(option)).join(' or ');
	}

	const [example] = Array.isArray(text.examples) ? text.examples as unknown[] : [];
	const from = Number(number.minimum);
	switch (example) {
		case undefined: {
			return acceptsOf(number);
		}

		case '2s': {
			return from > 0 ? `time ≥ ${from} ms` : 'time';
		}

		case '32KB': {
			return from > 0 ? `size ≥ ${from} bytes` : 'size';
		}

		default: {
			return `${acceptsOf(number)} or a text such as ${code(example)}`;
		}
	}
};

const units = {
	time: [['m', 60_000], ['s', 1000], ['ms', 1]],
	size: [['MB', 1024 ** 2], ['KB', 1024], ['B', 1]],
} as const;

const withUnit = (value: unknown, accepts: string): string => {
	const kind = accepts.startsWith('time') ? 'time' : (accepts.startsWith('size') ? 'size' : undefined);
	if (kind === undefined || typeof value !== 'number' || value === 0) {
		return code(value);
	}

	const [unit, factor] = units[kind].find(([, factor]) => value % factor === 0) ?? ['', 1];
	return code(`${value / factor}${unit}`);
};

const rangeText = (from: number, to: number): string => to >= Number.MAX_SAFE_INTEGER ? (from > 0 ? `number ≥ ${from}` : 'number') : `${from} to ${to}`;
