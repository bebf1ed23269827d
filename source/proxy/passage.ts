import {performance} from 'node:perf_hooks';
import type {AppError} from '../core/errors.ts';
import type {TargetId} from '../core/target.ts';
import type {Exchange} from '../http/exchange.ts';
import {sendError} from '../http/reply.ts';
import type {Attempt} from '../upstream/forward.ts';
import {noTarget} from './answers.ts';
import type {Upload} from './body.ts';
import type {Gauge} from './meter.ts';
import type {Plane} from './plane.ts';
import type {Held} from './second.ts';
import {nextTarget, routeOf, type Route} from './route.ts';

/** One request's way through the proxy, from its head to the end of its reply. */
export type Passage = {
	readonly plane: Plane;
	readonly exchange: Exchange;
	readonly route: Route;
	readonly at: number;
	readonly startedAt: number;
	upload: Upload | undefined;
	attempts: number;
	/** Targets it was at in vain. */
	readonly tried: TargetId[];
	/** The target it is at, or was at last. */
	target: TargetId | undefined;
	gauge: Gauge | undefined;
	attempt: Attempt | undefined;
	/** What a target replied that could not serve now, until another one has been asked. */
	held: Held | undefined;
	/** Why the last attempt came to nothing. */
	fault: AppError | undefined;
	/** Whether it was sent again because a kept connection had closed under it; once is enough. */
	isRepeated: boolean;
	/** Of the reply; 0 = none yet. */
	status: number;
	bytesOut: number;
	isOver: boolean;
};

/** Targets one request may be at in vain before it is given up. */
export const mostAttempts = 3;

/** Nginx's word for a client that left before there was a reply. */
export const clientLeft = 499;

/** The beginning of it: what the head says, and the route, decided once. */
export const newPassage = (plane: Plane, exchange: Exchange): Passage => ({
	plane,
	exchange,
	route: routeOf(exchange.head.path),
	at: Date.now(),
	startedAt: performance.now(),
	upload: undefined,
	attempts: 0,
	tried: [],
	target: undefined,
	gauge: undefined,
	attempt: undefined,
	held: undefined,
	fault: undefined,
	isRepeated: false,
	status: 0,
	bytesOut: 0,
	isOver: false,
});

/** The end of it: counted, and noted for the access log. */
export const finish = (passage: Passage): void => {
	if (passage.isOver) {
		return;
	}

	passage.isOver = true;
	const {plane, exchange: {head}, at, startedAt, status, bytesOut, gauge, fault, target} = passage;
	const {statuses} = gauge ?? plane.meter.gauge('');
	const row = Math.min(4, Math.max(0, Math.floor(status / 100) - 1));
	statuses[row] = (statuses[row] ?? 0) + 1;
	plane.onAccess({
		at,
		peer: head.peer,
		method: head.method,
		path: head.path,
		httpVersion: head.httpVersion,
		status,
		bytesOut,
		ms: performance.now() - startedAt,
		target: fault ? undefined : target,
		referer: head.seen.referer,
		userAgent: head.seen.userAgent,
	});
};

/** Methods without effect (RFC 9110 §9.2.1); with a body they are not, since nobody keeps it to send it twice. */
export const isSafe = ({exchange: {head: {method, length}}}: Passage): boolean => length === 0 && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS');

/** The proxy's own answer. */
export const fail = (passage: Passage, error: AppError): void => {
	passage.fault = error;
	passage.status = error.status;
	passage.bytesOut = Buffer.byteLength(JSON.stringify(error)) + 1;
	sendError(passage.exchange, error);
	finish(passage);
};

/** Where to next; or why nowhere. */
export const choose = ({plane, route, tried, fault}: Passage): TargetId | AppError => {
	const state = plane.getState();
	if (route.id !== undefined) {
		return tried.includes(route.id) ? (fault ?? noTarget(state)) : route.id;
	}

	const id = nextTarget(state, tried);
	if (id !== undefined) {
		return id;
	}

	if (!fault) {
		plane.passive.missed();
	}

	return fault ?? noTarget(state);
};

/** At a target now. */
export const enter = (passage: Passage, id: TargetId, gauge: Gauge): void => {
	passage.attempts++;
	passage.tried.push(id);
	passage.target = id;
	passage.gauge = gauge;
	gauge.inFlight++;
	gauge.requests++;
};
