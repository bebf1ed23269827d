import type {AppError} from '../core/errors.ts';
import type {Exchange, RawHeaders} from './exchange.ts';

const json = ['Content-Type', 'application/json; charset=utf-8', 'Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff'];

/** Answer with a whole body. A HEAD request gets the same head and no body. */
export const send = ({head, reply}: Exchange, status: number, headers: RawHeaders, body: string | Uint8Array): void => {
	reply.head(status, [...headers, 'Content-Length', String(Buffer.byteLength(body))]);
	reply.end(head.method === 'HEAD' ? undefined : body);
};

/** Answer with one JSON document. */
export const sendJson = (exchange: Exchange, status: number, value: unknown, headers: RawHeaders = []): void => {
	send(exchange, status, [...json, ...headers], `${JSON.stringify(value)}\n`);
};

/** RFC 9209 error types for our codes; others are plain proxy errors. */
const proxyStatus: Partial<Record<AppError['code'], string>> = {
	TARGET_REFUSED: 'connection_refused',
	TARGET_BROKE: 'connection_terminated',
	TARGET_TIMEOUT: 'http_response_timeout',
	NO_TARGET: 'destination_unavailable',
	OVERLOADED: 'connection_limit_reached',
	STOPPING: 'destination_unavailable',
};

/** Answer with the proxy's own error: `{"error","code","hint"}` and a `Proxy-Status` field (docs/api.md; RFC 9209). `status` where a route promises another than the code's own. */
export const sendError = (exchange: Exchange, error: AppError, headers: RawHeaders = [], status = error.status): void => {
	const type = proxyStatus[error.code] ?? 'http_request_denied';
	const retry = status === 503 ? ['Retry-After', '5'] : [];
	sendJson(exchange, status, error, ['Proxy-Status', `proxy-mcp; error=${type}`, ...retry, ...headers]);
};
