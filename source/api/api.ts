import {heartbeatInterval} from '../client/feed.ts';
import {AppError, toAppError} from '../core/errors.ts';
import type {Exchange, Handler} from '../http/exchange.ts';
import {createFeedServer} from './feed.ts';
import {createPage} from './page.ts';
import {refuse} from './request.ts';
import {createRoutes, type ApiLimits, type ApiOptions, type Route} from './routes.ts';

export type {ApiOptions} from './routes.ts';

const defaultLimits: ApiLimits = {body: 65_536, bodyTimeout: 10_000, feedClients: 256, feedBuffer: 4_194_304, heartbeat: heartbeatInterval};

/** What is ours besides the rows of the table: a path that begins so is never a target's. */
const reserved = ['/api/proxy/', '/ui/'];

type Found = Readonly<{rows: readonly Route[]; rest: string}>;

/** The rows by exact path, and those that end in `*`. */
const index = (routes: readonly Route[], paths: ReturnType<ApiOptions['getPaths']>): (pathname: string) => Found | undefined => {
	const exact = new Map<string, Route[]>();
	const prefixes = new Map<string, Route[]>();
	for (const route of routes) {
		const path = route.path === '{health}' ? paths.health : (route.path === '{config}' ? paths.config : route.path);
		const map = path.endsWith('*') ? prefixes : exact;
		const key = path.endsWith('*') ? path.slice(0, -1) : path;
		map.set(key, [...map.get(key) ?? [], route]);
	}

	return pathname => {
		const rows = exact.get(pathname);
		if (rows) {
			return {rows, rest: ''};
		}

		if (!reserved.some(start => pathname.startsWith(start))) {
			return undefined;
		}

		for (const [prefix, rows] of prefixes) {
			if (pathname.startsWith(prefix) && pathname.length > prefix.length) {
				return {rows, rest: pathname.slice(prefix.length)};
			}
		}

		return {rows: pathname === '/ui/' ? exact.get('/ui') ?? [] : [], rest: ''};
	};
};

/**
The control API, the live feed and the page, as one handler. It decides on the path as sent, once, so `/mcp/../api/proxy/status`,
`/%61pi/proxy/status` and `//api/proxy/status` are not its own. Host and Origin have been checked before (`http/guard.ts`).
`stop` takes leave of the feed's readers.
*/
export const createApi = (options: ApiOptions): Readonly<{handle: Handler; stop: () => Promise<void>}> => {
	const limits = {...defaultLimits, ...options.limits};
	const {open, stop} = createFeedServer(options.feed, limits);
	const routes = createRoutes(options, limits, {openFeed: open, showPage: createPage({feed: options.feed, url: options.client.url, version: options.version})});
	let paths = options.getPaths();
	let find = index(routes, paths);

	const answer = async (exchange: Exchange, {rows, rest}: Found, query: string): Promise<void> => {
		const {method} = exchange.head;
		try {
			if (rows.length === 0) {
				throw new AppError('NOT_FOUND', 'The control API has no such path.');
			}

			const row = rows.find(row => row.method === method || (row.method === 'GET' && method === 'HEAD'));
			if (!row) {
				const allowed = rows.flatMap(row => row.method === 'GET' ? ['GET', 'HEAD'] : [row.method]).join(', ');
				refuse(exchange, new AppError('METHOD_REFUSED', `This path takes ${allowed}.`), 405, ['Allow', allowed]);
				return;
			}

			await row.answer({exchange, query: new URLSearchParams(query), rest});
		} catch (error) {
			if (exchange.reply.hasHead()) {
				exchange.reply.abort();
				return;
			}

			const refusal = toAppError(error);
			refuse(exchange, refusal, refusal.status, refusal.status === 401 ? ['WWW-Authenticate', 'Bearer'] : []);
		}
	};

	return {
		handle(exchange) {
			const current = options.getPaths();
			if (current !== paths) {
				paths = current;
				find = index(routes, paths);
			}

			const {path} = exchange.head;
			const mark = path.indexOf('?');
			const found = find(mark === -1 ? path : path.slice(0, mark));
			if (!found) {
				return false;
			}

			void answer(exchange, found, mark === -1 ? '' : path.slice(mark + 1));
			return true;
		},
		stop,
	};
};
