import process from 'node:process';
import {performance} from 'node:perf_hooks';
import type {Client} from '../client/client.ts';
import {callsDocument, eventsDocument, healthDocument, oneTargetDocument, sessionsDocument, statusDocument, targetsDocument, type Made} from '../client/documents.ts';
import type {Feed} from '../client/feed.ts';
import {AppError, toAppError} from '../core/errors.ts';
import type {Exchange} from '../http/exchange.ts';
import {valueOf} from '../http/headers.ts';
import {send, sendJson} from '../http/reply.ts';
import {parseAction, switchShape} from './action.ts';
import {demandJson, demandToken, parsed, readJson, refuse} from './request.ts';

/** What the API is made of; everything that changes is a getter. */
export type ApiOptions = Readonly<{
	client: Client;
	feed: Feed;
	/** The settings in force in the shape of `GET /config`, every secret redacted. */
	getConfig: () => unknown;
	/** Prometheus text (version 0.0.4). */
	getMetricsText: () => string | Promise<string>;
	/** The same counters as one JSON object. */
	getMetricsJson: () => unknown;
	/** The token that changes from other machines need; undefined: they are refused. */
	getToken: () => string | undefined;
	/** `proxy.standardEndpoints`. Hand in the same object until they change. */
	getPaths: () => Readonly<{health: string; config: string}>;
	version: string;
	limits?: Partial<ApiLimits>;
}>;

export type ApiLimits = Readonly<{
	/** Bytes of a request body. */
	body: number;
	/** Milliseconds until all of it is here. */
	bodyTimeout: number;
	/** Readers of the feed at a time. */
	feedClients: number;
	/** Bytes that may wait for one reader of the feed before it is dropped. */
	feedBuffer: number;
	/** Milliseconds between two heartbeats of the feed. */
	heartbeat: number;
}>;

export type Call = Readonly<{
	exchange: Exchange;
	query: URLSearchParams;
	/** What stands for the `*` of the route's path, as sent. */
	rest: string;
}>;

export type Route = Readonly<{
	method: 'GET' | 'POST';
	/** Exact, as sent; a `*` at the end stands for at least one character. `{health}` and `{config}` are `proxy.standardEndpoints`. */
	path: string;
	summary: string;
	answer: (call: Call) => void | Promise<void>;
}>;

/** The two that are made elsewhere, because they are more than one answer. */
export type Parts = Readonly<{openFeed: (exchange: Exchange, query: URLSearchParams) => Promise<void>; showPage: (exchange: Exchange) => void}>;

const decoded = (text: string): string => {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
};

/** A number in the query, or undefined without one. */
const numberOf = (query: URLSearchParams, name: string, what: string): number | undefined => {
	const text = query.get(name);
	if (text === null) {
		return undefined;
	}

	if (!/^\d{1,15}$/v.test(text)) {
		throw new AppError('BAD_REQUEST', `"${name}" must be ${what}.`);
	}

	return Number(text);
};

/** Every route of the API, as a table. docs/api.md describes the same rows. */
export const createRoutes = ({client, feed, getConfig, getMetricsText, getMetricsJson, getToken, version}: ApiOptions, limits: ApiLimits, {openFeed, showPage}: Parts): Route[] => {
	const made = (): Made => ({revision: feed.getSeq(), at: Date.now(), now: performance.now()});

	/** The body of a change, once everything that must hold for one does. */
	const change = async (exchange: Exchange): Promise<unknown> => {
		demandToken(exchange, getToken());
		demandJson(exchange);
		return readJson(exchange, limits);
	};

	const showState = ({exchange}: Call): void => {
		const {seq, at, state, news} = feed.snapshot();
		const tag = `W/"${seq}"`;
		const headers = ['Content-Type', 'application/json; charset=utf-8', 'Cache-Control', 'no-cache', 'X-Content-Type-Options', 'nosniff', 'ETag', tag];
		if (valueOf(exchange.head.headers, 'if-none-match') === tag) {
			exchange.reply.head(304, headers.slice(2));
			exchange.reply.end();
			return;
		}

		send(exchange, 200, headers, `${JSON.stringify({schema: 'pmcp.state/v1', revision: seq, generatedAt: at, state, news})}\n`);
	};

	const showEvents = ({exchange, query}: Call): void => {
		const since = numberOf(query, 'since', 'the `seq` of an event');
		const frames = since === undefined ? undefined : feed.since(since);
		sendJson(exchange, 200, eventsDocument(frames?.map(({stamped}) => stamped) ?? client.getNews(), since === undefined || frames !== undefined, made()));
	};

	const showCalls = ({exchange, query}: Call): void => {
		const since = numberOf(query, 'since', 'the `id` of a call');
		const limit = numberOf(query, 'limit', 'a number of calls');
		sendJson(exchange, 200, callsDocument(client.getState(), made(), {since, limit}));
	};

	const switchActive = async ({exchange}: Call): Promise<void> => {
		const {system, force, ifEpoch} = parsed(value => switchShape.parse(value), await change(exchange));
		const previousSystem = client.getState().active ?? null;
		try {
			await client.run({type: 'switch', id: system, ...(force === undefined ? {} : {isForced: force}), ...(ifEpoch === undefined ? {} : {ifEpoch})});
		} catch (error) {
			// Older clients know 400 for a system nobody knows.
			const refusal = toAppError(error);
			refuse(exchange, refusal, refusal.code === 'TARGET_UNKNOWN' ? 400 : refusal.status);
			return;
		}

		const {active = null, epoch} = client.getState();
		sendJson(exchange, 200, {success: true, activeSystem: active, previousSystem, epoch, revision: feed.getSeq()});
	};

	const act = async ({exchange}: Call): Promise<void> => {
		await client.run(parsed(parseAction, await change(exchange)));
		const {active = null, epoch} = client.getState();
		sendJson(exchange, 200, {ok: true, revision: feed.getSeq(), activeSystem: active, epoch});
	};

	const showTarget = ({exchange, rest}: Call): void => {
		const document = oneTargetDocument(client.getState(), decoded(rest), made());
		if (!document) {
			throw new AppError('TARGET_UNKNOWN', `No target is called "${decoded(rest)}".`);
		}

		sendJson(exchange, 200, document);
	};

	const showHealth = ({exchange}: Call): void => {
		const document = healthDocument(client.getState(), made());
		sendJson(exchange, document.status === 'healthy' ? 200 : 503, document);
	};

	const show = (value: () => unknown) => async ({exchange}: Call): Promise<void> => {
		sendJson(exchange, 200, await value());
	};

	const status = (): unknown => statusDocument(client.getState(), made(), {url: client.url, pid: process.pid, version});

	const schema = async (): Promise<unknown> => {
		const {publishedSchema} = await import('./schema.ts'); // Some hundred shapes, for the few who ask.
		return publishedSchema();
	};

	return [
		{method: 'GET', path: '/api/proxy/status', summary: 'the whole useful picture in one object', answer: show(status)},
		{method: 'POST', path: '/api/proxy/switch', summary: 'make a target the active one', answer: switchActive},
		{method: 'POST', path: '/api/proxy/actions', summary: 'ask for anything an operator can ask', answer: act},
		{method: 'GET', path: '/api/proxy/state', summary: 'the state that every surface shows, with an `ETag`', answer: showState},
		{method: 'GET', path: '/api/proxy/targets', summary: 'all targets in failover order', answer: show(() => targetsDocument(client.getState(), made()))},
		{method: 'GET', path: '/api/proxy/targets/*', summary: 'one target by its name', answer: showTarget},
		{method: 'GET', path: '/api/proxy/events', summary: 'the newest events, or those after `?since=SEQ`', answer: showEvents},
		{method: 'GET', path: '/api/proxy/calls', summary: 'the newest MCP requests, or those after `?since=ID`; at most `?limit=`', answer: showCalls},
		{method: 'GET', path: '/api/proxy/sessions', summary: 'the open MCP sessions', answer: show(() => sessionsDocument(client.getState(), made()))},
		{method: 'GET', path: '/api/proxy/metrics', summary: 'the counters as JSON', answer: show(getMetricsJson)},
		{method: 'GET', path: '/api/proxy/schema', summary: 'the JSON Schema of these documents', answer: show(schema)},
		{method: 'GET', path: '{health}', summary: 'healthy when at least one system is, else 503', answer: showHealth},
		{method: 'GET', path: '{config}', summary: 'the configuration in force, secrets redacted', answer: show(getConfig)},
		{
			method: 'GET',
			path: '/metrics',
			summary: 'the counters as Prometheus text',
			async answer({exchange}) {
				send(exchange, 200, ['Content-Type', 'text/plain; version=0.0.4; charset=utf-8', 'Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff'], await getMetricsText());
			},
		},
		{
			method: 'GET',
			path: '/ws',
			summary: 'the live feed (WebSocket)',
			async answer({exchange, query}) {
				await openFeed(exchange, query);
			},
		},
		{
			method: 'GET',
			path: '/ui',
			summary: 'the page',
			answer({exchange}) {
				showPage(exchange);
			},
		},
	];
};
