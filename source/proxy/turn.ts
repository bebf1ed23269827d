import {Buffer} from 'node:buffer';
import type {AppError} from '../core/errors.ts';
import type {Body, Exchange, RawHeaders, RelayedHead, Reply, RequestHead, Seen} from '../http/exchange.ts';
import {allFields, type RequestLines} from '../wire/request-head.ts';
import type {Connection} from './desk.ts';
import {bodyOf, breakOff, type Inflow} from './inflow.ts';
import {flush, newOutflow, relayHead, writeBody, writeEnd, writeHead, writeInterim, type Outflow} from './outflow.ts';

/*
One of each of these is made for each request. They are classes, so that their methods are shared and not made each time anew
(ADR 12); what only some requests need is made when it is asked for.
*/

/** What a turn does to its connection. */
export type Acts = Readonly<{
	/** The reply is over. */
	settle: (connection: Connection) => void;
	/** Its body has been read: perhaps there is room again. */
	room: (connection: Connection) => void;
}>;

type Wish = Readonly<{
	lines: RequestLines;
	/** As sent, or why the request is refused. */
	path: string | AppError;
	/** Undefined when the request has no body. */
	inflow: Inflow | undefined;
	/** The client waits for `100 Continue` before it sends its body. */
	isExpecting: boolean;
	/** It expects what nobody here knows. */
	isUnmet: boolean;
	isUpgrade: boolean;
	/** Another request may follow. */
	isKept: boolean;
}>;

class ClientHead implements RequestHead {
	readonly method: string;
	readonly path: string;
	readonly httpVersion: '1.0' | '1.1';
	readonly lines: string;
	readonly seen: Seen;
	readonly length: number;
	readonly peer: string;
	readonly isSecure: boolean;
	readonly #lines: RequestLines;
	#fields: RawHeaders | undefined;

	constructor(lines: RequestLines, path: string, {peer, isSecure}: Connection) {
		this.#lines = lines;
		this.method = lines.method;
		this.path = path;
		this.httpVersion = lines.version;
		this.lines = lines.lines;
		this.seen = lines.signals;
		this.length = lines.length;
		this.peer = peer;
		this.isSecure = isSecure;
	}

	get headers(): RawHeaders {
		this.#fields ??= allFields(this.#lines);
		return this.#fields;
	}
}

class ClientReply implements Reply {
	readonly #turn: Turn;
	readonly #out: Outflow;

	constructor(turn: Turn) {
		this.#turn = turn;
		this.#out = turn.outflow;
	}

	inform(status: number, headers: RawHeaders): void {
		if (this.#out.version === '1.1' && !this.#out.hasHead && !this.#turn.isOver) {
			writeInterim(this.#out, status, headers);
		}
	}

	head(status: number, fields: RawHeaders): void {
		if (!this.#out.hasHead && !this.#turn.isOver) {
			writeHead(this.#out, status, fields, this.#turn.keepAlive());
			this.#turn.isKept = this.#out.isKept;
		}
	}

	relay(status: number, head: RelayedHead): void {
		if (!this.#out.hasHead && !this.#turn.isOver) {
			relayHead(this.#out, status, head, this.#turn.keepAlive());
			this.#turn.isKept = this.#out.isKept;
		}
	}

	flush(): void {
		flush(this.#out);
	}

	write(chunk: Uint8Array | string): boolean {
		if (this.#turn.isOver) {
			return true;
		}

		writeBody(this.#out, chunk);
		return !this.#out.socket.writableNeedDrain;
	}

	end(chunk?: Uint8Array | string): void {
		if (!this.#turn.isOver) {
			writeEnd(this.#out, chunk);
			this.#turn.end();
		}
	}

	abort(): void {
		const {version, hasHead, socket} = this.#out;
		if (this.#turn.isOver) {
			return;
		}

		flush(this.#out);
		// HTTP/1.0 has no end but the connection's: only a reset tells that it is not a clean one.
		if (version === '1.0' && hasHead) {
			socket.resetAndDestroy();
		} else {
			socket.destroy();
		}
	}

	async drained(): Promise<void> {
		return new Promise(resolve => {
			const {socket} = this.#out;
			if (this.#turn.isOver || socket.destroyed || !socket.writableNeedDrain) {
				resolve();
			} else {
				this.#turn.connection.waiters.push(resolve);
			}
		});
	}

	hasHead(): boolean {
		return this.#out.hasHead;
	}
}

/** One request at a connection, until both its body and its reply are over; to those who answer it, the exchange. */
export class Turn implements Exchange {
	readonly connection: Connection;
	readonly head: RequestHead;
	readonly reply: Reply;
	readonly outflow: Outflow;
	readonly inflow: Inflow | undefined;
	readonly path: string | AppError;
	readonly isUpgrade: boolean;
	readonly isUnmet: boolean;
	isOwed: boolean;
	isKept: boolean;
	/** The reply is complete, or nobody is there to read it. */
	isOver = false;
	/** Set on a request to upgrade. */
	upgrade?: () => ReturnType<NonNullable<Exchange['upgrade']>>;
	#hasClientLeft = false;
	#onLeave: (() => void) | undefined;
	#controller: AbortController | undefined;
	#body: Body | undefined;
	readonly #acts: Acts;

	constructor(connection: Connection, wish: Wish, acts: Acts) {
		const {lines, path, inflow, isExpecting, isUnmet, isUpgrade, isKept} = wish;
		this.connection = connection;
		this.head = new ClientHead(lines, typeof path === 'string' ? path : '/', connection);
		this.outflow = newOutflow(connection.socket, lines.method, lines.version);
		this.reply = new ClientReply(this);
		this.inflow = inflow;
		this.path = path;
		this.isUpgrade = isUpgrade;
		this.isUnmet = isUnmet;
		this.isOwed = isExpecting;
		this.isKept = isKept;
		this.#acts = acts;
		if (isUpgrade) {
			this.upgrade = () => this.#handOver();
		}
	}

	get body(): Body {
		this.#body ??= bodyOf(this.inflow, {
			begin: () => {
				this.#goOn();
			},
			onRoom: () => {
				this.#acts.room(this.connection);
			},
		});
		return this.#body;
	}

	get signal(): AbortSignal {
		if (!this.#controller) {
			const made = new AbortController();
			this.#controller = made;
			this.onLeave(() => {
				made.abort();
			});
		}

		return this.#controller.signal;
	}

	onLeave(listener: () => void): void {
		const before = this.#onLeave;
		if (this.#hasClientLeft) {
			listener();
		} else if (before === undefined) {
			this.#onLeave = listener;
		} else {
			this.#onLeave = () => {
				before();
				listener();
			};
		}
	}

	/** How long the connection is kept idle after this reply, in ms; undefined when it ends. */
	keepAlive(): number | undefined {
		const {desk} = this.connection;
		return this.isKept && !desk.isClosing && !this.isOwed && !this.isUpgrade ? desk.getLimits().keepAlive : undefined;
	}

	/** The reply is complete. */
	end(): void {
		this.#over(false);
		this.#acts.settle(this.connection);
	}

	/** The client has left in the middle of it, or what it sends has become nonsense. */
	leave(): void {
		this.#over(true);
		if (this.inflow?.isWhole === false) {
			breakOff(this.inflow);
		}
	}

	#over(hasLeft: boolean): void {
		if (this.isOver) {
			return;
		}

		this.isOver = true;
		this.#hasClientLeft = hasLeft;
		this.connection.desk.inFlight--;
		if (hasLeft) {
			this.#onLeave?.();
		}

		this.#onLeave = undefined;
	}

	/** The body is wanted. */
	#goOn(): void {
		if (this.isOwed && !this.outflow.hasHead && !this.isOver) {
			this.isOwed = false;
			writeInterim(this.outflow, 100, []);
		}
	}

	/** What has come behind the request, and the socket it came on, from now on the taker's. */
	#handOver(): ReturnType<NonNullable<Exchange['upgrade']>> {
		const {connection} = this;
		const {socket, ahead} = connection;
		connection.isUpgraded = true;
		this.#over(false);
		connection.turn = undefined;
		connection.detach();
		const first = Buffer.concat(ahead.splice(0));
		// Not flowing, and not paused by hand: it flows on as soon as somebody listens.
		Object.assign(socket.pause(), {readableFlowing: null});
		return {socket, first};
	}
}

/** A request has begun. */
export const beginTurn = (connection: Connection, wish: Wish, acts: Acts): Turn => {
	const turn = new Turn(connection, wish, acts);
	connection.desk.inFlight++;
	connection.turn = turn;
	return turn;
};
