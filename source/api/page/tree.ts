/*
The page is drawn twice from one description: by the server as HTML, so that it is right before any script runs, and by the
browser, which patches what changed (web/patch.ts). A tree is that description.
*/

export type Tree = Readonly<{
	tag: string;
	attributes: Readonly<Record<string, string>>;
	/** Text is never next to text, and never empty: so a parsed page has exactly these nodes. */
	children: ReadonlyArray<Tree | string>;
}>;

/** Parts that never change. */
export type StillPart = 'brand' | 'theme' | 'keys' | 'filter' | 'caption' | 'head' | 'callFilter' | 'callCaption' | 'callHead' | 'eventHead' | 'facts';

/** Draws such a part: the server does (`still.ts`), the browser leaves what is there. */
export type Still = (part: StillPart) => Tree;

/** Whatever is there stays. */
export const kept: Tree = {tag: '', attributes: {}, children: []};

type Attribute = string | number | boolean | undefined;

/** One element. An attribute that is `true` has no value, one that is `false` or undefined is left out; so is a child that is `false` or undefined. */
export const h = (tag: string, attributes: Readonly<Record<string, Attribute>> = {}, ...children: ReadonlyArray<Tree | string | false | undefined>): Tree => {
	const kept: Array<Tree | string> = [];
	for (const child of children) {
		const last = kept.at(-1);
		if (typeof child === 'string' && typeof last === 'string') {
			kept[kept.length - 1] = last + child;
		} else if (child !== undefined && child !== false && child !== '') {
			kept.push(child);
		}
	}

	const known: Record<string, string> = {};
	for (const name of Object.keys(attributes)) {
		const value = attributes[name];
		if (value !== undefined && value !== false) {
			known[name] = value === true ? '' : String(value);
		}
	}

	return {tag, attributes: known, children: kept};
};

/** A part of the page that is drawn from one unchanging object and few more words: the same tree as long as both are the same, so that patching skips it. */
export const remember = <Subject extends object, Words extends readonly unknown[]>(make: (subject: Subject, ...words: Words) => Tree): ((subject: Subject, ...words: Words) => Tree) => {
	const known = new WeakMap<Subject, {words: Words; tree: Tree}>();

	return (subject, ...words) => {
		const last = known.get(subject);
		if (last?.words.every((word, index) => word === words[index])) {
			return last.tree;
		}

		const tree = make(subject, ...words);
		known.set(subject, {words, tree});
		return tree;
	};
};

const entities: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'};

/** Text as it may stand in HTML, between tags and in a quoted attribute. */
export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"]/gv, character => entities[character] ?? '');

const voids = new Set(['input', 'path', 'circle']);

/** A tree as HTML. */
export const toHtml = (tree: Tree | string): string => {
	if (typeof tree === 'string') {
		return escapeHtml(tree);
	}

	const {tag, attributes, children} = tree;
	const fields = Object.entries(attributes).map(([name, value]) => value === '' ? ` ${name}` : ` ${name}="${escapeHtml(value)}"`).join('');
	// Elements of SVG close themselves; `input` has no end tag.
	return voids.has(tag) ? `<${tag}${fields}/>` : `<${tag}${fields}>${children.map(child => toHtml(child)).join('')}</${tag}>`;
};
