import {kept, type Tree} from '../source/api/page/tree.ts';

const svgNames = new Set(['svg', 'path', 'circle']);

/** What each element was last patched to; none for what the server drew. */
const drawn = new WeakMap<Element, Tree>();

const create = ({tag}: Tree): Element => svgNames.has(tag) ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);

const patchAttributes = (element: Element, {attributes}: Tree): void => {
	const old = drawn.get(element)?.attributes;
	for (const name of Object.keys(attributes)) {
		const value = attributes[name] ?? '';
		if ((old ? old[name] : element.getAttribute(name)) !== value) {
			element.setAttribute(name, value);
		}
	}

	for (const name of old ? Object.keys(old) : element.getAttributeNames()) {
		if (!Object.hasOwn(attributes, name)) {
			element.removeAttribute(name);
		}
	}
};

const keyOf = (node: Node | null): string | undefined => node instanceof HTMLElement ? node.dataset.key : undefined;

const keyedChildren = (parent: Element): Map<string, Element> => {
	const keyed = new Map<string, Element>();
	for (let child = parent.firstElementChild; child; child = child.nextElementSibling) {
		const key = keyOf(child);
		if (key !== undefined) {
			keyed.set(key, child);
		}
	}

	return keyed;
};

/** The element that stands for this tree already: the one with its key, else the one in its place, if it is alike and has no key of its own. */
const findOwn = ({tag, attributes}: Tree, node: ChildNode | null, keyed: ReadonlyMap<string, Element>): Element | undefined => {
	const key = attributes['data-key'];
	if (key !== undefined) {
		return keyed.get(key);
	}

	return node instanceof Element && node.localName === tag && keyOf(node) === undefined ? node : undefined;
};

/** Before `node`, or at the end. */
const insert = (parent: Element, child: ChildNode, node: ChildNode | null): void => {
	if (node) {
		node.before(child);
	} else {
		parent.append(child);
	}
};

const patchText = (parent: Element, text: string, node: ChildNode | null): boolean => {
	if (!(node instanceof Text)) {
		insert(parent, document.createTextNode(text), node);
		return false;
	}

	if (node.data !== text) {
		node.data = text;
	}

	return true;
};

const patchElement = (parent: Element, tree: Tree, node: ChildNode | null, keyed: ReadonlyMap<string, Element>): boolean => {
	const element = findOwn(tree, node, keyed) ?? create(tree);
	if (element !== node) {
		insert(parent, element, node);
	}

	patch(element, tree);
	return element === node;
};

const patchChildren = (parent: Element, children: Tree['children']): void => {
	const hasKeys = children.some(child => typeof child !== 'string' && child.attributes['data-key'] !== undefined);
	const keyed = hasKeys ? keyedChildren(parent) : new Map<string, Element>();
	let node = parent.firstChild;
	for (const child of children) {
		const isOwn = child === kept || (typeof child === 'string' ? patchText(parent, child, node) : patchElement(parent, child, node, keyed));
		if (isOwn && node) {
			node = node.nextSibling;
		}
	}

	while (node) {
		const next: ChildNode | null = node.nextSibling;
		node.remove();
		node = next;
	}
};

/** Make an element what the tree says, touching only what differs: selection, scroll and focus stay where they are. */
export const patch = (element: Element, tree: Tree): void => {
	if (drawn.get(element) === tree) {
		return;
	}

	patchAttributes(element, tree);
	patchChildren(element, tree.children);
	drawn.set(element, tree);
};
