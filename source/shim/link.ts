import {claimedVersion} from '../mcp/era.ts';
import {encodeValue} from '../mcp/headers.ts';
import type {Message, Notification, Request, Response} from '../mcp/message.ts';
import {headerNameOf} from '../mcp/methods.ts';
import {textIn} from '../mcp/parse.ts';
import {ChannelError, type Call, type Channel, type Receiver, type Transport, type Trouble} from '../transport/channel.ts';

type Options = Readonly<{
	transport: Transport;
	/** Takes what belongs to no request: the server's own requests and notifications. */
	onMessage: (message: Message, bytes: Uint8Array, getCall: () => Call) => boolean;
	/** Resolves when the proxy answers again. `isUrgent`: a client waits, so start it when nobody else does. Rejects when it stays away. */
	revive: (isUrgent: boolean) => Promise<void>;
}>;

/** The one session of a shim at the proxy, kept over the proxy's death. */
export type Link = Readonly<{
	/** The client's `initialize`: a session of its own, in place of one before. */
	open: (request: Request, receiver: Receiver) => Call;
	request: (request: Request, receiver: Receiver, isFresh: boolean) => Call;
	/** The rest of a `paused` request's stream. */
	resume: (eventId: string, receiver: Receiver) => Call;
	/** Rejects with a `ChannelError` when it could not be told. */
	notify: (message: Notification | Response) => Promise<void>;
	/** Set up the session anew: the proxy does not know it any more. The client does not notice. */
	reopen: () => Promise<void>;
	/** Ends the session. */
	close: () => Promise<void>;
}>;

const noSession: Trouble = {kind: 'refused', failure: {code: 'NO_SESSION', message: 'the session is not initialized'}};

/** Milliseconds before the stream of the server's own messages is asked for again. */
const pauseOf = ({retry = 200}: Trouble): number => Math.min(Math.max(retry, 100), 2000);

/** The fields that HTTP has and stdio has not (MCP 2026-07-28, transports; SEP-2243). */
const fieldsOf = ({method, params}: Request, version: string): string[] => {
	const name = headerNameOf(method, params)?.value;
	return ['mcp-protocol-version', version, 'mcp-method', method, ...(name === undefined ? [] : ['mcp-name', encodeValue(name)])];
};

const versionIn = (message: Message): string | undefined => 'result' in message ? textIn(message.result, 'protocolVersion') : undefined;

export const createLink = ({transport, onMessage, revive}: Options): Link => {
	let channel: Channel | undefined;
	let handshake: Request | undefined;
	let listening: Call | undefined;
	let reopening: Promise<void> | undefined;
	let reopened = 0;
	let isClosed = false;

	const listen = (eventId?: string): void => {
		const current = channel;
		if (!current || isClosed) {
			return;
		}

		const call = current.listen({
			onMessage: (message, bytes) => onMessage(message, bytes, () => call),
			onTrouble(trouble) {
				listening = undefined;
				const isNone = trouble.kind === 'refused' && trouble.status === 405;
				if (!isNone) {
					setTimeout(() => {
						void listenAgain(current, trouble);
					}, pauseOf(trouble)).unref();
				}
			},
		}, eventId);
		listening = call;
	};

	const listenAgain = async (from: Channel, {kind, eventId}: Trouble): Promise<void> => {
		try {
			if (kind === 'lost') {
				await reopen();
				return;
			}

			if (kind !== 'paused') {
				await revive(false);
			}

			if (from === channel && !listening) {
				listen(eventId);
			}
		} catch {
			// The next request looks again.
		}
	};

	const setUp = async (request: Request): Promise<void> => {
		const next = transport.open();
		const id = `pmcp-${++reopened}`;
		const version = await new Promise<string | undefined>((resolve, reject) => {
			next.request({...request, id}, {
				onMessage(message) {
					if ('id' in message && message.id === id) {
						resolve(versionIn(message));
					}

					return true;
				},
				onTrouble(trouble) {
					reject(new ChannelError(trouble));
				},
			});
		});
		if (version === undefined) {
			throw new ChannelError(noSession);
		}

		next.setVersion(version);
		await next.notify({jsonrpc: '2.0', method: 'notifications/initialized'});
		listening?.abort();
		channel = next;
		listen();
	};

	const reopen = async (): Promise<void> => {
		if (!handshake) {
			throw new ChannelError(noSession);
		}

		reopening ??= setUp(handshake).finally(() => {
			reopening = undefined;
		});
		return reopening;
	};

	const refuse = ({onTrouble}: Receiver): Call => {
		queueMicrotask(() => {
			onTrouble(noSession);
		});
		return {resume: () => undefined, abort: () => undefined};
	};

	return {
		open(request, receiver) {
			listening?.abort();
			listening = undefined;
			void channel?.close();
			const next = transport.open();
			channel = next;
			handshake = request;
			return next.request(request, {
				...receiver,
				onMessage(message, bytes) {
					const version = versionIn(message);
					if (version !== undefined) {
						next.setVersion(version);
					}

					return receiver.onMessage(message, bytes);
				},
			});
		},
		request(request, receiver, isFresh) {
			const version = claimedVersion(request);
			if (typeof version === 'string' && transport.send) {
				return transport.send(request, fieldsOf(request, version), {...receiver, onHead: () => undefined}, {isFresh});
			}

			return channel ? channel.request(request, receiver, {isFresh}) : refuse(receiver);
		},
		resume: (eventId, receiver) => channel ? channel.resume(eventId, receiver) : refuse(receiver),
		async notify(message) {
			if (!channel) {
				throw new ChannelError(noSession);
			}

			await channel.notify(message);
			if ('method' in message && message.method === 'notifications/initialized' && !listening) {
				listen();
			}
		},
		reopen,
		async close() {
			isClosed = true;
			listening?.abort();
			await channel?.close();
			await transport.close();
		},
	};
};
