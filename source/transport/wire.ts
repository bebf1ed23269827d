import {Buffer} from 'node:buffer';
import {dressOf} from '../http/dress.ts';
import type {Endpoint} from '../http/endpoint.ts';
import type {RawHeaders} from '../http/exchange.ts';
import type {Failure} from '../http/failure.ts';
import {without} from '../http/headers.ts';
import {createForwarder, type Attempt, type Receiver} from '../upstream/forward.ts';
import type {Pulse} from '../upstream/pulse.ts';
import {fieldsOf} from '../wire/fields.ts';

/** One HTTP request towards a target's MCP server. */
export type Ask = Readonly<{
	method: 'GET' | 'POST' | 'DELETE';
	/** Behind the endpoint's own path. */
	path: string;
	/** `path` stands for itself, not behind anything. */
	isWhole?: boolean;
	/** Beside the target's own fields, which win. */
	fields: RawHeaders;
	body?: Uint8Array;
	/** On a connection of its own, used once: that a dead target refuses it is certain, and no idle one can be closed under it. */
	isFresh?: boolean;
	/** Until the response head, ms; 0 = none. */
	timeout: number;
}>;

/** Why a request came to nothing. `isSent`: any byte of it may have reached the target. `isLate`: no head in time. */
export type WireTrouble = Readonly<{isSent: boolean; isLate: boolean; failure: Failure}>;

/** Told in this order: head, data, then end or trouble, exactly one of them. Nothing after `abort`. */
export type WireReceiver = Readonly<Omit<Receiver, 'onInterim' | 'onHead' | 'onLull' | 'onTrouble'> & {
	onHead: (status: number, fields: RawHeaders) => void;
	onTrouble: (trouble: WireTrouble) => void;
}>;

/** HTTP connections to one target. */
export type Wire = Readonly<{
	ask: (ask: Ask, receiver: WireReceiver) => Attempt;
	/** Cuts everything. */
	close: () => void;
}>;

const ignore = (): void => undefined;

const bytesOf = (body: Uint8Array): Buffer => Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);

/** The way to one target's MCP server over HTTP, with its TLS, credentials and connect timeout. No limit to silence: calls may be silent for long. */
export const createWire = (endpoint: Endpoint, pulse?: Pulse): Wire => {
	const forwarder = createForwarder({...endpoint, timeouts: {...endpoint.timeouts, response: 0, idle: 0}}, pulse);
	const {prefix, fields: own, replaced} = dressOf(endpoint);
	return {
		ask({method, path, isWhole = false, fields, body, isFresh = false, timeout}, receiver) {
			return forwarder.send({
				method,
				path: isWhole ? path : prefix + path,
				fields: [...own, ...without(fields, replaced)],
				lines: '',
				body: body && bytesOf(body),
				length: 0,
				isFresh,
				timeout,
			}, {
				...receiver,
				onInterim: ignore,
				onLull: ignore,
				onHead(status, {lines}) {
					receiver.onHead(status, fieldsOf(lines));
				},
				onTrouble({isSent, failure}) {
					receiver.onTrouble({isSent, isLate: failure.code === 'RESPONSE_TIMEOUT', failure});
				},
			});
		},
		close: forwarder.destroy,
	};
};
