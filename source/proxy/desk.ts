import type {Buffer} from 'node:buffer';
import type {Socket} from 'node:net';
import type {Limits} from '../http/endpoint.ts';
import type {Handler} from '../http/exchange.ts';
import type {Gathering} from '../wire/gather.ts';
import type {Alarm} from '../upstream/wheel.ts';
import type {Turn} from './turn.ts';

/** What all connections of a listener share. */
export type Desk = {
	readonly getLimits: () => Limits;
	readonly handle: Handler;
	readonly log: ((message: string) => void) | undefined;
	/** Upgraded ones too. */
	readonly connections: Set<Connection>;
	/** Requests whose reply is not complete. */
	inFlight: number;
	isClosing: boolean;
};

/** One client connection. Its requests are answered one after the other, however fast they come. */
export type Connection = {
	readonly desk: Desk;
	readonly socket: Socket;
	/** The peer's address; an IPv4 one never in IPv6 clothes. */
	readonly peer: string;
	readonly isSecure: boolean;
	/** Over the limit of connections: gets one 503. */
	readonly isExcess: boolean;
	readonly gathering: Gathering;
	readonly alarm: Alarm;
	/** The request at hand. */
	turn: Turn | undefined;
	/** What has come and is not looked at yet. */
	readonly ahead: Buffer[];
	/** Bytes of it. */
	waiting: number;
	isReading: boolean;
	isPaused: boolean;
	/** The client has shut its side. */
	hasEnded: boolean;
	/** What comes now counts for nothing: the connection is about to end. */
	isDeaf: boolean;
	/** Given away to an upgrade. */
	isUpgraded: boolean;
	/** Has had a whole request head. */
	isUsed: boolean;
	/** Bytes the client had taken when it was last looked at. */
	taken: number;
	/** Those who wait until the client has taken what was written. */
	readonly waiters: Array<() => void>;
	/** Lets go of the socket. */
	readonly detach: () => void;
};
