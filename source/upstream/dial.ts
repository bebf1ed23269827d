import {connect, isIP, type Socket} from 'node:net';
import process from 'node:process';
import type {Endpoint} from '../http/endpoint.ts';
import {newAlarm, wheel} from './wheel.ts';

/** An error with a code, as the system's own have. */
export const codedError = (code: string, message: string): Error => Object.assign(new Error(message), {code});

/** Probes of the system for a peer that is gone, in ms of silence: no limit of ours cuts a silent stream. */
const silence = 60_000;

/** Dials one target again and again. */
export type Dialler = Readonly<{
	/** A socket on its way; `onUp` is called when it stands, TLS included. Its errors are the caller's. */
	dial: (onUp: () => void) => Socket;
	/** A connection of one's own. Rejects with the error of the system, or `CONNECT_TIMEOUT`. */
	connect: () => Promise<Socket>;
}>;

/** With the TLS of the settings: verified unless they say otherwise, a session of before resumed. */
const securely = ({url, tls}: Endpoint): ((onUp: () => void) => Socket) => {
	const {isVerified, servername, ...certificates} = tls;
	const host = url.hostname.replaceAll(/[\[\]]/gv, '');
	const name = servername ?? (isIP(host) === 0 ? host : undefined);
	const {connect: connectSecurely} = process.getBuiltinModule('node:tls'); // 15 ms that a proxy without TLS does not spend.
	let session: Buffer | undefined;
	return onUp => connectSecurely({
		...certificates,
		host,
		port: Number(url.port === '' ? 443 : url.port),
		...(name !== undefined && {servername: name}),
		...(session && {session}),
		rejectUnauthorized: isVerified,
		ALPNProtocols: ['http/1.1'],
	}).once('secureConnect', onUp).on('session', (fresh: Buffer) => {
		session = fresh;
	});
};

const plainly = ({url}: Endpoint) => (onUp: () => void): Socket => connect({
	host: url.hostname.replaceAll(/[\[\]]/gv, ''),
	port: Number(url.port === '' ? 80 : url.port),
}).once('connect', onUp);

export const createDialler = (endpoint: Endpoint): Dialler => {
	const open = endpoint.url.protocol === 'https:' ? securely(endpoint) : plainly(endpoint);
	const dial: Dialler['dial'] = onUp => open(onUp).setNoDelay(true).setKeepAlive(true, silence);
	return {
		dial,
		connect: async () => new Promise((resolve, reject) => {
			const alarm = newAlarm(() => {
				socket.destroy(codedError('CONNECT_TIMEOUT', 'no connection in time'));
			});
			const socket = dial(() => {
				wheel.drop(alarm);
				socket.off('error', fail);
				resolve(socket);
			});
			const fail = (error: Error): void => {
				wheel.drop(alarm);
				reject(error);
			};

			socket.once('error', fail);
			wheel.set(alarm, endpoint.timeouts.connect);
		}),
	};
};
