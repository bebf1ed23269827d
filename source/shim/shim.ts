import type {Buffer} from 'node:buffer';
import type {Readable, Writable} from 'node:stream';
import {claimedVersion} from '../mcp/era.ts';
import {codes, failure, MessageError} from '../mcp/errors.ts';
import {isRequest, type Message, type Notification, type Request, type Response, type RpcError} from '../mcp/message.ts';
import {isSafe} from '../mcp/methods.ts';
import {parseBody} from '../mcp/parse.ts';
import {remedyFor} from '../mcp/replay.ts';
import {ChannelError, type Receiver, type Transport, type Trouble} from '../transport/channel.ts';
import {readLines} from './lines.ts';
import {createLink} from './link.ts';
import {createOutlet} from './outlet.ts';
import {createWaitingRoom, type Waiting} from './waiting.ts';

type ShimOptions = Readonly<{
	input: Readable;
	output: Writable;
	/** The way to the running proxy. */
	transport: Transport;
	/** As of `createLink`. */
	revive: (isUrgent: boolean) => Promise<void>;
}>;

/** Bytes of requests under way before no more are read. */
const mostBytes = 16 * (1024 ** 2);

/** How long requests in flight may go on after the end of the input, and the end of the session after that; ms. */
const farewell = 700;
const goodbye = 300;

const within = async (promise: Promise<unknown>, ms: number): Promise<void> => {
	let timer: NodeJS.Timeout | undefined;
	await Promise.race([promise.catch(() => undefined), new Promise(resolve => {
		timer = setTimeout(resolve, ms);
	})]);
	clearTimeout(timer);
};

/** A refusal without an MCP answer: a proxy that starts or stops. Nobody has run the request. */
const isAway = ({kind, status, response}: Trouble): boolean => kind === 'unsent' || (kind === 'refused' && status === 503 && !response);

const errorOf = ({kind, response, failure: {message}}: Trouble): RpcError => {
	if (response && 'error' in response) {
		return response.error;
	}

	return {code: codes.proxy, message: kind === 'refused' ? `The proxy ${message}` : 'The proxy was lost while this was under way; it may have been run'};
};

/** Of the tools' hints the shim knows nothing: a tool that may have been run is not run again. */
const remedyOf = ({request, attempts}: Waiting, {kind}: Trouble): ReturnType<typeof remedyFor> =>
	remedyFor({request, trouble: kind, attempts, hints: undefined, plan: {replay: 'safe', trustsHints: false}, wasServerRequestShown: false, isCancelled: false});

const opensSession = (request: Request): boolean => request.method === 'initialize' && claimedVersion(request) === undefined;
const isOpenEnded = ({request}: Waiting): boolean => request.method === 'subscriptions/listen';

/**
MCP over stdio for clients that know nothing else (mcp.md 6.2): what comes in goes to the running proxy, what the proxy says goes
out. The proxy may die and come back: requests that nobody has run are sent again, the others get an error, and the session goes
on. Resolves when the input has ended and everything is out.
*/
export const runShim = async ({input, output, transport, revive}: ShimOptions): Promise<void> => {
	const outlet = createOutlet(output);
	const waiting = createWaitingRoom();
	const link = createLink({
		transport,
		revive,
		onMessage(message, bytes, getCall) {
			const isRoom = outlet.send(message, bytes);
			if (!isRoom) {
				outlet.pause(getCall());
			}

			return isRoom;
		},
	});

	const fail = (item: Waiting, {code, message, data}: RpcError): void => {
		if (!item.isCancelled) {
			outlet.send(failure(item.request.id, code, message, data));
		}

		waiting.settle(item);
	};

	const receiverOf = (item: Waiting): Receiver => ({
		onMessage(message, bytes) {
			const {request: {id}} = item;
			const isNameless = 'error' in message && (message.id ?? undefined) === undefined; // HTTP tells which request it is of.
			const isAnswer = !('method' in message) && (message.id === id || isNameless);
			const isRoom = (isAnswer && item.isCancelled) || (isNameless ? outlet.send({...message, id}) : outlet.send(message, bytes));
			if (isAnswer) {
				waiting.settle(item);
			} else if (isOpenEnded(item)) {
				item.attempts = 1; // It stands: a break is a new one.
			}

			if (!isRoom && item.call) {
				outlet.pause(item.call);
			}

			return isRoom;
		},
		onTrouble(trouble) {
			void mend(item, trouble).catch((error: unknown) => {
				fail(item, {code: codes.proxy, message: `The proxy is away: ${error instanceof Error ? error.message : String(error)}`});
			});
		},
	});

	const send = (item: Waiting): void => {
		const {request} = item;
		const receiver = receiverOf(item);
		item.attempts++;
		item.call = opensSession(request) ? link.open(request, receiver) : link.request(request, receiver, !isSafe(request.method, request.params));
	};

	/** What becomes of a request that got no answer. */
	const mend = async (item: Waiting, trouble: Trouble): Promise<void> => {
		if (item.isCancelled) {
			waiting.settle(item);
			return;
		}

		if (isAway(trouble)) {
			item.attempts--;
			await revive(true);
			send(item);
			return;
		}

		if (trouble.kind === 'lost') {
			await link.reopen();
		}

		const remedy = remedyOf(item, trouble);
		if (remedy === 'error') {
			fail(item, errorOf(trouble));
		} else if (remedy === 'resume' && trouble.eventId !== undefined) {
			item.call = link.resume(trouble.eventId, receiverOf(item));
		} else {
			send(item);
		}
	};

	/** Tells the proxy, over its death too; what it does not take after three attempts is dropped, as nobody waits for it. */
	const tell = async (message: Notification | Response): Promise<void> => {
		for (let attempt = 0; attempt < 3; attempt++) {
			try {
				await link.notify(message); // eslint-disable-line no-await-in-loop -- one attempt after the other
				return;
			} catch (error) {
				const trouble = error instanceof ChannelError ? error.trouble : undefined;
				if (!trouble || (trouble.kind === 'refused' && !isAway(trouble))) {
					return;
				}

				await (trouble.kind === 'lost' ? link.reopen() : revive(false)).catch(() => undefined); // eslint-disable-line no-await-in-loop
			}
		}
	};

	/** Whether that is all: in the stateless era leaving a request is how it is cancelled. Else the proxy is told, and may answer all the same. */
	const cancel = ({params}: Notification): boolean => {
		const id = params?.requestId;
		const item = typeof id === 'string' || typeof id === 'number' ? waiting.get(id) : undefined;
		if (!item) {
			return false;
		}

		item.isCancelled = true;
		if (claimedVersion(item.request) === undefined) {
			return false;
		}

		item.call?.abort();
		waiting.settle(item);
		return true;
	};

	const take = async (message: Message, length: number): Promise<void> => {
		if (!isRequest(message)) {
			const isDone = 'method' in message && message.method === 'notifications/cancelled' && cancel(message);
			await (isDone ? undefined : tell(message));
			return;
		}

		const item = waiting.add(message, length);
		if (!item) {
			outlet.send(failure(message.id, codes.invalidRequest, 'Invalid Request: the id is in use'));
			return;
		}

		send(item);
		// What follows `initialize` needs the session; else there may be many under way.
		await waiting.until(() => opensSession(message) ? waiting.get(message.id) !== item : waiting.size() <= mostBytes);
	};

	const read = (line: Buffer | undefined): readonly Message[] => {
		try {
			if (!line) {
				throw new MessageError(failure(undefined, codes.parse, 'Parse error: the line is too long'));
			}

			return parseBody(line).messages;
		} catch (error) {
			if (!(error instanceof MessageError)) {
				throw error;
			}

			outlet.send({...error.failure, id: error.failure.id ?? null});
			return [];
		}
	};

	for await (const line of readLines(input)) {
		for (const message of read(line)) {
			await take(message, line?.length ?? 0); // eslint-disable-line no-await-in-loop -- in order
		}
	}

	await within(waiting.until(() => waiting.all().every(item => isOpenEnded(item))), farewell);
	await within(link.close(), goodbye);
	await within(outlet.flush(), goodbye);
};
