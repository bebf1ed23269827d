import {Buffer} from 'node:buffer';
import type {IncomingMessage} from 'node:http';
import {clearTimeout, setTimeout} from 'node:timers';
import {WebSocket, type RawData} from 'ws';
import {AppError} from '../core/errors.ts';
import type {Frame} from './feed.ts';
import {authorization, errorOf, reasonOf, type Address} from './rest.ts';

type Options = Readonly<{
	address: Address;
	/** The last `seq` seen, to be sent what was missed; undefined: begin with a snapshot. */
	since: number | undefined;
	/** Milliseconds without a frame after which the line counts as dead. */
	silence: number;
	onOpen: () => void;
	onFrame: (frame: Frame) => void;
	/** Called once, unless closed from here. */
	onEnd: (error: AppError) => void;
}>;

const largestFrame = 64 * 1024 * 1024;
const handshakeTimeout = 5000;

/** One connection to the live feed `/ws`, with a watch over its heartbeat. Returns what closes it. */
export const openFeed = ({address, since, silence, onOpen, onFrame, onEnd}: Options): (() => void) => {
	const query = since === undefined ? '' : `?since=${since}`;
	const socket = new WebSocket(`${address.url.replace(/^http/v, 'ws')}/ws${query}`, {
		headers: authorization(address),
		handshakeTimeout,
		maxPayload: largestFrame,
		perMessageDeflate: false,
	});
	let isOver = false;
	let watch: NodeJS.Timeout | undefined;

	const end = (error?: AppError): void => {
		if (isOver) {
			return;
		}

		isOver = true;
		clearTimeout(watch);
		socket.terminate();
		if (error) {
			onEnd(error);
		}
	};

	const lost = (reason: string): void => {
		end(new AppError('DAEMON_UNREACHABLE', `No link to the proxy at ${address.url}: ${reason}.`));
	};

	const hear = (): void => {
		clearTimeout(watch);
		watch = setTimeout(lost, silence, `no sign of life for ${Math.round(silence / 1000)} s`);
	};

	socket.on('open', () => {
		hear();
		onOpen();
	});
	socket.on('message', data => {
		if (isOver) {
			return; // What was still in the buffer of a connection given up.
		}

		hear();
		const frame = parseFrame(data);
		if (frame) {
			onFrame(frame);
		} else {
			lost('what it sends is not a live feed');
		}
	});
	socket.on('unexpected-response', (_request, response) => {
		void readBody(response).then(body => {
			end(errorOf(response.statusCode ?? 0, body, address.url));
		});
	});
	socket.on('error', error => {
		lost(reasonOf(error));
	});
	socket.on('close', code => {
		lost(code === 1001 || code === 1012 ? 'the proxy stopped' : 'the connection was cut');
	});
	return end;
};

const frameTypes = new Set<unknown>(['snapshot', 'event', 'system-change', 'heartbeat']);

const isFrame = (value: unknown): value is Frame => typeof value === 'object' && value !== null
	&& 'type' in value && frameTypes.has(value.type)
	&& 'seq' in value && typeof value.seq === 'number'
	&& (value.type === 'heartbeat' || ('stamped' in value && typeof value.stamped === 'object') || ('state' in value && typeof value.state === 'object'));

const parseFrame = (data: RawData): Frame | undefined => {
	try {
		const value: unknown = JSON.parse(Buffer.isBuffer(data) ? data.toString() : '');
		return isFrame(value) ? value : undefined;
	} catch {
		return undefined;
	}
};

/** The JSON document of a refusal, or undefined. */
const readBody = async (response: IncomingMessage): Promise<unknown> => {
	try {
		let text = '';
		for await (const chunk of response.setEncoding('utf8')) {
			text += String(chunk);
			if (text.length > 65_536) {
				return undefined;
			}
		}

		return JSON.parse(text);
	} catch {
		return undefined;
	}
};
