import {hash} from 'node:crypto';
import type {Catalogue, Item} from '../core/catalogue.ts';
import {hintsOf, type Hints} from '../mcp/hints.ts';
import type {Params, Success} from '../mcp/message.ts';
import {objectIn, textIn} from '../mcp/parse.ts';
import {readPages} from '../transport/ask.ts';

type Asker = (method: string, parameters?: Params) => Promise<Success>;

const hashLength = 12;

/** JSON with the members of each object in order, so that the same thing has the same text. */
const canonical = (value: unknown): string => JSON.stringify(value, (_key, member: unknown) => typeof member === 'object' && member !== null && !Array.isArray(member)
	? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => a < b ? -1 : 1))
	: member);

const itemOf = (value: Params, key: string): Item => {
	const {[key]: name, ...rest} = value;
	return {name: typeof name === 'string' ? name : '', hash: hash('sha256', canonical(rest)).slice(0, hashLength)};
};

const isObject = (value: unknown): value is Params => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Tools that say of themselves that they may be run twice keep that: it decides what may be replayed. */
const withHints = (tools: readonly Item[], hints: ReadonlyMap<string, Hints>): Item[] => tools.map(tool => {
	const found = hints.get(tool.name);
	return found && (found.isReadOnly || found.isIdempotent) ? {...tool, hints: found} : tool;
});

const readList = async (ask: Asker, method: string, list: string, key: string): Promise<Item[]> => {
	const pages = await readPages(async parameters => ask(method, parameters));
	const hints = new Map(list === 'tools' ? pages.flatMap(page => [...hintsOf(page)]) : []);
	const items = pages
		.flatMap(({[list]: found}) => Array.isArray(found) ? found as unknown[] : [])
		.filter(value => isObject(value))
		.map(value => itemOf(value, key))
		.toSorted((a, b) => a.name < b.name ? -1 : 1);
	return withHints(items, hints);
};

/** The name and version a server gives itself, in either era. */
const serverOf = (hello: Params): string => {
	const info = objectIn(hello, 'serverInfo') ?? objectIn(objectIn(hello, '_meta'), 'io.modelcontextprotocol/serverInfo');
	return [textIn(info, 'name') ?? 'unnamed', textIn(info, 'version') ?? ''].join(' ').trim();
};

/** Reads all that a server offers; `hello`: its answer to `initialize` or `server/discover`. */
export const readCatalogue = async (hello: Params, protocol: string, ask: Asker): Promise<Catalogue> => {
	const capabilities = objectIn(hello, 'capabilities') ?? {};
	const read = async (capability: string, method: string, list: string, key: string): Promise<Item[]> => capabilities[capability] === undefined ? [] : readList(ask, method, list, key);
	const [tools, prompts, resources, templates] = [
		await read('tools', 'tools/list', 'tools', 'name'),
		await read('prompts', 'prompts/list', 'prompts', 'name'),
		await read('resources', 'resources/list', 'resources', 'uri'),
		await read('resources', 'resources/templates/list', 'resourceTemplates', 'uriTemplate').catch(() => []),
	];
	return {server: serverOf(hello), protocol, capabilities: Object.keys(capabilities).toSorted(), tools, prompts, resources: [...resources, ...templates]};
};
