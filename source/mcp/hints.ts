import type {Params} from './message.ts';

/** What a tool says of itself in its annotations. Hints, not promises: believed only of targets that are trusted. */
export type Hints = Readonly<{isReadOnly: boolean; isIdempotent: boolean}>;

const isObject = (value: unknown): value is Params => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The hints in a result of `tools/list`, by tool. Absent ones count as no: the specification takes an unmarked tool for destructive. (MCP 2025-11-25, `ToolAnnotations`.) */
export const hintsOf = (result: Params): ReadonlyMap<string, Hints> => {
	const {tools} = result;
	const found = new Map<string, Hints>();
	for (const tool of Array.isArray(tools) ? tools as unknown[] : []) {
		if (isObject(tool) && typeof tool.name === 'string') {
			const annotations = isObject(tool.annotations) ? tool.annotations : {};
			found.set(tool.name, {isReadOnly: annotations.readOnlyHint === true, isIdempotent: annotations.idempotentHint === true});
		}
	}

	return found;
};
