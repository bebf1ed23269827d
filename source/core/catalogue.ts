/** One tool, prompt, resource or template: its name (or URI) and a hash of everything else a client relies on. */
export type Item = Readonly<{
	name: string;
	hash: string;
	/** Tools only, where it says one of both: that it changes nothing, or that running it twice does no more than once. */
	hints?: Readonly<{isReadOnly: boolean; isIdempotent: boolean}>;
}>;

/** What a target's MCP server offers, as found by its probe. Names are the target's words: clean them before they are shown. */
export type Catalogue = Readonly<{
	/** Such as `everything 2.0.0`. */
	server: string;
	/** The newest version it speaks. */
	protocol: string;
	capabilities: readonly string[];
	tools: readonly Item[];
	prompts: readonly Item[];
	resources: readonly Item[];
}>;

/** What a client would miss after a move from one catalogue to another. */
export type Difference = Readonly<{missing: readonly string[]; changed: readonly string[]}>;

const kinds = ['tools', 'prompts', 'resources'] as const;

/** What `to` lacks of `from`, or has otherwise: `tool add`, `prompt greet`, … More than before is no difference. */
export const compareCatalogues = (from: Catalogue, to: Catalogue): Difference => {
	const missing: string[] = [];
	const changed: string[] = [];
	for (const kind of kinds) {
		const there = new Map(to[kind].map(({name, hash}) => [name, hash]));
		for (const {name, hash} of from[kind]) {
			const found = there.get(name);
			if (found === undefined) {
				missing.push(`${kind.slice(0, -1)} ${name}`);
			} else if (found !== hash) {
				changed.push(`${kind.slice(0, -1)} ${name}`);
			}
		}
	}

	return {missing, changed};
};
