import {withoutSecrets} from '../http/credentials.ts';
import type {RawHeaders} from '../http/exchange.ts';
import {valueOf} from '../http/headers.ts';
import {isResponse, type Message, type Request} from '../mcp/message.ts';
import type {Pulse} from '../upstream/pulse.ts';
import {ChannelError, type Call, type Channel, type McpPlan, type Receiver, type StatelessReceiver, type StreamReceiver, type Transport, type Trouble} from './channel.ts';
import {refusalOf} from './refusal.ts';
import {isStream, readReply, type ReplyEnd} from './reply.ts';
import {createWire, type Ask, type Wire} from './wire.ts';

type HttpPlan = Extract<McpPlan, {kind: 'streamable-http' | 'sse'}>;

const accepted = ['accept', 'application/json, text/event-stream'];
const posted = [...accepted, 'content-type', 'application/json'];
const streamed = ['accept', 'text/event-stream'];

/** The target's word for a session: visible ASCII (MCP 2025-11-25, "Session Management"). */
const sessionWord = /^[!-~]{1,4096}$/v;

/** Limits `close` and what hangs on it, ms. */
const patience = 4000;

/** A reply that is over without the answer that was waited for. A stream with event ids can be asked for the rest. */
const troubleOf = (end: ReplyEnd, mayBeLost: boolean, plan: McpPlan): Trouble => {
	switch (end.kind) {
		case 'trouble': {
			return end.trouble;
		}

		case 'status': {
			return refusalOf(end, mayBeLost, plan);
		}

		case 'whole': {
			const {status, place} = end;
			const failure = {code: 'TARGET_BROKE', message: status === 202 ? 'took a request without answering it' : 'ended its reply without an answer'};
			return {kind: place.eventId === undefined ? 'cut' : 'paused', failure, ...place};
		}
	}
};

const closed: Trouble = {kind: 'cut', failure: {code: 'SESSION_CLOSED', message: 'the session was closed'}};

/** One session over Streamable HTTP (MCP 2025-03-26 to 2025-11-25). */
const openChannel = (plan: HttpPlan, wire: Wire, resumed?: Readonly<{sessionId: string | undefined; version: string}>): Channel => {
	let sessionId = resumed?.sessionId;
	let version = resumed?.version;
	/** What is under way, and how it is told that the session was closed. */
	const calls = new Map<Call, (trouble: Trouble) => void>();
	const responseTimeout = plan.endpoint.timeouts.response;

	const fields = (own: RawHeaders, more: RawHeaders = []): string[] => [
		...own,
		...(sessionId === undefined ? [] : ['mcp-session-id', sessionId]),
		...(version === undefined ? [] : ['mcp-protocol-version', version]),
		...withoutSecrets(more, plan.forwardsAuth),
	];

	const keep = (onClosed: (trouble: Trouble) => void, make: (done: () => void) => Call): Call => {
		const call = make(() => {
			calls.delete(call);
		});
		calls.set(call, onClosed);
		return {
			...call,
			abort() {
				calls.delete(call);
				call.abort();
			},
		};
	};

	/** Follow one reply until its answer: to `id`, or the first one where the reply is the rest of another. */
	const follow = (ask: Ask, receiver: Receiver, request?: Request): Call => keep(receiver.onTrouble, done => {
		const isOpening = request?.method === 'initialize';
		const isAnswer = (message: Message): boolean => isResponse(message) && (request === undefined || message.id === request.id);
		const reply = readReply(wire, ask, {
			onHead(status, head) {
				const given = valueOf(head, 'mcp-session-id');
				if (isOpening && status < 300 && given !== undefined && sessionWord.test(given)) {
					sessionId = given;
				}

				if (status === 200 && isStream(head)) {
					receiver.onStream?.();
				}
			},
			onMessage(message, bytes) {
				if (isAnswer(message)) {
					done();
					reply.finish();
				} else if (isResponse(message)) {
					return true; // Of some other request: nobody waits for it here.
				}

				return receiver.onMessage(message, bytes);
			},
			onEnd(end) {
				done();
				const trouble = troubleOf(end, !isOpening && sessionId !== undefined, plan);
				if (request !== undefined && trouble.kind === 'refused' && trouble.response?.id === request.id) {
					receiver.onMessage(trouble.response, Buffer.from(JSON.stringify(trouble.response)));
				} else {
					receiver.onTrouble(trouble);
				}
			},
		});
		return reply;
	});

	const post = (message: Message): Pick<Ask, 'method' | 'path' | 'body'> => ({method: 'POST', path: plan.path, body: Buffer.from(JSON.stringify(message))});

	return {
		getSessionId: () => sessionId,
		setVersion(chosen) {
			version = chosen;
		},
		request: (request, receiver, {isFresh = false, headers = []} = {}) =>
			follow({...post(request), fields: fields(posted, headers), isFresh, timeout: request.method === 'initialize' ? responseTimeout : 0}, receiver, request),
		resume: (eventId, receiver) => follow({method: 'GET', path: plan.path, fields: fields([...streamed, 'last-event-id', eventId]), timeout: 0}, receiver),
		notify: async message => new Promise((resolve, reject) => {
			const refuse = (trouble: Trouble): void => {
				reject(new ChannelError(trouble));
			};

			keep(refuse, done => {
				const reply = readReply(wire, {...post(message), fields: fields(posted), timeout: responseTimeout}, {
					onHead(status) {
						if (status < 300) {
							done();
							resolve();
							reply.finish();
						}
					},
					onMessage: () => true,
					onEnd(end) {
						done();
						refuse(troubleOf(end, sessionId !== undefined, plan));
					},
				});
				return reply;
			});
		}),
		listen: (receiver, eventId) => keep(() => undefined, done => {
			const resumption = eventId === undefined ? [] : ['last-event-id', eventId];
			return readReply(wire, {method: 'GET', path: plan.path, fields: fields([...streamed, ...resumption]), timeout: 0}, {
				onHead(status) {
					if (status === 200) {
						receiver.onOpen?.();
					}
				},
				onMessage: (message, bytes) => isResponse(message) || receiver.onMessage(message, bytes),
				onEnd(end) {
					done();
					receiver.onTrouble({...(eventId !== undefined && {eventId}), ...troubleOf(end, sessionId !== undefined, plan)});
				},
			});
		}),
		async close() {
			const underWay = [...calls];
			calls.clear();
			for (const [call, onClosed] of underWay) {
				call.abort();
				onClosed(closed);
			}

			if (sessionId === undefined) {
				return;
			}

			await new Promise<void>(resolve => {
				const reply = readReply(wire, {method: 'DELETE', path: plan.path, fields: fields(accepted), timeout: patience}, {
					onHead() {
						resolve();
					},
					onMessage: () => true,
					onEnd() {
						resolve();
					},
				});
				setTimeout(() => {
					reply.abort();
					resolve();
				}, patience).unref();
			});
		},
	};
};

/** One request of the stateless era (MCP 2026-07-28): any JSON-RPC answer is one, whatever the status. */
const sendStateless = (plan: HttpPlan, wire: Wire, ...[request, headers, receiver, {isFresh = false} = {}]: Parameters<NonNullable<Transport['send']>>): Call => {
	const reply = readReply(wire, {method: 'POST', path: plan.path, body: Buffer.from(JSON.stringify(request)), fields: [...posted, ...withoutSecrets(headers, plan.forwardsAuth)], isFresh, timeout: 0}, {
		onHead(status) {
			if (status < 300) {
				receiver.onHead(status);
			}
		},
		onMessage(message, bytes) {
			if (isResponse(message)) {
				if (message.id !== request.id) {
					return true;
				}

				reply.finish();
			}

			return receiver.onMessage(message, bytes);
		},
		onEnd(end) {
			const trouble = troubleOf(end, false, plan);
			if (end.kind === 'status' && trouble.response) {
				receiver.onHead(end.status);
				receiver.onMessage(trouble.response, end.body);
			} else {
				receiver.onTrouble(trouble.kind === 'paused' ? {...trouble, kind: 'cut'} : trouble); // Nothing is resumed in this era.
			}
		},
	});
	return reply;
};

/** The way to a target's MCP endpoint (Streamable HTTP). */
export const createHttpTransport = (plan: HttpPlan, pulse?: Pulse): Transport => {
	const wire = createWire(plan.endpoint, pulse);
	return {
		plan,
		open: resumed => openChannel(plan, wire, resumed),
		send: (...given) => sendStateless(plan, wire, ...given),
		describe: () => ({}),
		async close() {
			wire.close();
		},
	};
};
