import type {State} from '../../core/state.ts';
import type {Context} from './command.ts';
import {cell} from './output.ts';
import type {Control} from './source.ts';

const head = (schema: string): {schema: string; generatedAt: string} => ({schema, generatedAt: new Date().toISOString()});

/** What is now true, after a command that may have changed the active target. */
export const showChange = ({out}: Context, before: State, {getState, client, isRunning}: Control): void => {
	const {active = null, epoch, targets} = getState();
	const isChanged = before.active !== getState().active;
	const document = {
		...head('pmcp.change/v1'),
		revision: client?.getNews().at(-1)?.seq ?? 0,
		success: true,
		activeSystem: active,
		previousSystem: before.active ?? null,
		epoch,
		isChanged,
		isRunning,
	};
	out.show(document, () => {
		if (!isChanged) {
			return `${cell(active ?? 'no target')} is active already.`;
		}

		const inFlight = before.active === undefined ? 0 : targets[before.active]?.traffic.inFlight ?? 0;
		const finishing = inFlight > 0 ? ` ${inFlight} ${inFlight === 1 ? 'request finishes' : 'requests finish'} there.` : '';
		const was = before.active === undefined ? '' : ` (was ${cell(before.active)})`;
		return `${out.glyph('→', '->')} ${out.paint('bold', cell(active))} is active${was}.${finishing}${isRunning ? ' Undo: pmcp undo' : ''}`;
	});
};
