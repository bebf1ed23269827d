import {withoutSecrets} from '../http/credentials.ts';
import type {RawHeaders} from '../http/exchange.ts';
import {isResponse, type Id, type Message, type Request} from '../mcp/message.ts';
import {objectIn} from '../mcp/parse.ts';
import type {Frame} from '../mcp/sse.ts';
import type {Pulse} from '../upstream/pulse.ts';
import {ChannelError, type Call, type Channel, type McpPlan, type Receiver, type Transport, type Trouble} from './channel.ts';
import {createEar} from './ear.ts';
import {refusalOf} from './refusal.ts';
import {isStream, readReply, type ReplyEnd} from './reply.ts';
import {createWire, type Wire} from './wire.ts';

type SsePlan = Extract<McpPlan, {kind: 'streamable-http' | 'sse'}>;

/** A request under way: its POST, until the target took it, and who waits for the answer on the stream. */
type Waiting = {readonly request: Request; readonly receiver: Receiver; post?: Call & Readonly<{finish: () => void}>; isTaken: boolean};

/** For the event `endpoint` where the settings limit no response, ms. */
const patience = 30_000;

const ignore = (): void => undefined;

const troubled = (kind: Trouble['kind'], message: string): Trouble => ({kind, failure: {code: 'TARGET_BROKE', message}});

const troubleOf = (end: ReplyEnd, whenWhole: string, plan: SsePlan, mayBeLost: boolean): Trouble => {
	switch (end.kind) {
		case 'trouble': {
			return end.trouble;
		}

		case 'status': {
			return refusalOf(end, mayBeLost, plan);
		}

		case 'whole': {
			return troubled('cut', whenWhole);
		}
	}
};

/** Where to POST, path and query: what the event `endpoint` says, when it is of the target's own origin (else a target could make the proxy send anywhere). */
const endpointIn = ({data}: Frame, base: URL): string | undefined => {
	const url = data === undefined ? null : URL.parse(Buffer.from(data).toString('utf8'), base);
	return url !== null && url.origin === base.origin ? url.pathname + url.search : undefined;
};

/** One session over HTTP+SSE (MCP 2024-11-05): a stream on which everything comes, and POSTs to where it says. The stream's end is the session's. */
const openChannel = (plan: SsePlan, wire: Wire, isResumed: boolean): Channel => {
	const {endpoint: {url, timeouts}} = plan;
	const base = new URL(url.pathname.replace(/\/$/v, '') + plan.path, url.origin);
	const calls = new Map<Id, Waiting>();
	const posts = new Set<Call>();
	const opened = Promise.withResolvers<string>();
	opened.promise.catch(ignore); // Those who wait for it are told.
	let stream: Call | undefined;
	let version: string | undefined;
	let isOpen = false;
	let isOver = isResumed; // No stream of 2024-11-05 can be taken up again.
	let timer: NodeJS.Timeout | undefined;

	const resume = (): void => {
		stream?.resume();
	};

	const ear = createEar(resume);

	const lost = (): ChannelError => new ChannelError(troubled('lost', 'its stream has ended'));

	const end = (trouble: Trouble): void => {
		if (isOver) {
			return;
		}

		isOver = true;
		clearTimeout(timer);
		// Nothing was posted before the target said where.
		const told: Trouble = isOpen || trouble.kind === 'refused' ? {...trouble, kind: isOpen ? 'cut' : 'refused'} : {...trouble, kind: 'unsent'};
		opened.reject(new ChannelError(told));
		const waiting = [...calls.values()];
		calls.clear();
		for (const {receiver, post} of waiting) {
			post?.abort();
			receiver.onTrouble(told);
		}

		ear.end(told);
	};

	const refuse = (message: string): void => {
		stream?.abort();
		end(troubled('refused', message));
	};

	const onMessage = (message: Message, bytes: Uint8Array): boolean => {
		if (isResponse(message)) {
			const waiting = message.id === undefined || message.id === null ? undefined : calls.get(message.id);
			if (waiting) {
				calls.delete(waiting.request.id);
				waiting.post?.finish();
				waiting.receiver.onMessage(message, bytes);
			}

			return true;
		}

		const token = message.method === 'notifications/progress' ? message.params?.progressToken : undefined;
		const callee = token === undefined ? undefined : [...calls.values()].find(({request}) => objectIn(request.params, '_meta')?.progressToken === token);
		return callee ? callee.receiver.onMessage(message, bytes) : ear.tell(message, bytes);
	};

	const start = (fields: RawHeaders): Call => readReply(wire, {method: 'GET', path: plan.path, fields: ['accept', 'text/event-stream', ...fields], timeout: timeouts.response}, {
		onHead(status, head) {
			if (status < 300 && !isStream(head)) {
				refuse('answered with what is no event stream');
			}
		},
		onFrame(frame) {
			if (frame.event !== 'endpoint' || isOpen || isOver) {
				return;
			}

			const path = endpointIn(frame, base);
			if (path === undefined) {
				refuse('named an endpoint of another origin');
				return;
			}

			isOpen = true;
			clearTimeout(timer);
			opened.resolve(path);
		},
		onMessage: (message, bytes) => isOver || onMessage(message, bytes),
		onEnd(found) {
			end(troubleOf(found, 'ended its stream', plan, false));
		},
	});

	/** Where to POST; the first message opens the stream. Rejects with a `ChannelError`. */
	const demand = async (fields: RawHeaders): Promise<string> => {
		if (isOver) {
			throw lost();
		}

		if (!stream) {
			timer = setTimeout(refuse, timeouts.response || patience, 'named no endpoint in time').unref();
			stream = start(fields);
		}

		return opened.promise;
	};

	const post = (path: string, message: Message, more: Readonly<{fields: RawHeaders; isFresh?: boolean; timeout: number}>, onTaken: () => void, onTrouble: (trouble: Trouble) => void): Call & Readonly<{finish: () => void}> => {
		const spoken = version === undefined ? [] : ['mcp-protocol-version', version];
		const reply = readReply(wire, {...more, method: 'POST', path, isWhole: true, fields: ['accept', 'application/json, text/event-stream', 'content-type', 'application/json', ...spoken, ...more.fields], body: Buffer.from(JSON.stringify(message))}, {
			onHead(status) {
				if (status < 300) {
					posts.delete(reply);
					reply.finish();
					onTaken();
				}
			},
			onMessage: () => true,
			onEnd(found) {
				posts.delete(reply);
				onTrouble(troubleOf(found, 'ended its reply', plan, true));
			},
		});
		posts.add(reply);
		return reply;
	};

	return {
		getSessionId: () => undefined,
		setVersion(chosen) {
			version = chosen;
		},
		request(request, receiver, {isFresh = false, headers = []} = {}) {
			const waiting: Waiting = {request, receiver, isTaken: false};
			const forget = (): boolean => calls.get(request.id) === waiting && calls.delete(request.id);
			const fail = (trouble: Trouble): void => {
				if (forget()) {
					receiver.onTrouble(trouble);
				}
			};

			const fields = withoutSecrets(headers, plan.forwardsAuth);
			calls.set(request.id, waiting);
			demand(fields).then(path => {
				if (calls.get(request.id) === waiting) {
					waiting.post = post(path, request, {fields, isFresh, timeout: request.method === 'initialize' ? timeouts.response : 0}, () => {
						delete waiting.post;
						waiting.isTaken = true;
						receiver.onStream?.();
					}, fail);
				}
			}, (error: unknown) => {
				fail(error instanceof ChannelError ? error.trouble : troubled('unsent', String(error)));
			});
			return {
				resume,
				isSent: () => waiting.isTaken || waiting.post?.isSent?.() === true,
				abort() {
					forget();
					waiting.post?.abort();
					resume(); // It may have held back the stream of all.
				},
			};
		},
		resume(_eventId, receiver) {
			queueMicrotask(() => {
				receiver.onTrouble(troubled('cut', 'has no streams to resume'));
			});
			return {resume: ignore, abort: ignore};
		},
		async notify(message) {
			const path = await demand([]);
			await new Promise<void>((resolve, reject) => {
				post(path, message, {fields: [], timeout: timeouts.response}, resolve, trouble => {
					reject(new ChannelError(trouble));
				});
			});
		},
		listen: ear.listen,
		async close() {
			ear.close();
			stream?.abort();
			end(troubled('cut', 'the session was closed'));
			for (const open of posts) {
				open.abort();
			}
		},
	};
};

/** The way to a target that speaks the transport of 2024-11-05. It has sessions only. */
export const createSseTransport = (plan: SsePlan, pulse?: Pulse): Transport => {
	const wire = createWire(plan.endpoint, pulse);
	return {
		plan,
		open: resumed => openChannel(plan, wire, resumed !== undefined),
		send: undefined,
		describe: () => ({}),
		async close() {
			wire.close();
		},
	};
};
