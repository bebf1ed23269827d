import * as z from 'zod';
import type {OperatorAction} from '../core/action.ts';

const id = z.string().min(1).max(200).describe('a target\'s name');
const ifEpoch = z.int().min(0).exactOptional().describe('refuse when the active target changed since that epoch');
const isForced = z.boolean().exactOptional().describe('although it can not serve now');
const pin = z.strictObject({id, mode: z.enum(['soft', 'hard'])}).nullable().exactOptional().transform(value => value ?? undefined);

/** What `POST /api/proxy/actions` takes: an `OperatorAction` as JSON. An unknown field is a fault, so that a mistyped `ifEpoch` is not ignored. */
export const actionShape = z.discriminatedUnion('type', [
	z.strictObject({type: z.literal('switch'), id, isForced, ifEpoch}),
	z.strictObject({type: z.literal('failback'), ifEpoch}),
	z.strictObject({type: z.literal('undo'), ifEpoch}),
	z.strictObject({type: z.literal('admin'), id, admin: z.enum(['ready', 'drain', 'maintenance']), isForced}),
	z.strictObject({type: z.literal('automatic'), isAutomatic: z.boolean()}),
	z.strictObject({type: z.literal('pin'), pin: pin.describe('null takes the pin away')}),
	z.strictObject({type: z.literal('check'), id: id.exactOptional().describe('all targets when missing')}),
	z.strictObject({type: z.literal('end-session'), id: z.string().min(1).max(64).describe('the short id of a session')}),
	z.strictObject({type: z.literal('reload')}),
	z.strictObject({type: z.literal('stop'), cause: z.string().max(200)}),
]);

/** What `POST /api/proxy/switch` takes. Other fields are ignored, as they always were. */
export const switchShape = z.object({
	system: z.string().min(1).max(200),
	force: z.boolean().exactOptional().describe('switch although it is down'),
	ifEpoch,
});

/** An action as it came over the wire; throws a `ZodError`. */
export const parseAction = (value: unknown): OperatorAction => {
	const action = actionShape.parse(value);
	return action.type === 'pin' ? {type: 'pin', pin: action.pin} : action;
};
