import * as z from 'zod';
import {callsShape, doneShape, errorShape, eventsShape, healthShape, oneTargetShape, sessionsShape, statusShape, switchedShape, targetsShape} from '../client/shapes.ts';
import {actionShape, switchShape} from './action.ts';

/** What is asked and answered, by the name it has in docs/api.md. */
const documents = {
	action: actionShape,
	switch: switchShape,
	done: doneShape,
	switched: switchedShape,
	status: statusShape,
	health: healthShape,
	targets: targetsShape,
	target: oneTargetShape,
	events: eventsShape,
	calls: callsShape,
	sessions: sessionsShape,
	error: errorShape,
};

let published: Readonly<Record<string, unknown>> | undefined;

/** One JSON Schema (2020-12) with a definition for each document; made when it is first asked for. */
export const publishedSchema = (): Readonly<Record<string, unknown>> => {
	published ??= {
		$schema: 'https://json-schema.org/draft/2020-12/schema',
		title: 'Proxy MCP, control API',
		$defs: Object.fromEntries(Object.entries(documents).map(([name, shape]) => {
			const {$schema: _, ...schema} = z.toJSONSchema(shape, {io: 'input'});
			return [name, schema];
		})),
	};
	return published;
};
