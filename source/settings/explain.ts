import type * as z from 'zod';
import {formatPath, type KeyPath} from './fault.ts';
import {jsonSchema} from './schema.ts';
import {nearest} from './suggest.ts';

/** A fault whose place in the file is not known yet. */
export type Finding = Readonly<{path: KeyPath; message: string; line?: number; column?: number}>;

/** What the settings schema refused → findings, one for each key. */
export const explain = (issues: readonly z.core.$ZodIssue[]): Finding[] => {
	const findings = issues.flatMap(issue => explainIssue(issue));
	const seen = new Set<string>();
	return findings.filter(({path, message}) => { // A value that breaks two rules of its kind says so once.
		const key = JSON.stringify([path, message]);
		return seen.has(key) ? false : seen.add(key);
	});
};

const explainIssue = (issue: z.core.$ZodIssue): Finding[] => {
	const path = issue.path.map(key => typeof key === 'symbol' ? String(key) : key);
	if (issue.code === 'unrecognized_keys') {
		return issue.keys.map(key => ({path: [...path, key], message: explainUnknown(path, key)}));
	}

	return [{path, message: issue.code === 'invalid_key' ? issue.issues[0]?.message ?? issue.message : issue.message}];
};

const explainUnknown = (path: KeyPath, key: string): string => {
	const known = Object.keys(childrenOf(nodeAt(path)));
	const near = nearest(key, known);
	if (near !== undefined) {
		return `is not a known key; did you mean "${near}"?`;
	}

	const elsewhere = pathsTo(key, jsonSchema(), []);
	return elsewhere === undefined
		? `is not a known key; known: ${known.join(', ')}`
		: `is not a known key here; did you mean "${formatPath(elsewhere)}"?`;
};

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

const childrenOf = ({properties}: Node): Node => isNode(properties) ? properties : {};

const nodeAt = (path: KeyPath): Node => {
	let node: Node = jsonSchema();
	for (const key of path) {
		const next = childrenOf(node)[key] ?? node.additionalProperties;
		node = isNode(next) ? next : {};
	}

	return node;
};

/** The first place of the schema where a key of this name is known. */
const pathsTo = (key: string, node: Node, path: KeyPath): KeyPath | undefined => {
	const children = childrenOf(node);
	const same = Object.keys(children).find(child => child.toLowerCase() === key.toLowerCase());
	if (same !== undefined) {
		return [...path, same];
	}

	const inner = Object.entries(children);
	if (isNode(node.additionalProperties)) {
		inner.push(['NAME', node.additionalProperties]);
	}

	for (const [name, child] of inner) {
		const found = isNode(child) ? pathsTo(key, child, [...path, name]) : undefined;
		if (found) {
			return found;
		}
	}

	return undefined;
};
