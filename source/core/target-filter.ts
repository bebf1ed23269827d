import {createFilter} from './filter.ts';
import {stateWord, type TargetState} from './state.ts';

/** The words a filter of targets knows before a colon, each with what it looks at. */
export const filterKeys: Readonly<Record<string, (target: TargetState) => string>> = {
	name: ({target}) => target.id,
	state: target => stateWord(target),
	admin: ({admin}) => admin,
	url: ({target}) => target.url,
	probe: ({target}) => target.probe,
	fail: ({failure}) => failure ? `${failure.code} ${failure.message}` : '',
};

/** Which targets a filter line lets through; a plain word looks at name, URL and state. */
export const parseFilter = (text: string): (target: TargetState) => boolean => createFilter(text, {
	keys: filterKeys,
	plain: target => [target.target.id, target.target.url, stateWord(target)],
});
