import type {TargetId} from '../core/target.ts';
import type {Exchange, Handler} from '../http/exchange.ts';
import {valueOf} from '../http/headers.ts';
import {eraOf} from '../mcp/era.ts';
import {codes, failure} from '../mcp/errors.ts';
import {isRequest, type Id, type Message} from '../mcp/message.ts';
import {hasBatches, isLegacy} from '../mcp/versions.ts';
import {startCall} from './calls.ts';
import type {Hub} from './hub.ts';
import {corsOf, readPosted, sendEmpty, sendFailure, type Posted} from './http.ts';
import {keyOf, principalOf} from './ids.ts';
import {openSession, type Registry} from './open.ts';
import {createPost} from './post.ts';
import {isOfPost, lostRequestOf, nameOf, openStream, type Session} from './session.ts';
import {streamHeaders} from './stream.ts';
import {tell} from './tell.ts';

type Desk = Registry;

const pattern = /^(?:\/targets\/([^\/?]+))?\/mcp(?:\?.*)?$/v;

const allowed = ['Allow', 'GET, POST, DELETE, OPTIONS'] as const;

/** Which target an MCP path means: one by name, or undefined for whichever is active. False: no MCP path. */
const scopeOf = (path: string): TargetId | undefined | false => {
	const found = pattern.exec(path);
	if (!found) {
		return false;
	}

	try {
		return found[1] === undefined ? undefined : decodeURIComponent(found[1]);
	} catch {
		return false;
	}
};

/** Whether MCP is spoken there at all; a plain HTTP target's `/mcp` is its own. */
const speaksMcp = ({options: {getState, getTransport}}: Hub, scope: TargetId | undefined): boolean => {
	const id = scope ?? getState().active;
	return id === undefined || getTransport(id) !== undefined;
};

/** The session a request belongs to, if it is its owner who asks; else the refusal is sent: 400 without an id, 404 for one that is unknown, ended or another's (MCP 2025-11-25, "Session Management"). */
const sessionOf = ({hub}: Desk, exchange: Exchange, scope: TargetId | undefined): Session | undefined => {
	const {headers} = exchange.head;
	const id = valueOf(headers, 'mcp-session-id');
	if (id === undefined) {
		sendFailure(exchange, 400, codes.proxy, 'Bad Request: Mcp-Session-Id header is required');
		return undefined;
	}

	const session = hub.sessions.get(keyOf(id));
	if (!session?.isOpen || session.scope !== scope || session.principal !== principalOf(headers)) {
		sendFailure(exchange, 404, codes.session, 'Session not found');
		return undefined;
	}

	const version = valueOf(headers, 'mcp-protocol-version');
	if (version !== undefined && !isLegacy(version)) {
		sendFailure(exchange, 400, codes.proxy, 'Bad Request: Unsupported protocol version');
		return undefined;
	}

	session.authorization = valueOf(headers, 'authorization');
	return session;
};

const accepts = ({head: {headers}}: Exchange, ...types: readonly string[]): boolean => {
	const accept = valueOf(headers, 'accept') ?? '';
	return types.every(type => accept.includes(type));
};

/** Messages of a session: each request gets its answer on the one reply, the rest is taken. */
const take = ({hub, patience}: Desk, exchange: Exchange, session: Session, {messages, length}: Readonly<{messages: readonly Message[]; length: number}>): void => {
	const requests = messages.filter(message => isRequest(message));
	const told = messages.filter(message => !isRequest(message));
	if (requests.some(({id, method}) => session.calls.has(id) || method === 'initialize')) {
		sendFailure(exchange, 400, codes.invalidRequest, 'Invalid Request: the id is in use, or the session is initialized already', {...(requests[0] && {id: requests[0].id})});
		return;
	}

	const taken = told.map(async message => tell(hub, session, message));
	if (requests.length === 0) {
		session.usedAt = Date.now();
		void Promise.all(taken).then(() => {
			sendEmpty(exchange, 202);
		});
		return;
	}

	const outlet = createPost(exchange, {patience, open: () => openStream(session, requests.length === 1 ? requests[0]?.id : undefined), count: requests.length});
	hub.options.onSession(session.id); // It has something in flight now.
	for (const request of requests) {
		startCall({hub, session, request, outlet, bytesIn: length});
	}
};

const deliver = (desk: Desk, exchange: Exchange, {messages, isBatch, bytes}: Posted, scope: TargetId | undefined): void => {
	const [first] = messages;
	const {headers} = exchange.head;
	const {stateless} = desk.hub.options;
	if (!isBatch && stateless && eraOf(name => valueOf(headers, name), first) === 'stateless') {
		stateless(exchange, {message: first, bytes, scope});
		return;
	}

	if (!isBatch && first && isRequest(first) && first.method === 'initialize' && valueOf(headers, 'mcp-session-id') === undefined) {
		openSession(desk, {exchange, request: first, scope, bytesIn: bytes.length});
		return;
	}

	const session = sessionOf(desk, exchange, scope);
	if (session && isBatch && !hasBatches(session.version)) {
		sendFailure(exchange, 400, codes.invalidRequest, 'Invalid Request: this version has no batches');
	} else if (session) {
		take(desk, exchange, session, {messages, length: bytes.length});
	}
};

const post = async (desk: Desk, exchange: Exchange, scope: TargetId | undefined): Promise<void> => {
	if (!accepts(exchange, 'application/json', 'text/event-stream')) {
		sendFailure(exchange, 406, codes.proxy, 'Not Acceptable: Client must accept both application/json and text/event-stream');
		return;
	}

	const posted = await readPosted(exchange, desk.hub.options.getSettings().body);
	if (posted) {
		deliver(desk, exchange, posted, scope);
	}
};

/** `Last-Event-ID` as we issue it: `<stream>_<seq>`. */
const eventPattern = /^([\da-z]{1,16}-\d{1,12}(?:\.[\w\-]{1,200})?)_(\d{1,12})$/v;

/** Ends the wait for an answer that went with the proxy's last run. Its event is of a stream that answers nothing, so that whoever asks for the rest of that is told to stop. */
const answerLost = (exchange: Exchange, eventId: string, id: Id): void => {
	const {reply} = exchange;
	const answer = failure(id, codes.proxy, 'The proxy was restarted before the answer. Whether the request was carried out is unknown.', {outcome: 'unknown', retryable: false});
	reply.head(200, [...streamHeaders, ...corsOf(exchange)]);
	reply.end(`event: message\nid: ${eventId}\ndata: ${JSON.stringify(answer)}\n\n`);
};

/**
A client comes back for the rest of a POST's stream. When there is none it gets 204, at which clients cease to come back (HTML Living
Standard 9.2): the official ones ask again after each error answer, for ever.
*/
const resume = (exchange: Exchange, {streams, ring}: Session, {name, seq}: Readonly<{name: string; seq: number}>): void => {
	const stream = streams.get(name);
	const lost = stream ? undefined : lostRequestOf(name);
	if (lost !== undefined) {
		answerLost(exchange, `${nameOf(name)}_${seq + 1}`, lost);
	} else if (!stream || (stream.isEnded() && ring.after(name, seq).length === 0)) {
		sendEmpty(exchange, 204);
	} else {
		stream.attach(exchange.reply, corsOf(exchange), seq);
	}
};

/**
A client listens, or comes back for the rest of a stream. A second stream takes the first one's place, where the SDK's servers
answer 409: after a laptop's sleep the first one is a dead connection that nobody has noticed, and its client must not be shut out.
*/
const listen = ({hub}: Desk, exchange: Exchange, session: Session): void => {
	const [, name, seq] = eventPattern.exec(valueOf(exchange.head.headers, 'last-event-id') ?? '') ?? [];
	session.usedAt = Date.now();
	if (name !== undefined && isOfPost(name)) {
		resume(exchange, session, {name, seq: Number(seq)});
		return;
	}

	const {reply, signal} = exchange;
	const {standalone} = session;
	standalone.attach(reply, corsOf(exchange), name === standalone.name ? Number(seq) : undefined);
	session.unheardAt = undefined;
	signal.addEventListener('abort', () => {
		standalone.detach(reply);
		if (!standalone.isAttached()) {
			session.usedAt = Date.now();
			session.unheardAt = performance.now();
			hub.options.onSession(session.id);
		}
	}, {once: true});
	hub.hear(session);
	hub.options.onSession(session.id);
};

const answer = (desk: Desk, exchange: Exchange, scope: TargetId | undefined): void => {
	const {head: {method, headers}} = exchange;
	if (method === 'POST') {
		void post(desk, exchange, scope).catch(() => {
			exchange.reply.abort(); // The client left in the middle of its request.
		});
		return;
	}

	if (method === 'OPTIONS') {
		sendEmpty(exchange, 204, [...allowed, 'Access-Control-Allow-Methods', 'GET, POST, DELETE', 'Access-Control-Allow-Headers', 'Authorization, Content-Type, Accept, Last-Event-ID, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name']);
		return;
	}

	if ((method !== 'GET' && method !== 'DELETE') || eraOf(name => valueOf(headers, name), undefined) === 'stateless') {
		sendFailure(exchange, 405, codes.proxy, 'Method Not Allowed', {headers: allowed});
		return;
	}

	if (method === 'GET' && !accepts(exchange, 'text/event-stream')) {
		sendFailure(exchange, 406, codes.proxy, 'Not Acceptable: Client must accept text/event-stream');
		return;
	}

	const session = sessionOf(desk, exchange, scope);
	if (!session) {
		return;
	}

	if (method === 'GET') {
		listen(desk, exchange, session);
	} else {
		desk.end(session);
		sendEmpty(exchange, 200);
	}
};

/** Answers `/mcp` and `/targets/NAME/mcp`: Streamable HTTP as MCP 2025-03-26 to 2025-11-25 have it. */
export const createFront = (desk: Desk): Handler => exchange => {
	const scope = scopeOf(exchange.head.path);
	if (scope === false || exchange.upgrade !== undefined || !speaksMcp(desk.hub, scope)) {
		return false;
	}

	answer(desk, desk.hub.options.watch(exchange), scope);
	return true;
};
