import {formatPath} from './fault.ts';
import {leavesOf} from './leaves.ts';
import {redact} from './redact.ts';
import type {Settings} from './schema.ts';

/** What differs between two settings, a line each: `proxy.failoverThreshold 3 → 5`. Secrets are not shown. Empty when nothing does. */
export const describeChanges = (before: Settings, after: Settings): string[] => {
	const [old, now] = [valuesOf(before), valuesOf(after)];
	const [oldShown, nowShown] = [valuesOf(redact(before)), valuesOf(redact(after))];
	const ids = {gone: without(before, after), come: without(after, before)};
	const isWhole = (place: string): boolean => [...ids.gone, ...ids.come].some(id => place.startsWith(`${targetPlace(id)}.`));
	const places = [...new Set([...old.keys(), ...now.keys()])].filter(place => old.get(place) !== now.get(place) && !isWhole(place));
	return [
		...ids.come.map(id => `${targetPlace(id)} added (${nowShown.get(`${targetPlace(id)}.url`) ?? ''})`),
		...ids.gone.map(id => `${targetPlace(id)} removed`),
		...places.map(place => {
			const [from, to] = [oldShown.get(place) ?? 'unset', nowShown.get(place) ?? 'unset'];
			return from === to ? `${place} changed` : `${place} ${from} → ${to}`;
		}),
	];
};

const valuesOf = (settings: Settings): Map<string, string> => new Map(leavesOf(settings).map(({path, value}) => [formatPath(path), JSON.stringify(value)]));

const targetPlace = (id: string): string => formatPath(['proxy', 'targets', id]);

/** The targets of `some` that `others` does not have. */
const without = (some: Settings, others: Settings): string[] => Object.keys(some.proxy.targets).filter(id => !Object.hasOwn(others.proxy.targets, id));
