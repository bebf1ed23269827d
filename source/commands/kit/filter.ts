import type {TargetDocument} from '../../client/shapes.ts';
import {AppError} from '../../core/errors.ts';
import {nearest} from '../../settings/suggest.ts';

const keys: Record<string, (target: TargetDocument) => string> = {
	name: ({name}) => name,
	url: ({url}) => url,
	state: ({state}) => state,
	health: ({health}) => health,
	admin: ({admin}) => admin,
	active: ({isActive}) => isActive ? 'yes' : 'no',
	probe: ({probe}) => probe,
};

/** One word of a filter: `key:value` compares (part of name, url and probe, else the whole), a bare word looks into name and URL; `!` negates. */
const matcher = (word: string): (target: TargetDocument) => boolean => {
	const [, bang = '', key, negation = '', value = ''] = /^(!?)(?:([a-z]+):)?(!?)(.*)$/isv.exec(word) ?? [];
	const isNegative = (bang === '!') !== (negation === '!');
	const wanted = value.toLowerCase();
	if (key === undefined) {
		return ({name, url}) => (`${name} ${url}`.toLowerCase().includes(wanted)) !== isNegative;
	}

	const read = Object.hasOwn(keys, key) ? keys[key] : undefined;
	if (!read) {
		const near = nearest(key, Object.keys(keys));
		throw new AppError('USAGE', `"${key}" is no key of a filter.${near === undefined ? '' : ` Did you mean "${near}"?`}`, {hint: `Keys: ${Object.keys(keys).join(', ')}.`});
	}

	const isPart = ['name', 'url', 'probe'].includes(key);
	return target => {
		const text = read(target).toLowerCase();
		return (isPart ? text.includes(wanted) : text === wanted) !== isNegative;
	};
};

/** `--filter`: words that must all match, such as `state:up !url:localhost`. Throws `USAGE` for an unknown key. */
export const createFilter = (text: string | undefined): ((target: TargetDocument) => boolean) => {
	const matchers = (text ?? '').split(/\s+/v).filter(word => word !== '').map(word => matcher(word));
	return target => matchers.every(matches => matches(target));
};
