import {Buffer} from 'node:buffer';
import {findTarget} from '../core/state.ts';
import type {TargetId} from '../core/target.ts';
import type {Exchange, Handler} from '../http/exchange.ts';
import {codes} from '../mcp/errors.ts';
import {isRequest, type Message} from '../mcp/message.ts';
import {startCall} from './calls.ts';
import type {Hub} from './hub.ts';
import {corsOf, readPosted, sendFailure} from './http.ts';
import {newId, principalOf} from './ids.ts';
import {admit, begin, type Registry} from './open.ts';
import type {Outlet, Session} from './session.ts';
import {streamHeaders} from './stream.ts';
import {tell} from './tell.ts';

/** One client's stream, and the session that its `initialize` opened. */
type Line = {readonly exchange: Exchange; readonly principal: string; readonly scope: TargetId | undefined; session: Session | undefined};

const pattern = /^(?<base>(?:\/targets\/(?<name>[^\/?]+))?)\/(?<kind>sse|messages)(?:\?(?<query>.*))?$/v;

type Place = Readonly<{kind: 'sse' | 'messages'; base: string; scope: TargetId | undefined; id: string | undefined}>;

const placeOf = (path: string): Place | undefined => {
	const {kind, base = '', name, query} = pattern.exec(path)?.groups ?? {};
	if (kind !== 'sse' && kind !== 'messages') {
		return undefined;
	}

	try {
		return {kind, base, scope: name === undefined ? undefined : decodeURIComponent(name), id: new URLSearchParams(query).get('sessionId') ?? undefined};
	} catch {
		return undefined;
	}
};

/** Whether MCP is known to be spoken there: on plain HTTP targets these paths are their own. */
const speaksMcp = ({options: {getState, getTransport}}: Hub, scope: TargetId | undefined): boolean => {
	const state = getState();
	const target = findTarget(state, scope ?? state.active);
	const transport = target && getTransport(target.target.id);
	return transport !== undefined && (target?.catalogue !== undefined || transport.plan.kind !== 'streamable-http' || target?.target.probe.startsWith('mcp') === true);
};

/** Everything goes down the one stream. */
const outletOf = ({standalone}: Session): Outlet => ({
	send: data => standalone.push(data),
	answer(data) {
		standalone.push(data);
	},
	close: () => undefined,
	drained: standalone.drained,
});

/**
The transport of MCP 2024-11-05 towards clients that speak no other (Cline's default): `GET /sse` is the stream whose first event names
the address for messages, `POST /messages?sessionId=…` takes them with 202, and all answers come on the stream. Behind it is the same
session as behind `/mcp`, so it outlives its targets; it ends with its stream.
*/
export const createSseFront = (registry: Registry): Handler => {
	const {hub} = registry;
	const lines = new Map<string, Line>();

	const open = (exchange: Exchange, {base, scope}: Place): void => {
		const {head: {headers}, reply, signal} = exchange;
		const id = newId();
		const line: Line = {exchange, principal: principalOf(headers), scope, session: undefined};
		for (const [key, {session}] of lines) {
			if (session?.isEnded) {
				lines.delete(key); // We ended it; its client's leaving is not told then.
			}
		}

		lines.set(id, line);
		signal.addEventListener('abort', () => {
			lines.delete(id);
			if (line.session) {
				registry.end(line.session);
			}
		}, {once: true});
		reply.head(200, [...streamHeaders, ...corsOf(exchange)]);
		reply.write(`event: endpoint\ndata: ${base}/messages?sessionId=${id}\n\n`);
	};

	/** Takes a message; the reason why not, if it can not. */
	const take = (line: Line, exchange: Exchange, message: Message, bytesIn: number): string | undefined => {
		const {session, scope} = line;
		if (!session) {
			if (!isRequest(message) || message.method !== 'initialize') {
				return 'The first message must be "initialize".';
			}

			const admitted = admit(registry, {head: exchange.head, request: message, scope});
			if (typeof admitted === 'string') {
				return admitted;
			}

			const made = admitted.session;
			made.isFleeting = true;
			line.session = made;
			made.standalone.attach(line.exchange.reply, undefined);
			begin(registry, made, {request: message, outlet: outletOf(made), bytesIn});
			return undefined;
		}

		if (session.isEnded) {
			return 'The session was ended.';
		}

		session.usedAt = Date.now();
		if (!isRequest(message)) {
			void tell(hub, session, message);
		} else if (session.calls.has(message.id)) {
			return 'The id is in use.';
		} else {
			startCall({hub, session, request: message, outlet: outletOf(session), bytesIn});
		}

		return undefined;
	};

	const post = async (exchange: Exchange, {id, scope}: Place): Promise<void> => {
		const line = id === undefined ? undefined : lines.get(id);
		if (!line || line.scope !== scope || line.principal !== principalOf(exchange.head.headers)) {
			sendFailure(exchange, 404, codes.session, 'Session not found');
			return;
		}

		const posted = await readPosted(exchange, hub.options.getSettings().body);
		if (!posted) {
			return;
		}

		for (const message of posted.messages) {
			const refused = take(line, exchange, message, posted.bytes.length);
			if (refused !== undefined) {
				sendFailure(exchange, line.session ? 400 : 503, codes.proxy, refused, isRequest(message) ? {id: message.id} : {});
				return;
			}
		}

		const text = Buffer.from('Accepted');
		exchange.reply.head(202, ['Content-Type', 'text/plain', 'Content-Length', String(text.length), ...corsOf(exchange)]);
		exchange.reply.end(text);
	};

	return given => {
		const {path, method} = given.head;
		const place = placeOf(path);
		if (!place || given.upgrade !== undefined || (!speaksMcp(hub, place.scope) && !lines.has(place.id ?? ''))) {
			return false;
		}

		const exchange = hub.options.watch(given);
		const wanted = place.kind === 'sse' ? 'GET' : 'POST';
		if (method !== wanted) {
			sendFailure(exchange, 405, codes.proxy, 'Method Not Allowed', {headers: ['Allow', wanted]});
		} else if (method === 'GET') {
			open(exchange, place);
		} else {
			post(exchange, place).catch(() => {
				exchange.reply.abort(); // The client left in the middle of its message.
			});
		}

		return true;
	};
};
