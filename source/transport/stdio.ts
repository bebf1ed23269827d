import type {Failure} from '../http/failure.ts';
import {isRequest, isResponse, type Id, type Message, type Request} from '../mcp/message.ts';
import {objectIn} from '../mcp/parse.ts';
import {ChannelError, type Call, type Channel, type Receiver, type Transport, type Trouble} from './channel.ts';
import type {StdioPlan} from './child.ts';
import {createChildren, type ChildRecord, type Children, type Tenant} from './children.ts';
import {createEar} from './ear.ts';
import {createShared} from './shared.ts';

const ignore = (): void => undefined;

type Waiting = Readonly<{request: Request; receiver: Receiver}>;

const tokenOf = ({params}: Request): unknown => objectIn(params, '_meta')?.progressToken;

/** For whom a message of the child's is that answers nothing: by progress token, else the only call under way; undefined: nobody's. */
const calleeOf = (message: Message, calls: ReadonlyMap<Id, Waiting>): Waiting | undefined => {
	if ('method' in message && message.method === 'notifications/progress') {
		const token = message.params?.progressToken;
		return [...calls.values()].find(({request}) => tokenOf(request) === token);
	}

	if ('method' in message && (message.method.endsWith('list_changed') || message.method === 'notifications/resources/updated')) {
		return undefined;
	}

	const [only, ...others] = calls.values();
	return others.length === 0 || isRequest(message) ? (others.at(-1) ?? only) : undefined;
};

/** A session over stdio: a child of its own, started with its first message. Its end is the session's. */
const openChannel = (children: Children, isProbe = false): Channel => {
	const calls = new Map<Id, Waiting>();
	let tenant: Tenant | undefined;
	let hadOne = false;
	let isClosed = false;

	const resume = (): void => {
		tenant?.child.resume();
	};

	const ear = createEar(resume);

	const endAll = (trouble: Trouble): void => {
		const waiting = [...calls.values()];
		calls.clear();
		for (const {receiver} of waiting) {
			receiver.onTrouble(trouble);
		}

		ear.end(trouble);
	};

	const onMessage = (message: Message, bytes: Uint8Array): boolean => {
		if (isResponse(message)) {
			const waiting = message.id === undefined || message.id === null ? undefined : calls.get(message.id);
			if (waiting) {
				calls.delete(waiting.request.id);
				touch();
				waiting.receiver.onMessage(message, bytes);
			}

			return true;
		}

		const callee = calleeOf(message, calls);
		return callee ? callee.receiver.onMessage(message, bytes) : ear.tell(message, bytes);
	};

	const touch = (): void => {
		if (tenant) {
			tenant.usedAt = performance.now();
		}
	};

	const onExit = (failure: Failure): void => {
		if (!tenant) {
			return; // Evicted, or closed.
		}

		tenant = undefined;
		endAll({kind: 'cut', failure});
	};

	const lost = (): Trouble => ({kind: 'lost', failure: {code: 'CHILD_ENDED', message: 'its process has ended'}});

	/** The child; the first message starts it. Throws a `ChannelError`. */
	const demandTenant = (): Tenant => {
		if (tenant) {
			return tenant;
		}

		if (hadOne || isClosed) {
			throw new ChannelError(lost());
		}

		tenant = children.take(child => ({
			child,
			isProbe,
			isIdle: () => calls.size === 0,
			usedAt: performance.now(),
			evict() {
				tenant = undefined; // Quietly: the session gets another one when it is used, not at once in place of the next.
			},
		}), isProbe);
		hadOne = true;
		tenant.child.hear({onMessage, onExit});
		return tenant;
	};

	const deliver = (message: Message): void => {
		const {child} = demandTenant();
		touch();
		if (!child.send(message)) {
			throw new ChannelError(child.isOver() ? lost() : {kind: 'refused', status: 503, failure: {code: 'CHILD_BUSY', message: 'its process does not read'}});
		}
	};

	return {
		getSessionId: () => undefined,
		setVersion: ignore,
		request(request, receiver) {
			const waiting: Waiting = {request, receiver};
			calls.set(request.id, waiting);
			try {
				deliver(request);
			} catch (error) {
				calls.delete(request.id);
				const trouble: Trouble = error instanceof ChannelError ? error.trouble : {kind: 'unsent', failure: {code: 'FAILED', message: String(error)}};
				queueMicrotask(() => {
					receiver.onTrouble(trouble);
				});
			}

			return {
				resume,
				abort() {
					if (calls.get(request.id) === waiting) {
						calls.delete(request.id);
						resume(); // It may have held up the others.
					}
				},
			};
		},
		resume(_eventId, receiver): Call {
			queueMicrotask(() => {
				receiver.onTrouble({kind: 'cut', failure: {code: 'CHILD_ENDED', message: 'a process has no streams to resume'}});
			});
			return {resume: ignore, abort: ignore};
		},
		async notify(message) {
			deliver(message);
		},
		listen: ear.listen,
		async close() {
			isClosed = true;
			const left = tenant;
			tenant = undefined;
			ear.close();
			endAll({kind: 'cut', failure: {code: 'SESSION_CLOSED', message: 'the session was closed'}});
			if (left) {
				await children.giveBack(left);
			}
		},
	};
};

/** The way to an MCP server that is a program: one process a session, or one for all (`children.mode`). */
export const createStdioTransport = (plan: StdioPlan, {onLog, record}: Readonly<{onLog: (line: string) => void; record: ChildRecord | undefined}>): Transport => {
	const children = createChildren({plan, onLog, record});
	const open = plan.children.mode === 'shared' ? createShared(() => openChannel(children)) : (_resumed?: unknown, {isProbe}: Readonly<{isProbe?: boolean}> = {}) => openChannel(children, isProbe);
	return {
		plan,
		open,
		send: undefined,
		describe: () => ({children: children.count()}),
		close: children.close,
	};
};
