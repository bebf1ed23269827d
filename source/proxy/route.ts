import {candidates, findTarget, isCandidate, type State} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';

const direct = '/targets/';

/** Where a path goes. `id`: straight to that target; undefined: to whichever is active. `path`: what the target sees. */
export type Route = Readonly<{id: TargetId | undefined; path: string}>;

const decoded = (name: string): string => {
	try {
		return decodeURIComponent(name);
	} catch {
		return name;
	}
};

/** Decided once, on the path as it was sent: no decoding and no `..` can move a request elsewhere. Of `/targets/NAME/…` only NAME is decoded. */
export const routeOf = (path: string): Route => {
	if (!path.startsWith(direct)) {
		return {id: undefined, path};
	}

	const [name = ''] = path.slice(direct.length).split(/[\/?]/v, 1);
	const rest = path.slice(direct.length + name.length);
	return {id: decoded(name), path: rest.startsWith('/') ? rest : `/${rest}`};
};

/** Whether a request may go to another target than the active one by itself: the same conditions as for a failover. */
const mayMove = ({isAutomatic, pin, isHeld}: State): boolean => isAutomatic && pin?.mode !== 'hard' && !isHeld;

/** Where a request for the active target goes next, after the targets it was at in vain: the active one, then the candidates, those known to be up first. */
export const nextTarget = (state: State, tried: readonly TargetId[]): TargetId | undefined => {
	const active = findTarget(state, state.active);
	if (active && !tried.includes(active.target.id) && (isCandidate(active) || state.isHeld)) {
		return active.target.id;
	}

	if (!mayMove(state)) {
		return undefined;
	}

	const rest = candidates(state).filter(({target}) => !tried.includes(target.id));
	return (rest.find(({health}) => health.status === 'up') ?? rest[0])?.target.id;
};
