import type {Params} from '../mcp/message.ts';
import {objectIn} from '../mcp/parse.ts';
import type {Binding} from './binding.ts';
import type {Session} from './session.ts';

/** Which capability a method needs (MCP 2025-11-25, "Capability Negotiation"), in the words for its lack. */
const needs: ReadonlyArray<Readonly<{prefix: string; capability: string; words: string}>> = [
	{prefix: 'tools/', capability: 'tools', words: 'tools'},
	{prefix: 'prompts/', capability: 'prompts', words: 'prompts'},
	{prefix: 'resources/', capability: 'resources', words: 'resources'},
	{prefix: 'logging/', capability: 'logging', words: 'logging'},
	{prefix: 'completion/', capability: 'completions', words: 'completions'},
	{prefix: 'tasks/', capability: 'tasks', words: 'tasks'},
];

/** What the client was promised for this method and its target lacks; undefined: nothing. */
export const lackOf = ({capabilities}: Session, {capabilities: theirs}: Binding, method: string): string | undefined => {
	if (capabilities === theirs) {
		return undefined;
	}

	const need = needs.find(({prefix}) => method.startsWith(prefix));
	return need && capabilities[need.capability] !== undefined && theirs[need.capability] === undefined ? need.words : undefined;
};

const kinds = ['tools', 'prompts', 'resources'] as const;

/** A target's capabilities as the client is told them: lists may change here even if they never do there, since the target may. */
export const promised = (capabilities: Params): Params => {
	const told = {...capabilities};
	for (const kind of kinds) {
		const own = objectIn(capabilities, kind);
		if (own) {
			told[kind] = {...own, listChanged: true};
		}
	}

	return told;
};

/** The notifications that make a client read its lists anew. */
export const changedLists = ({capabilities}: Session): string[] => kinds.filter(kind => capabilities[kind] !== undefined).map(kind => JSON.stringify({jsonrpc: '2.0', method: `notifications/${kind}/list_changed`}));
